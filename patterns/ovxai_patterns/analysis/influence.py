"""Which elements can change when marked elements of a tensor change.

A forward walk over 0/1 labels: the answer to "do the positions still matter to the class scores?" (after the last
block of a class-token transformer they do not) and "does this block mix positions?". Operations that are not known to
keep elements apart spread a mark over their whole result, so a mark is never lost.
"""

from __future__ import annotations

import numpy as np
import openvino as ov

from ovxai_patterns.analysis.folding import Folding
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.movement import Labels, collapse, fits, is_movement, move
from ovxai_patterns.analysis.op_traits import ALONG_AXES_TYPES, ELEMENTWISE_TYPES, REDUCE_TYPES, SHAPE_READING_TYPES


class Influence:
    """Walks marks through a model with static shapes."""

    def __init__(self, graph: ModelGraph, folding: Folding) -> None:
        self._graph = graph
        self._folding = folding

    def spread(self, start: TensorId, marked: Labels, end: TensorId) -> Labels:
        """Marks (0 or 1, size 1 where they do not vary) of `end`, with those elements of `start` marked.

        `end` must lie downstream of `start`; what does not lie between them is unmarked.
        """
        marks = self._walk(start, marked, sorted(self._graph.region(start, end)))
        rank = len(self._graph.output(end).get_partial_shape())
        return marks.get(end, np.zeros((1,) * rank, np.int32))

    def reached(self, start: TensorId, marked: Labels) -> dict[TensorId, Labels]:
        """Marks of every tensor downstream of `start` in which some element is marked."""
        return self._walk(start, marked, list(range(start[0] + 1, len(self._graph.ops))))

    def _walk(self, start: TensorId, marked: Labels, places: list[int]) -> dict[TensorId, Labels]:
        marks: dict[TensorId, Labels] = {start: collapse(marked.astype(np.int32))}
        for place in places:
            sources = [marks.get(source) for source in self._graph.inputs_of(place)]
            node = self._graph.ops[place]
            if node.get_type_name() in SHAPE_READING_TYPES or all(
                source is None or not source.any() for source in sources
            ):
                continue
            for port, result in enumerate(self._follow(place, node, sources)):
                marks[place, port] = result
        return marks

    def _follow(self, place: int, node: ov.Node, sources: list[Labels | None]) -> list[Labels]:
        kind = node.get_type_name()
        result: Labels | None = None
        if is_movement(node):
            moved = move(self._graph, self._folding, place, sources, 0)
            if moved is not None:
                return moved
        elif kind in ELEMENTWISE_TYPES:
            result = _either(sources)
        elif kind in REDUCE_TYPES:
            result = self._reduced(place, node, sources[0])
        elif kind in ALONG_AXES_TYPES:
            result = self._along_axes(place, node, sources[0])
        elif kind == "MatMul":
            result = _multiplied(node, sources)
        elif kind == "ScaledDotProductAttention" and all(source is None for source in sources[1:]):
            result = None if sources[0] is None else sources[0].max(-1, keepdims=True)
        elif kind == "Convolution" and _is_pointwise(node) and sources[0] is not None:
            result = sources[0].max(1, keepdims=True)
        outputs = [len(output.get_partial_shape()) for output in node.outputs()]
        if result is not None and result.ndim == outputs[0]:
            return [collapse(result)] * len(outputs)
        return [np.ones((1,) * rank, np.int32) for rank in outputs]

    def _reduced(self, place: int, node: ov.Node, source: Labels | None) -> Labels | None:
        axes = self._folding.value(self._graph.inputs_of(place)[1])
        if source is None or axes is None:
            return None
        which = tuple(int(axis) % source.ndim for axis in np.atleast_1d(axes))
        return np.asarray(source.max(which, keepdims=bool(node.get_attributes().get("keep_dims", False))))

    def _along_axes(self, place: int, node: ov.Node, source: Labels | None) -> Labels | None:
        if source is None:
            return None
        inputs = self._graph.inputs_of(place)
        axes = self._folding.value(inputs[1]) if len(inputs) > 1 else node.get_attributes().get("axis")
        if axes is None:
            return None
        return source.max(tuple(int(axis) % source.ndim for axis in np.atleast_1d(axes)), keepdims=True)


def _either(sources: list[Labels | None]) -> Labels | None:
    known = [source for source in sources if source is not None]
    result = known[0]
    if not fits(*(one.shape for one in known)):
        return None
    for other in known[1:]:
        result = np.maximum(result, other)
    return result


def _multiplied(node: ov.Node, sources: list[Labels | None]) -> Labels | None:
    attributes = node.get_attributes()
    rank = len(node.get_output_partial_shape(0))
    parts: list[Labels | None] = []
    for source, flag, contracted in zip(sources, ("transpose_a", "transpose_b"), (-1, -2), strict=True):
        if source is None:
            continue
        if source.ndim < 2:
            return None
        laid = source.swapaxes(-1, -2) if attributes[flag] else source
        laid = laid.reshape((1,) * (rank - laid.ndim) + laid.shape)
        parts.append(laid.max(contracted, keepdims=True))
    return _either(parts)


def _is_pointwise(node: ov.Node) -> bool:
    kernel = node.input(1).get_partial_shape()
    return bool(kernel.is_static and all(size == 1 for size in kernel.to_shape()[2:]))
