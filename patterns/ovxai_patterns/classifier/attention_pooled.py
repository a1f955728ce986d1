"""Sites of networks whose positions are read by attention: from class tokens, a learned query or a mean.

class tokens     u = norm(cat(class, x)), class += attention(query of class, keys and values of u), once or several
                 times (CaiT, XCiT, VOLO): the mask weighs each u that keys and values are projected from; a mask on x
                 would be cancelled by the norm
learned query    attention(query, keys and values of x) (SigLIP): the mask weighs x, as for a mean
mean as query    attention(query of the mean of x, keys and values of cat(mean, x)) (CLIP's ResNets): the mask
                 weighs x before the mean
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.influence import Influence
from ovxai_patterns.analysis.layout import movement_chain
from ovxai_patterns.analysis.positions import NOWHERE
from ovxai_patterns.classifier.facts import ClassifierFacts
from ovxai_patterns.classifier.readout import ReadOut
from ovxai_patterns.classifier.request import TargetRequest, TargetTrace, make_site, site_of_last_blocks
from ovxai_patterns.classifier.site import NoSite, Site
from ovxai_patterns.wording import Named, worded


def site_of_attentions(facts: ClassifierFacts, request: TargetRequest, trace: TargetTrace) -> Site | NoSite:
    """The site of a network of which at least one read-out is an attention."""
    trace = replace(trace, readout=ReadOut.ATTENTION_POOLED)
    read_outs = [one for one in reversed(facts.read_outs) if one.attention]
    names = ", ".join(facts.describe((one.place, 0)) for one in read_outs)
    trace = trace.then(f"positions are read by attention: {names}")
    if request.features and facts.alive:
        target = movement_chain(facts.layout, facts.alive[0])
        return make_site(facts, target, facts.readers(target), 0, trace)
    if len({facts.positions(one.source).ids.tobytes() for one in read_outs}) > 1:
        grids = ", ".join("x".join(map(str, facts.positions(one.source).grid)) for one in read_outs)
        reason = f"the class scores are read from several branches (grids {grids}) that join only without positions"
        return NoSite(reason, trace.story, facts.candidates)
    others = [one for one in facts.read_outs if not one.attention]
    if others:
        names = ", ".join(facts.describe((one.place, 0)) for one in others)
        trace = replace(trace, notices=(*trace.notices, f"positions are also read at {names}: the map leaves that out"))
    return site_of_sources(facts, [one.source for one in read_outs], request, trace)


def site_of_sources(
    facts: ClassifierFacts, sources: list[TensorId], request: TargetRequest, trace: TargetTrace
) -> Site | NoSite:
    """The site of attentions that read these tensors, in topological order, all with the same positions."""
    first = sources[0]
    mean_of = _averaged(facts, first)
    if mean_of is not None:
        first = movement_chain(facts.layout, mean_of)
    if request.features or facts.positions(first).kept == 0:
        if request.k:
            return site_of_last_blocks(facts, request.k, trace)
        trace = trace.then(f"the mask weighs what the attention reads: {facts.describe(first)}")
        return make_site(facts, first, facts.readers(first), 0, trace)
    if request.k is not None and request.k != 1:
        return _site_before_class_attention(facts, request.k, trace)
    trace = trace.then("the mask weighs " + ", ".join(facts.describe(source) for source in sources))
    masked = tuple(edge for source in sources for edge in facts.readers(source))
    return make_site(facts, first, masked, 1, trace)


def _site_before_class_attention(facts: ClassifierFacts, k: int, trace: TargetTrace) -> Site | NoSite:
    """Class attention counts as one block; k - 1 more are re-run before it."""
    if k == 0 or not facts.alive:
        said = "{given}: the class scores read a class token, which attends to the positions in 1 block"
        reason = worded(said, given=Named("k", k))
        return NoSite(reason, trace.story, facts.candidates)
    found = site_of_last_blocks(facts, k - 1, trace.then("class attention counts as one block"))
    return found if isinstance(found, NoSite) else replace(found, k=k)


def _averaged(facts: ClassifierFacts, source: TensorId) -> TensorId | None:
    """The map above `source` that its kept tokens are means of, and its positions one each; or None."""
    ids = facts.positions(source).ids
    grid = facts.positions(source).grid
    for tensor in facts.alive:
        positions = facts.positions(tensor)
        if tensor < source and positions.kept == 0:
            if positions.grid != grid or not (ids == NOWHERE).any():
                return None
            influence = Influence(facts.graph, facts.layout.folding)
            reached = influence.spread(tensor, (positions.ids == 0).astype(np.int32), source)
            marks = np.broadcast_arrays(reached, ids)[0]
            return tensor if marks[ids == NOWHERE].any() and not marks[ids > 0].any() else None
    return None
