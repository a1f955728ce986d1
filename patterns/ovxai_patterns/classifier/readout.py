"""How the class scores read the positions of a tensor."""

from __future__ import annotations

from enum import Enum

import numpy as np

from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.influence import Influence
from ovxai_patterns.analysis.layout import PositionLayout
from ovxai_patterns.analysis.movement import is_movement
from ovxai_patterns.analysis.op_traits import (
    LEARNED_TYPES,
    POOLING_TYPES,
    PRODUCT_TYPES,
    REDUCE_TYPES,
    SHAPE_READING_TYPES,
    WINDOW_TYPES,
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
