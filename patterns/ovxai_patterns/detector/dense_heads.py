"""Dense prediction heads: the last learned layers of a detector, which predict at each place of its grids.

    feature map ─▶ Convolution or MatMul with constant weights ─▶ Add bias ─▶ (no learned layer any more) ─▶ outputs

A layer is last where no learned layer reads what it computes. Values are followed, indices are not: the best of some
scores may choose what a decoder reads (RT-DETR), and boxes what is pooled (Faster R-CNN).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import openvino as ov

from ovxai_patterns.analysis.dequantised import dequantises
from ovxai_patterns.analysis.graph import Edge, ModelGraph, TensorId
from ovxai_patterns.analysis.grid_maps import GridMap, map_above
from ovxai_patterns.analysis.layout import PositionLayout
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.analysis.movement import DATA_INPUTS
from ovxai_patterns.analysis.op_traits import (
    AFFINE_TYPES,
    ELEMENTWISE_TYPES,
    LEARNED_TYPES,
    LOCAL_WINDOW_TYPES,
    ROI_EXTRACTOR_TYPE,
    ROI_TYPES,
    ROUNDED_VALUES_TYPES,
    SAME_VALUES_TYPES,
    SHAPE_READING_TYPES,
    VARYING_TYPES,
)

_TOKENS = 3  # axes
_SMALL_MATRIX = 16  # elements: a change of box coordinates is not learned


@dataclass(frozen=True)
class DenseHead:
    """What one layer predicts at every place: `tensor`, after the bias, [N,C,h,w], [N,h,w,C], or tokens [N,T,C].

    `layer`: the learned layer and the input port at which it reads its features. `fused`: whether a plugin may compute
    what follows `tensor` in one kernel with the layer; then `tensor` must not be read, but be computed again. `grids`:
    (h, w) of the levels, one after the other where the tokens of several are in one tensor. `channels`: C, `axis`: the
    axis of the channels. `maps`: of tokens, the maps of each grid, or None where one is not at hand.
    """

    tensor: TensorId
    axis: int
    channels: int
    grids: tuple[tuple[int, int], ...]
    layer: Edge
    fused: bool = False
    maps: tuple[GridMap, ...] | None = None

    @property
    def cells(self) -> int:
        """Number of places."""
        return sum(height * width for height, width in self.grids)


class ValueFlow:
    """Which tensors an operation takes values from, and what is below what, as far as values go."""

    def __init__(self, graph: ModelGraph) -> None:
        self.graph = graph

    def read_by(self, place: int) -> list[TensorId]:
        """The tensors whose values an operation passes on: no shapes, indices, conditions or regions of interest."""
        node = self.graph.ops[place]
        sources, kind = self.graph.inputs_of(place), node.get_type_name()
        if kind in SHAPE_READING_TYPES or not any(_holds_values(output) for output in node.outputs()):
            return []
        if kind in ROI_TYPES:
            return [] if kind == ROI_EXTRACTOR_TYPE else sources[:1]
        moved = DATA_INPUTS.get(kind)
        chosen = sources if moved is None else [sources[port] for port in moved if port < len(sources)]
        return [source for source in chosen if _holds_values(self.graph.output(source))]

    @cached_property
    def varying(self) -> set[int]:
        """Places of the operations whose values depend on those of an input (not on its shape alone)."""
        found: set[int] = set()
        for place, node in enumerate(self.graph.ops):
            if node.get_type_name() in VARYING_TYPES or any(source[0] in found for source in self.read_by(place)):
                found.add(place)
        return found

    @cached_property
    def _has_learned_below(self) -> set[int]:
        """Places of the operations whose values some learned layer reads."""
        found: set[int] = set()
        for place in range(len(self.graph.ops) - 1, -1, -1):
            if place in found or self.is_learned(place):
                found.update(source[0] for source in self.read_by(place))
        return found

    @cached_property
    def last_layers(self) -> list[int]:
        """Places of the learned layers that no learned layer reads, as far as they depend on the input."""
        return [
            place
            for place in range(len(self.graph.ops))
            if self.is_learned(place) and place not in self._has_learned_below
        ]

    def is_learned(self, place: int) -> bool:
        """Whether an operation multiplies one varying tensor by weights."""
        node = self.graph.ops[place]
        if node.get_type_name() not in LEARNED_TYPES:
            return False
        varying = [source[0] in self.varying for source in self.graph.inputs_of(place)[:2]]
        if varying.count(True) != 1:
            return False
        weights = node.input(varying.index(False)).get_partial_shape()
        small = weights.is_static and int(np.prod(weights.to_shape())) <= _SMALL_MATRIX
        return not ((node.get_type_name() == "MatMul" and small) or self._sums_shares(place, varying.index(True)))

    def _sums_shares(self, place: int, port: int) -> bool:
        """Whether a layer makes one number of shares: the mean distance to the side of a box, of a Softmax over bins.

        Its weights are the distances, which are given. What is before it, be it joined with other values, is learned.
        """
        node = self.graph.ops[place]
        sizes = [output.get_partial_shape() for output in (node.output(0), node.input_value(1 - port))]
        axis = 1 if node.get_type_name() == "Convolution" else len(sizes[0]) - 1
        if any(size.rank.is_dynamic for size in sizes) or sizes[0][axis] != 1 or sizes[1].is_dynamic:
            return False
        source = self.graph.inputs_of(place)[port]
        while self.graph.ops[source[0]].get_type_name() in ROUNDED_VALUES_TYPES or dequantises(self.graph, source[0]):
            source = self.graph.inputs_of(source[0])[0]
        return bool(self.graph.ops[source[0]].get_type_name() == "Softmax")

    def after_bias(self, tensor: TensorId) -> TensorId:
        """The tensor after the bias of a layer; of 8-bit ones unrounded, which `is_fused` has computed again."""
        best = tensor
        for node, below in _only_readers(self.graph, tensor):
            kind = node.get_type_name()
            if kind in AFFINE_TYPES and self._by_channel(below[0]):
                best = below
            elif kind not in ("Transpose", "Convert"):
                break
        return best

    def _by_channel(self, place: int) -> bool:
        """Whether the other input of an element-wise operation is the same for all inputs and varies along one axis."""
        others = [source for source in self.graph.inputs_of(place) if source[0] not in self.varying]
        if len(others) != 1:
            return False
        shape = self.graph.output(others[0]).get_partial_shape()
        return bool(shape.is_static and sum(size > 1 for size in shape.to_shape()) <= 1)


def _holds_values(output: ov.Output) -> bool:
    """Whether a tensor is of a type that pictures and features have: wider integers are indices and shapes."""
    kind = output.get_element_type()
    return bool(kind.is_real() or kind in (ov.Type.u8, ov.Type.i8))


def layout_of(analysis: ModelAnalysis) -> PositionLayout:
    """The position labels that a detector is told from: pictures are of the assumed size, or of their own."""
    return analysis.layout(other_sizes=False)


def find_value_flow(analysis: ModelAnalysis) -> ValueFlow:
    """Which values operations of a detector read."""
    return ValueFlow(layout_of(analysis).graph)


def find_dense_heads(analysis: ModelAnalysis) -> tuple[DenseHead, ...]:
    """The dense prediction heads of a model, in topological order."""
    layout, flow = layout_of(analysis), analysis.get(find_value_flow)
    found = (_dense_head(layout, place, flow) for place in flow.last_layers)
    return tuple(head for head in found if head is not None)


def is_fused(graph: ModelGraph, tensor: TensorId) -> bool:
    """Whether the first that reads a tensor, behind movements that it is alone with, works element by element.

    A plugin passes such an operation up through the movements and computes it in the kernel of the layer.
    """
    for node, _ in _only_readers(graph, tensor):
        if node.get_type_name() in ELEMENTWISE_TYPES - {"Convert"}:
            return True
        if node.get_type_name() not in SAME_VALUES_TYPES:
            return False
    return False


def _dense_head(layout: PositionLayout, place: int, flow: ValueFlow) -> DenseHead | None:
    tensor = flow.after_bias((place, 0))
    port = 0 if layout.graph.inputs_of(place)[0][0] in flow.varying else 1
    layer, fused = (place, port), is_fused(layout.graph, tensor)
    shape = layout.graph.output(tensor).get_partial_shape()
    if shape.is_dynamic or len(shape) not in (3, 4):
        return None
    sizes = tuple(shape.to_shape())
    positions = layout.positions(tensor)
    if positions is not None and positions.kept == 0 and positions.ids.size == positions.grid[0] * positions.grid[1]:
        free = [axis for axis in range(1, len(sizes)) if positions.ids.shape[axis] == 1]
        raster = np.array_equal(positions.ids.reshape(-1), np.arange(positions.ids.size))
        axis = free[0] if len(free) == 1 else 1 if len(sizes) == 4 and 1 in free else free[-1] if free else None
        if axis is None or not raster or positions.ids.shape[0] != 1:
            return None
        maps = maps_above(layout, [tensor]) if len(sizes) == _TOKENS else None
        return DenseHead(tensor, axis, sizes[axis], (positions.grid,), layer, fused, maps)
    if len(sizes) == 4 and sizes[2:] == (1, 1) and _sees_a_map(layout, place):
        return DenseHead(tensor, 1, sizes[1], ((1, 1),), layer, fused)
    pieces = joined_levels(layout, tensor) if len(sizes) == _TOKENS else []
    grids = tuple(known.grid for known in map(layout.positions, pieces) if known is not None)
    return DenseHead(tensor, 2, sizes[2], grids, layer, fused, maps_above(layout, pieces)) if grids else None


def maps_above(layout: PositionLayout, pieces: Sequence[TensorId]) -> tuple[GridMap, ...] | None:
    """The maps that pieces of tokens come from, or None where one of them has none."""
    maps = [map_above(layout, piece) for piece in pieces]
    found = tuple(one for one in maps if one is not None)
    return found if len(found) == len(maps) else None


def _sees_a_map(layout: PositionLayout, place: int) -> bool:
    """Whether a 1 x 1 map is a level of its own: made of a map by convolutions, not of regions or by global pooling."""
    graph = layout.graph
    while True:
        node = graph.ops[place]
        if node.get_type_name() in ROI_TYPES or not graph.inputs_of(place):
            return False
        source = graph.inputs_of(place)[0]
        if layout.positions(source) is not None:
            return node.get_type_name() in LOCAL_WINDOW_TYPES
        if graph.output(source).get_partial_shape().is_dynamic:
            return False
        place = source[0]


def _only_readers(graph: ModelGraph, tensor: TensorId) -> Iterator[tuple[ov.Node, TensorId]]:
    """The chain of operations that are alone in reading the values of the one before."""
    while True:
        readers = list(graph.consumers(tensor))
        if len(readers) != 1 or graph.ops[readers[0][0]].get_output_size() != 1:
            return
        tensor = (readers[0][0], 0)
        yield graph.ops[tensor[0]], tensor


def joined_levels(layout: PositionLayout, tensor: TensorId) -> list[TensorId]:
    """The tensors whose tokens, one level after the other, are the rows of a tensor [N,T,C]; none where there are not.

    They are those of the nearest Concat above with pieces of as many tokens.
    """
    graph = layout.graph
    rows = graph.output(tensor).get_shape()[1]
    open_ends, seen = [tensor[0]], set()
    while open_ends:
        place = max(open_ends)
        open_ends.remove(place)
        if place in seen:
            continue
        seen.add(place)
        if graph.ops[place].get_type_name() == "Concat":
            pieces = _pieces(layout, place, rows)
            if pieces:
                return pieces
        open_ends += [
            source[0]
            for source in graph.inputs_of(place)
            if source[0] in graph.from_parameters and graph.output(source).get_element_type().is_real()
        ]
    return []


def _pieces(layout: PositionLayout, place: int, rows: int) -> list[TensorId]:
    graph, count = layout.graph, 0
    axis = graph.ops[place].get_attributes()["axis"] % len(graph.ops[place].get_output_partial_shape(0))
    for source in graph.inputs_of(place):
        positions = layout.positions(source)
        if positions is None or positions.kept or positions.ids.size != positions.ids.shape[axis]:
            return []
        if positions.ids.size != positions.grid[0] * positions.grid[1]:
            return []
        count += positions.ids.size
    return graph.inputs_of(place) if count == rows and graph.ops[place].get_input_size() > 1 else []
