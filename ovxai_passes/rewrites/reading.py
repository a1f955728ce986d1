"""Which rows of a tensor are read, where all that read it are Gathers of one row and Slices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import Edge, ModelGraph, TensorId
from ovxai_patterns.analysis.movement import Labels

from ovxai_passes.ops.nodes import is_constant
from ovxai_passes.rewrites.sinking import RowRange

Reading = tuple[int, int, int]
"""(axis, first row, end row) that a reader takes."""


def put_slices(
    graph: ModelGraph, tensors: Iterable[TensorId], mixed: Mapping[TensorId, Labels] | None = None
) -> set[str]:
    """Put a Slice under each of `tensors` of which a few rows are read; returns the Slices' unique names.

    `mixed`: marks of the elements in which positions are mixed. Readers of rows that are all mixed, or all not, get a
    Slice of their own where they are read together with others.
    """
    slices = set[str]()
    for tensor in sorted(tensors, reverse=True):
        marks = None if mixed is None else mixed.get(tensor)
        for wanted, readers in _wanted(graph, tensor, marks):
            slices.add(_slice(graph, tensor, wanted, readers).get_name())
    return slices


def _wanted(graph: ModelGraph, tensor: TensorId, marks: Labels | None) -> list[tuple[Reading, list[Edge]]]:
    together, readers = rows_read(graph, tensor), list(graph.consumers(tensor))
    if together is not None and (marks is None or _are_alike(marks, together)):
        return [(together, readers)]
    if marks is None:
        return []
    own = [(_reading(graph, place, port), [(place, port)]) for place, port in readers]
    return [(rows, edge) for rows, edge in own if rows and marks.shape[rows[0]] > 1 and _are_alike(marks, rows)]


def _are_alike(marks: Labels, rows: Reading) -> bool:
    """Whether rows are all marked in the same way."""
    axis, first, end = rows
    if marks.shape[axis] == 1:
        return True
    taken = marks.take(range(first, end), axis)
    return bool((taken == taken.take([0], axis)).all())


def rows_read(graph: ModelGraph, tensor: TensorId) -> Reading | None:
    """The rows that the readers of a tensor take between them, if each takes a few along the same axis."""
    readings = [_reading(graph, place, port) for place, port in graph.consumers(tensor)]
    known = [reading for reading in readings if reading is not None]
    shape = graph.output(tensor).get_partial_shape()
    if not known or len(known) < len(readings) or len({axis for axis, _, _ in known}) > 1:
        return None
    axis = known[0][0]
    first, end = min(start for _, start, _ in known), max(stop for _, _, stop in known)
    if shape[axis].is_dynamic or not 0 <= first < end < shape[axis].get_length():
        return None
    return axis, first, end


def _reading(graph: ModelGraph, place: int, port: int) -> Reading | None:
    """What a Gather of one row or a Slice of step 1 takes."""
    node = graph.ops[place]
    kind = node.get_type_name()
    if port != 0 or kind not in ("Gather", "Slice"):
        return None
    sources = node.input_values()[1:]
    if not all(is_constant(source) for source in sources):
        return None
    numbers = [np.atleast_1d(source.get_node().get_data()) for source in sources]
    if any(number.size != 1 for number in numbers):
        return None
    rank = len(node.get_input_partial_shape(0))
    if kind == "Gather":
        row, axis = int(numbers[0][0]), int(numbers[1][0]) % rank
        return (axis, row, row + 1) if row >= 0 else None
    if len(numbers) < 4 or int(numbers[2][0]) != 1:
        return None
    start, stop, axis = int(numbers[0][0]), int(numbers[1][0]), int(numbers[3][0]) % rank
    size = node.get_input_partial_shape(0)[axis]
    return (axis, start, min(stop, size.get_length())) if size.is_static and 0 <= start < stop else None


def _slice(graph: ModelGraph, tensor: TensorId, reading: Reading, readers: list[Edge]) -> ov.Node:
    """Put a Slice under a tensor and let readers of it count from there."""
    axis, first, end = reading
    rows = RowRange(axis, first, end).anew(graph.output(tensor), axis)
    for place, port in readers:
        node = graph.ops[place]
        node.input(port).replace_source_output(rows.output(0))
        for shifted in (1,) if node.get_type_name() == "Gather" else (1, 2):
            data = node.input_value(shifted).get_node().get_data()
            moved = np.minimum(data, end) - first
            node.input(shifted).replace_source_output(ops.constant(np.array(moved, data.dtype)).output(0))
    return rows
