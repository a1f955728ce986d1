"""A classifier taken apart: its maps on the way from the picture to the class scores, and which of them matter.

Every path from the picture to the scores crosses a dominator. Those that hold each grid position once are the maps.
After the last block of a class-token transformer the positions of a map are dead; above it they are alive.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import openvino as ov

from ovxai_patterns.analysis.graph import Edge, TensorId
from ovxai_patterns.analysis.influence import Influence
from ovxai_patterns.analysis.layout import picture_axes
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.analysis.op_traits import LAYOUT_TYPES
from ovxai_patterns.analysis.positions import Positions
from ovxai_patterns.classifier.blocks import Blocks
from ovxai_patterns.classifier.readout import EndedAxis, ended_axis
from ovxai_patterns.classifier.readout_operations import ReadOutOperation, find_read_out_operations
from ovxai_patterns.classifier.scores import Scores

_MOST_CANDIDATES = 10
_MOST_LOOKED_AT = 30
"""How many maps are looked at where most are of no use: each takes a walk through the rest of the network."""
_MOST_NEAR_MISSES = 6


class ClassifierFacts:
    """Facts about a classifier, each found when first asked for. Raises ShapesError where shapes do not go together."""

    def __init__(self, analysis: ModelAnalysis, scores: Scores) -> None:
        self.original = analysis.inferred
        self.layout = analysis.layout()
        self.graph = self.layout.graph
        self.scores = scores

    @cached_property
    def dominators(self) -> list[TensorId]:
        """All tensors that every path from the picture to the scores crosses, the scores first."""
        return self.graph.dominators(self.layout.pictures, self.scores.tensor)

    @cached_property
    def maps(self) -> list[TensorId]:
        """Dominators inside the network that hold a whole map, deepest first."""
        return [
            tensor
            for tensor in self.dominators
            if not self.shape_problem(tensor) and tensor not in self.layout.pictures
        ]

    @cached_property
    def _mattering(self) -> list[TensorId]:
        """The maps from the deepest one on whose positions matter."""
        for place, tensor in enumerate(self.maps):
            if self.matters(tensor):
                return self.maps[place:]
        return []

    @cached_property
    def ended_axis(self) -> EndedAxis | None:
        """What ends rows or columns before the deepest of these, if something does."""
        return ended_axis(self.layout, self._mattering, self.scores.tensor)

    @cached_property
    def alive(self) -> list[TensorId]:
        """The maps whose positions matter, from the deepest one on that is no part of the read-out."""
        found, ended = self._mattering, self.ended_axis
        return found[found.index(ended.above) :] if ended is not None and ended.only_pooled else found

    @property
    def half_pooled(self) -> list[TensorId]:
        """The maps below these that a pooling in two steps leaves in between."""
        return self._mattering[: len(self._mattering) - len(self.alive)]

    @property
    def dead(self) -> list[TensorId]:
        """The maps below all of these, whose positions no longer matter."""
        return self.maps[: len(self.maps) - len(self._mattering)]

    @property
    def reads_class_token(self) -> bool:
        """Whether the positions die in an ordinary attention block: only tokens beside them are read after it."""
        return bool(self.dead and self.blocks.starting_at(self.alive[0]))

    @cached_property
    def blocks(self) -> Blocks:
        """The transformer blocks among the maps."""
        return Blocks(self.layout, self.maps)

    @cached_property
    def read_outs(self) -> list[ReadOutOperation]:
        """The operations that read positions out, the deepest first."""
        crossed = next((tensor for tensor in self.alive if self.positions(tensor).kept == 0), None)
        scores, usable = self.scores.tensor, (lambda tensor: not self.shape_problem(tensor))
        return find_read_out_operations(self.layout, scores, usable, crossed)

    @property
    def any_size(self) -> bool:
        """Whether the picture's height or width is dynamic."""
        tensor = self.layout.pictures[0]
        axes = picture_axes(self.original.ops[tensor[0]]) or ()
        return any(self.original.output(tensor).get_partial_shape()[axis].is_dynamic for axis in axes)

    @property
    def scores_shape(self) -> ov.PartialShape:
        """The shape of the class scores for inputs of static shape: dynamic where it depends on values."""
        return self.graph.output(self.scores.tensor).get_partial_shape()

    @property
    def keeps_batch(self) -> bool:
        """Whether the scores, of static shape, have as many rows as the input has pictures."""
        picture = self.layout.pictures[0]
        if len(self.scores_shape) == 1:
            return bool(self.original.output(picture).get_partial_shape()[0] == 1)
        return bool(self.scores_shape[0] == self.graph.output(picture).get_partial_shape()[0])

    def positions(self, tensor: TensorId) -> Positions:
        """The positions of a map."""
        positions = self.layout.positions(tensor)
        assert positions is not None, "asked for the positions of a tensor that is no map"
        return positions

    def shape_problem(self, tensor: TensorId) -> str:
        """Why a tensor cannot carry a mask over positions, or an empty string."""
        output, positions = self.graph.output(tensor), self.layout.positions(tensor)
        if not output.get_element_type().is_real():
            return "is not of a float type"
        if positions is None:
            return "has no grid of positions"
        if not positions.is_map:
            return "does not hold each position of the grid exactly once"
        batch, first = (self.original.output(one).get_partial_shape()[0] for one in (self.layout.pictures[0], tensor))
        if positions.ids.shape[0] != 1 or batch != first:
            return "does not have the batch as its first axis"
        return ""

    def matters(self, tensor: TensorId) -> bool:
        """Whether the class scores can change when only the positions (not the kept tokens) of a map change."""
        marked = (self.positions(tensor).ids >= 0).astype(np.int32)
        influence = Influence(self.graph, self.layout.folding)
        return bool(influence.spread(tensor, marked, self.scores.tensor).any())

    def readers(self, tensor: TensorId) -> tuple[Edge, ...]:
        """The edges at which operations on the way to the scores read the values of a tensor."""
        region = self.graph.region(tensor, self.scores.tensor)
        return tuple(edge for edge in self.graph.consumers(tensor) if edge[0] in region)

    def name(self, tensor: TensorId) -> str:
        """Friendly name of the operation that makes a tensor."""
        return str(self.graph.ops[tensor[0]].get_friendly_name())

    def describe(self, tensor: TensorId) -> str:
        """Name, type and shape, as in the model itself."""
        output = self.original.output(tensor)
        return f"{self.name(tensor)} ({output.get_node().get_type_name()} {output.get_partial_shape()})"

    @property
    def candidates(self) -> tuple[str, ...]:
        """Friendly names of usable layers, deepest first."""
        return tuple(self.name(tensor) for tensor in self.alive[:_MOST_CANDIDATES])

    @property
    def candidates_beside(self) -> tuple[str, ...]:
        """Friendly names of maps that a part of the class scores goes through, the last one of each branch."""
        graph, picture, found, covered = self.graph, self.layout.pictures[0], list[TensorId](), set[int]()
        looked_at = 0
        for place in sorted(graph.region(picture, self.scores.tensor), reverse=True):
            tensor = (place, 0)
            moved = graph.ops[place].get_type_name() in LAYOUT_TYPES
            if place in covered or moved or self.shape_problem(tensor):
                continue
            looked_at += 1
            if looked_at > _MOST_LOOKED_AT or len(found) == _MOST_CANDIDATES:
                break
            if self.matters(tensor):
                found.append(tensor)
                covered |= graph.region(picture, tensor)
        return tuple(self.name(tensor) for tensor in found)

    @property
    def near_misses(self) -> tuple[str, ...]:
        """The dominators from the scores up, and why each is no target."""
        lines = []
        for tensor in self.dominators:
            problem = self.shape_problem(tensor) or "has positions, but none of them reaches the class scores"
            if tensor in self.layout.pictures:
                problem = "is the picture itself: paths part after it and join again only without a grid"
            lines.append(f"{self.describe(tensor)} {problem}")
        left_out = len(lines) - _MOST_NEAR_MISSES
        if left_out > 0:
            lines[_MOST_NEAR_MISSES // 2 : -(_MOST_NEAR_MISSES // 2)] = [f"... {left_out} more ..."]
        return tuple(lines)

    @property
    def inputs(self) -> tuple[str, ...]:
        """One line an input of the model."""
        return tuple(
            f"input {node.get_friendly_name()}: {node.get_element_type().get_type_name()} "
            f"{node.get_output_partial_shape(0)}"
            for node in self.original.model.get_parameters()
        )
