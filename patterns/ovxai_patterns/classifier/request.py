"""From a target to a Site: what searches for a target have in common."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ovxai_patterns.analysis.graph import Edge, TensorId
from ovxai_patterns.analysis.grid_source import grid_source
from ovxai_patterns.classifier.blocks import Block
from ovxai_patterns.classifier.facts import ClassifierFacts
from ovxai_patterns.classifier.readout import ReadOut, read_out_of
from ovxai_patterns.classifier.site import NoSite, Site
from ovxai_patterns.matchers.pattern import DATAFLOW, GraphPattern
from ovxai_patterns.wording import Named, worded

_MOST_POSITIONS = 4096
_NOT_RECOGNISED = worded(
    "how the class scores read the positions was not recognised: look at the map before you use it; "
    "{target_layer} explains another layer"
)


@dataclass(frozen=True)
class TargetRequest:
    """What a search is asked for.

    `layer`: friendly name, or None for the best. `k`: blocks to re-run, None as the read-out asks. `features`: of a map
    of class scores, go up to the features that it is made from. `partial`: 0, or the number, from 1 on, of a site that
    explains a part of the class scores. `output`, `keep_quantization`: see `find_scores`. `patterns`: those of a
    user's own, which bind the target by the name `target`; none: it is found.
    """

    layer: str | None = None
    k: int | None = None
    features: bool = False
    level: int = 0
    partial: int = 0
    output: int | str | None = None
    keep_quantization: bool = False
    patterns: tuple[type[GraphPattern], ...] = ()


@dataclass(frozen=True)
class TargetTrace:
    """How the target was come by, so far. `found_by`: as in `Site`."""

    readout: ReadOut
    story: tuple[str, ...]
    notices: tuple[str, ...] = ()
    found_by: str = DATAFLOW

    def then(self, line: str) -> TargetTrace:
        """With one line more."""
        return replace(self, story=(*self.story, line))


def make_site(
    facts: ClassifierFacts, target: TensorId, masked: tuple[Edge, ...], k: int, trace: TargetTrace
) -> Site | NoSite:
    """The site of a target that is masked at these edges, or why a map of it cannot be made."""
    positions = facts.positions(target)
    shape = facts.original.output(target).get_partial_shape()
    dynamic = any(shape[axis].is_dynamic for axis in range(1, len(shape)))
    dynamic |= facts.any_size and positions.lattice is None  # tokens: their rows follow the size that was assumed
    height, width = positions.grid
    if height * width > _MOST_POSITIONS and not dynamic:  # else it is that of a size that was assumed
        reason = f"the grid of {facts.name(target)} has {height} x {width} positions, more than {_MOST_POSITIONS}"
        return NoSite(f"{reason}; choose a deeper layer", trace.story, facts.candidates)
    notices = facts.scores.notices + trace.notices
    if trace.readout is ReadOut.OTHER:
        notices += (_NOT_RECOGNISED,)
    source = grid_source(facts.layout, target)
    return Site(
        readout=trace.readout,
        target=target,
        positions=positions,
        masked=masked,
        k=k,
        scores=facts.scores,
        story=trace.story,
        grid_source=source,
        notices=notices,
        dynamic=dynamic,
        found_by=trace.found_by,
    )


def site_of_last_blocks(facts: ClassifierFacts, k: int, trace: TargetTrace) -> Site | NoSite:
    """The site at the input of the k-th last block."""
    if k == 0:
        reason = worded(
            "{k=0} (reciprocam) re-runs no block, but the class scores read a class token: no position reaches it"
        )
        return NoSite(reason, trace.story, facts.candidates)
    blocks = facts.blocks.above(facts.alive[0], k)
    if len(blocks) < k:
        reason = worded(
            "vitreciprocam with {given} needs as many attention blocks on one grid before the read-out; there {there}",
            given=Named("k", k),
            there=f"{'is' if len(blocks) == 1 else 'are'} {len(blocks) or 'none'}",
        )
        return NoSite(reason, trace.story, facts.candidates)
    return site_of_block(facts, blocks[-1], k, trace)


def site_of_block(facts: ClassifierFacts, block: Block, k: int, trace: TargetTrace) -> Site | NoSite:
    """The site at the input of a block: masks on the skip path and behind the first norm, where it has one."""
    readers = facts.readers(block.start)
    if block.norm is None:
        trace = trace.then("the block is post-norm or parallel: its input is masked")
        return make_site(facts, block.start, readers, k, trace)
    trace = trace.then("the mask weighs the skip path and the output of the block's first norm")
    masked = tuple(edge for edge in readers if edge not in block.norm.reads) + facts.readers(block.norm.result)
    return make_site(facts, block.start, masked, k, trace)


def unsuitable(facts: ClassifierFacts, tensor: TensorId) -> str:
    """Why a tensor that was given cannot be explained; empty where it can be."""
    if tensor == facts.scores.tensor:
        return "it is the class scores themselves"
    if not facts.graph.region(tensor, facts.scores.tensor):
        return "no path leads from it to the class scores"
    problem = facts.shape_problem(tensor)
    if tensor in facts.layout.pictures:
        problem = "is the picture itself"
    if problem:
        return f"its output {problem}"
    if not facts.matters(tensor):
        return "its positions do not reach the class scores (only the class token is read after it)"
    return ""


def site_at(facts: ClassifierFacts, tensor: TensorId, k: int | None, trace: TargetTrace) -> Site | NoSite:
    """The site at a suitable tensor that was given; where a block starts there, that of the block."""
    readout, _ = read_out_of(facts.layout, tensor, facts.scores.tensor)
    class_token = bool(facts.alive and facts.reads_class_token)
    trace = replace(trace, readout=ReadOut.CLASS_TOKEN if class_token else readout)
    layer, block = facts.name(tensor), facts.blocks.starting_at(tensor)
    if block is None:
        if k:
            reason = worded(
                "{given} re-runs attention blocks, but none starts at layer {layer!r}", given=Named("k", k), layer=layer
            )
            return NoSite(reason, trace.story)
        return make_site(facts, tensor, facts.readers(tensor), 0, trace)
    starts = [found.start for found in facts.blocks.above(facts.alive[0], len(facts.maps))]
    if tensor not in starts:
        reason = f"layer {layer!r} starts an attention block of an earlier stage: the grid changes after it"
        return NoSite(reason, trace.story, facts.candidates)
    count = starts.index(tensor) + 1
    if k not in (None, count):
        reason = "{given} does not go with layer {layer!r}, from which {count} attention blocks are re-run"
        return NoSite(worded(reason, given=Named("k", k), layer=layer, count=count))
    return site_of_block(facts, block, count, trace)
