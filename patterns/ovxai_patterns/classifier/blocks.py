"""Transformer blocks: normalisations, attention, and the chain of residual blocks over a token tensor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.influence import Influence
from ovxai_patterns.analysis.layout import PositionLayout
from ovxai_patterns.analysis.movement import is_movement
from ovxai_patterns.analysis.op_traits import NORM_REDUCTION_TYPES, NORM_TYPES, attends


@dataclass(frozen=True)
class Norm:
    """A norm: the edges at which it reads its input, and the tensor that leaves it, scale and shift included."""

    reads: tuple[tuple[int, int], ...]
    result: TensorId


@dataclass(frozen=True)
class Block:
    """A residual attention block over tokens.

    `start`: the tensor that enters it, on the skip path and into the branch. `norm`: the first norm of a sequential
    pre-norm block; None for post-norm and parallel blocks.
    """

    start: TensorId
    norm: Norm | None


class Blocks:
    """The transformer blocks among the dominators of the class scores."""

    def __init__(self, layout: PositionLayout, chain: list[TensorId]) -> None:
        """`chain`: dominators that hold a whole map, deepest first."""
        graph = layout.graph
        self._layout = layout
        self._chain = chain
        self._known: dict[TensorId, Block | None] = {}
        self._influence = Influence(graph, layout.folding)
        self._attention = {place for place in graph.from_parameters if _may_attend(graph, place)}

    def starting_at(self, start: TensorId) -> Block | None:
        """The block that starts at a dominator, or None where none does."""
        if start not in self._known:
            join = self._residual(start)
            attends = join is not None and self._attends(start, join)
            self._known[start] = Block(start, self._first_norm(start, join)) if join and attends else None
        return self._known[start]

    def above(self, tensor: TensorId, count: int) -> list[Block]:
        """The last `count` blocks (or fewer) up the chain, deepest first, whose start is `tensor` or above it.

        Only those on one grid with the same kept tokens and channels: a stage ends the search. Below the last block
        kept tokens may have been left out and channels changed, on that grid.
        """
        graph, found = self._layout.graph, list[Block]()
        shape = _signature(graph, self._layout, tensor)
        for start in self._chain[self._chain.index(tensor) :] if tensor in self._chain else []:
            here = _signature(graph, self._layout, start)
            if len(found) == count or here[:1] != shape[:1] or (found and here != shape):
                break
            block = self.starting_at(start)
            if block is not None:
                found.append(block)
                shape = here
        return found

    def _next(self, tensor: TensorId) -> TensorId | None:
        place = self._chain.index(tensor) if tensor in self._chain else 0
        return self._chain[place - 1] if place else None

    def _residual(self, start: TensorId) -> TensorId | None:
        """The Add that joins the skip path from `start` with a branch, if the next dominator is one."""
        join = self._next(start)
        while join is not None and is_movement(self._layout.graph.ops[join[0]]):
            start, join = join, self._next(join)
        graph = self._layout.graph
        if join is None or graph.ops[join[0]].get_type_name() != "Add":
            return None
        return join if start in graph.inputs_of(join[0]) and len(set(graph.inputs_of(join[0]))) == 2 else None

    def _attends(self, start: TensorId, join: TensorId) -> bool:
        """Whether the branch between them holds attention and one position's tokens reach the others."""
        if not self._attention & self._layout.graph.region(start, join):
            return False
        positions, after = self._layout.positions(start), self._layout.positions(join)
        if positions is None or after is None:
            return False
        marked = (positions.ids == 0).astype(np.int32)
        reached = np.broadcast_to(self._influence.spread(start, marked, join), after.ids.shape)
        return bool(reached[after.ids > 0].any())

    def _first_norm(self, start: TensorId, join: TensorId) -> Norm | None:
        following = self._residual(join)
        if following is None or self._attends(join, following):
            return None  # attention and MLP side by side, or no MLP: a parallel block
        return self._norm_of(start, join)

    def _norm_of(self, start: TensorId, join: TensorId) -> Norm | None:
        """The norm that stands between a tensor and everything else in the branch that it enters, if one does.

        Its operations are followed from `start` on until one of another type reads their result; a norm has one such
        result, reduces over channels on the way, and needs nothing else that depends on the picture.
        """
        graph = self._layout.graph
        region = graph.region(start, join)
        inside: set[int] = set()
        for place in sorted(region - {join[0]}):
            known = graph.ops[place].get_type_name() in NORM_TYPES
            sources = [source for source in graph.inputs_of(place) if source[0] in graph.from_parameters]
            if known and sources and all(source == start or source[0] in inside for source in sources):
                inside.add(place)
        results = {
            (place, 0)
            for place in inside
            if any(reader not in inside and reader in region for reader, _ in graph.consumers((place, 0)))
        }
        reduces = any(graph.ops[place].get_type_name() in NORM_REDUCTION_TYPES for place in inside)
        entered = tuple(edge for edge in graph.consumers(start) if edge[0] in inside)
        others = [edge for edge in graph.consumers(start) if edge[0] in region and edge[0] not in inside]
        if len(results) != 1 or not reduces or [place for place, _ in others] != [join[0]]:
            return None
        return Norm(entered, results.pop())


def _may_attend(graph: ModelGraph, place: int) -> bool:
    """Whether an operation is an attention, or a product of two tensors of the picture.

    Not a product under a Softmax: quantisation, conversion and mixing of heads may stand between them.
    """
    varying = [source[0] in graph.from_parameters for source in graph.inputs_of(place)[:2]]
    return attends(graph.ops[place].get_type_name(), varying.count(True)) and all(varying)


def _signature(graph: ModelGraph, layout: PositionLayout, tensor: TensorId) -> tuple[object, ...]:
    positions = layout.positions(tensor)
    channels = graph.output(tensor).get_shape()
    return (positions.grid, positions.kept, int(np.prod(channels))) if positions is not None else ()
