"""The target layer: the deepest map that all class scores go through and whose positions still matter to them.

For pooled, flattened and spatial read-outs that is the last feature map; after the last block of a class-token
transformer all positions are dead, so there it is the block's input.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from ovxai_patterns.analysis.assumed import ShapesError
from ovxai_patterns.analysis.graph import ModelGraph, NoLayer
from ovxai_patterns.analysis.layout import movement_chain, without_picture
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.attention_pooled import site_of_attentions
from ovxai_patterns.classifier.facts import ClassifierFacts
from ovxai_patterns.classifier.maps_above import map_above_classifier, site_at_level
from ovxai_patterns.classifier.own_patterns import site_of_patterns
from ovxai_patterns.classifier.partial import site_of_part
from ovxai_patterns.classifier.proposals import PATTERNS, Patterns, Proposal, accepted_proposal
from ovxai_patterns.classifier.readout import ReadOut, read_out_of
from ovxai_patterns.classifier.request import (
    TargetRequest,
    TargetTrace,
    make_site,
    site_at,
    site_of_last_blocks,
    unsuitable,
)
from ovxai_patterns.classifier.scores import NoScores, find_scores
from ovxai_patterns.classifier.site import NoSite, Site
from ovxai_patterns.wording import Named, counted, worded

_SHOWS_A_PART = worded("name one that a part of them goes through ({target_layer}): the map shows that part alone")


def find_site(analysis: ModelAnalysis, request: TargetRequest) -> Site | NoSite:
    """The site of a classifier, or why there is none."""
    return TargetSearch(analysis, request.output, request.keep_quantization).site(request)


class TargetSearch:
    """A search for sites of one model; what it learns of the model serves several requests."""

    def __init__(
        self,
        analysis: ModelAnalysis,
        output: int | str | None = None,
        keep_quantization: bool = False,
        patterns: Patterns = PATTERNS,
    ) -> None:
        """`output`, `keep_quantization`: those of the requests to come. `patterns`: what proposes before dataflow."""
        self._facts = _facts(analysis, output, keep_quantization)
        self._patterns = patterns

    @property
    def analysed(self) -> ModelGraph:
        """The model with the static shapes that it was analysed at; only where the search finds a site."""
        assert not isinstance(self._facts, NoSite), "asked where nothing was found"
        return self._facts.graph

    @cached_property
    def _proposal(self) -> Proposal | None:
        """The proposal that names the target."""
        assert not isinstance(self._facts, NoSite), "asked where nothing was found"
        return accepted_proposal(self._facts, self._patterns)

    def site(self, request: TargetRequest) -> Site | NoSite:
        """The site that fits a request, or why there is none."""
        facts = self._facts
        if isinstance(facts, NoSite):
            return facts
        if request.layer is not None:
            return _site_of_layer(facts, request.layer, request.k)
        scores = facts.scores
        trace = TargetTrace(ReadOut.CLASS_TOKEN, (f"class scores: {facts.describe(scores.tensor)}",))
        if scores.activation:
            quantised = f", {scores.quantizers} FakeQuantize" if scores.quantizers else ""
            trace = trace.then(f"looked through: {scores.activation}{quantised}")
        if request.patterns:
            return site_of_patterns(facts, request, trace)
        if request.partial:
            return site_of_part(facts, request, trace)
        if not facts.alive:
            reason = "no layer that all class scores go through has a grid of positions that matter to them"
            beside = facts.candidates_beside
            if beside:
                reason = worded("{reason}; {hint}", reason=reason, hint=_SHOWS_A_PART)
            return NoSite(reason, facts.near_misses, beside)
        trace = _traced_axis(facts, trace)
        proposal = self._proposal
        if proposal is not None:
            line = f"named by pattern {proposal.pattern!r}: {facts.describe(proposal.target)}"
            trace = replace(trace.then(line), found_by=proposal.pattern)
        found = _site_of_deepest(facts, request, trace)
        return site_at_level(facts, found, request.level) if request.level and isinstance(found, Site) else found


def _facts(analysis: ModelAnalysis, output: int | str | None, keep_quantization: bool) -> ClassifierFacts | NoSite:
    scores = analysis.get(find_scores, output, keep_quantization)
    if isinstance(scores, NoScores):
        reason = worded("no class scores: {reason}", reason=scores.reason)
        return NoSite(reason, tuple(f"output {line}" for line in scores.outputs))
    try:
        facts = analysis.get(ClassifierFacts, scores)
    except ShapesError as error:
        return NoSite(error.reason)
    if not facts.layout.pictures:
        return NoSite(without_picture(analysis.original.model))
    if not facts.dominators:
        return NoSite("the class scores do not depend on the picture input", facts.inputs)
    if facts.scores_shape.is_dynamic:
        return NoSite("the class scores have a shape that depends on what the picture shows", facts.inputs)
    if not facts.keeps_batch:
        return NoSite("the class scores have another batch than the picture: pictures are combined on the way")
    return facts


def _site_of_deepest(facts: ClassifierFacts, request: TargetRequest, trace: TargetTrace) -> Site | NoSite:
    deepest, scores = facts.alive[0], facts.scores
    if facts.dead:
        trace = trace.then(f"{counted(len(facts.dead), 'deeper map')}: none of the positions reaches the class scores")
    if facts.reads_class_token:
        trace = trace.then(f"the last block that reads positions starts at {facts.describe(deepest)}")
        return site_of_last_blocks(facts, 1 if request.k is None else request.k, trace)
    if any(one.attention for one in facts.read_outs):
        return site_of_attentions(facts, request, trace)
    target = movement_chain(facts.layout, deepest)
    readout, place = read_out_of(facts.layout, target, scores.tensor)
    trace = replace(trace, readout=readout)
    trace = trace.then(f"deepest map that all class scores go through: {facts.describe(target)}")
    if readout is ReadOut.ATTENTION_POOLED:
        where = facts.describe((place, 0)) if place is not None else "an operation"
        reason = f"the positions end at {where}, which is no read-out that is known"
        return NoSite(reason, trace.story)
    if place is not None:
        trace = trace.then(f"its positions are read out by {facts.describe((place, 0))}: {readout.value}")
    above = map_above_classifier(facts.graph, facts.alive)
    if request.features and readout is ReadOut.SCORES_POOLED and above is not None:
        trace = trace.then(f"the features that these class scores are made from: {facts.describe(above)}")
        target = above
    if request.k:
        return site_of_last_blocks(facts, request.k, trace)
    return make_site(facts, target, facts.readers(target), 0, trace)


def _traced_axis(facts: ClassifierFacts, trace: TargetTrace) -> TargetTrace:
    """With a line where the read-out pools in two steps, or a notice where that cannot be told."""
    ended = facts.ended_axis
    if ended is None:
        return trace
    if ended.only_pooled:
        names = ", ".join(facts.describe(tensor) for tensor in facts.half_pooled)
        return trace.then(f"pooled in two steps: {names} has one axis of the grid left, and is part of the read-out")
    line = "column" if facts.positions(facts.alive[0]).grid[1] == 1 else "row"
    layer = Named("target_layer", facts.name(ended.above))
    said = "the grid has one {line}: an axis is pooled before it; {layer} shows both"
    return replace(trace, notices=(*trace.notices, worded(said, line=line, layer=layer)))


def _site_of_layer(facts: ClassifierFacts, layer: str, k: int | None) -> Site | NoSite:
    tensor = facts.graph.layer_named(layer)
    if isinstance(tensor, NoLayer):
        return NoSite(tensor.reason, (), facts.candidates)
    problem = unsuitable(facts, tensor)
    if problem:
        return NoSite(f"layer {layer!r} is unsuitable: {problem}", (facts.describe(tensor),), facts.candidates)
    trace = TargetTrace(ReadOut.OTHER, (f"layer chosen by name: {facts.describe(tensor)}",), found_by="")
    if tensor not in facts.dominators:
        trace = replace(trace, notices=("other paths lead past this layer: the map shows only what goes through it",))
    return site_at(facts, tensor, k, trace)
