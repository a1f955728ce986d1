"""How the class scores read the positions of a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.influence import Influence
from ovxai_patterns.analysis.layout import PositionLayout
from ovxai_patterns.analysis.movement import is_movement
from ovxai_patterns.analysis.op_traits import (
    LEARNED_TYPES,
    OP_TRAITS,
    POOLING_TYPES,
    PRODUCT_TYPES,
    REDUCE_TYPES,
    SHAPE_READING_TYPES,
    WINDOW_TYPES,
    Trait,
)


class ReadOut(Enum):
    """How positions become class scores."""

    POOLED = "pooled"
    """Mean, sum or maximum over the positions, then a classifier."""
    SCORES_POOLED = "scores pooled last"
    """A map of class scores, pooled (SqueezeNet)."""
    FLATTENED = "flattened"
    """One matrix, or a convolution with a kernel as large as the grid, over all positions (VGG)."""
    CLASS_TOKEN = "class token"
    """Tokens beside the positions are read; positions reach them by attention."""
    ATTENTION_POOLED = "attention pooling"
    """A class token or learned query attends to the positions after the last block that mixes them."""
    OTHER = "other"
    """Some other operation ends the positions."""

    @property
    def pools(self) -> bool:
        """Whether a mean, sum or maximum over the positions is read."""
        return self in (ReadOut.POOLED, ReadOut.SCORES_POOLED)

    @property
    def attends(self) -> bool:
        """Whether positions are read by attention."""
        return self in (ReadOut.CLASS_TOKEN, ReadOut.ATTENTION_POOLED)


def reaches(layout: PositionLayout, influence: Influence, source: TensorId, place: int) -> bool:
    """Whether a position of `source` (which has some) reaches the first result of an operation that reads it."""
    positions = layout.positions(source)
    assert positions is not None, "asked for the positions of a tensor without"
    return bool(influence.spread(source, (positions.ids >= 0).astype(np.int32), (place, 0)).any())


def read_out_of(layout: PositionLayout, target: TensorId, scores: TensorId) -> tuple[ReadOut, int | None]:
    """The read-out of a tensor whose positions all matter directly, and the place of the operation that ends them."""
    graph, influence = layout.graph, Influence(layout.graph, layout.folding)
    region = sorted(graph.region(target, scores))
    for place in region:
        node = graph.ops[place]
        if node.get_type_name() in SHAPE_READING_TYPES or layout.positions((place, 0)) is not None:
            continue
        sources = graph.inputs_of(place)
        if not any(source == target or (source[0] in region and layout.positions(source)) for source in sources):
            continue
        if node.get_type_name() in POOLING_TYPES | REDUCE_TYPES:
            rest = {graph.ops[later].get_type_name() for later in region if later > place}
            classified = rest & (LEARNED_TYPES | WINDOW_TYPES)
            return (ReadOut.POOLED if classified else ReadOut.SCORES_POOLED), place
        if node.get_type_name() in WINDOW_TYPES:
            whole = all(size == 1 for size in node.get_output_shape(0)[2:])
            return (ReadOut.FLATTENED if whole else ReadOut.OTHER), place
        if node.get_type_name() in PRODUCT_TYPES:
            varying = [source for source in sources if source[0] in graph.from_parameters]
            return (ReadOut.FLATTENED if len(varying) == 1 else ReadOut.ATTENTION_POOLED), place
        if node.get_type_name() in ("Reshape", "Squeeze"):
            continue
        if is_movement(node):
            if not any(reaches(layout, influence, source, place) for source in sources if layout.positions(source)):
                continue  # a class token that is read beside the positions
            return ReadOut.ATTENTION_POOLED, place
        return ReadOut.OTHER, place
    return ReadOut.OTHER, None


@dataclass(frozen=True)
class EndedAxis:
    """Rows or columns of the grid that end before the deepest map: a pooling in two steps, if nothing else.

    `above`: the deepest map that has both. `only_pooled`: whether all that ends them pools, and whether what is left is
    then pooled or looked at place by place, so that the deeper maps are part of the read-out.
    """

    above: TensorId
    only_pooled: bool


def ended_axis(layout: PositionLayout, maps: Sequence[TensorId], scores: TensorId) -> EndedAxis | None:
    """What ends one axis of the grid between two of `maps`, the deepest first; None where none ends in one step.

    A flat picture whose rows become one by windows that halve both axes has a grid of one row of its own.
    """
    sides = [_least_side(layout, tensor) for tensor in maps]
    place = next((place for place, side in enumerate(sides) if side > 1), 0)
    if not place:
        return None
    above, graph = maps[place], layout.graph
    ending = [one for one in graph.region(above, maps[0]) if _ends_one_axis(layout, one)]
    if not ending:
        return None
    pool = all(graph.ops[one].get_type_name() in POOLING_TYPES | REDUCE_TYPES for one in ending)
    mixed = any(_mixes_a_line(layout, one) for one in graph.region(above, scores))
    return EndedAxis(above, pool and not mixed)


def _least_side(layout: PositionLayout, tensor: TensorId) -> int:
    positions = layout.positions(tensor)
    return min(positions.grid) if positions is not None else 0


def _ends_one_axis(layout: PositionLayout, place: int) -> bool:
    """Whether an operation leaves one row or column of several, and of the other axis twice as large a share."""
    after = layout.positions((place, 0))
    for source in layout.graph.inputs_of(place):
        before = layout.positions(source)
        if after is None or before is None or min(before.grid) == 1 or min(after.grid) > 1:
            continue
        shares = sorted(full / left for full, left in zip(before.grid, after.grid, strict=True))
        if shares[1] >= 2 * shares[0]:
            return True
    return False


def _mixes_a_line(layout: PositionLayout, place: int) -> bool:
    """Whether an operation makes places of one row or column see each other, other than by pooling."""
    graph, node = layout.graph, layout.graph.ops[place]
    kind = node.get_type_name()
    if not any(_least_side(layout, source) == 1 for source in graph.inputs_of(place)):
        return False
    if kind in WINDOW_TYPES - POOLING_TYPES:
        places = len(node.get_output_partial_shape(0)) - 2
        kernel = node.get_input_shape(1)[-places:] if kind in LEARNED_TYPES else (0,)
        return layout.positions((place, 0)) is not None and any(size != 1 for size in kernel)
    if kind in PRODUCT_TYPES:
        return sum(source[0] in graph.from_parameters for source in graph.inputs_of(place)) > 1
    return not is_movement(node) and not OP_TRAITS.get(kind, Trait.WITH_BODY) & ~Trait.WITH_BODY
