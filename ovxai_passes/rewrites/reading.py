"""Which rows of a tensor are read, where all that read it are Gathers of one row and Slices."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.graph import ModelGraph, TensorId

from ovxai_passes.rewrites.sinking import Rows

Reading = tuple[int, int, int]
"""(axis, first row, end row) that a reader takes."""


def put_slices(graph: ModelGraph, tensors: Iterable[TensorId]) -> set[str]:
    """Put a Slice under each of `tensors` of which a few rows are read; returns the Slices' unique names."""
    slices = set[str]()
    for tensor in sorted(tensors, reverse=True):
        wanted = rows_read(graph, tensor)
        if wanted is not None:
            slices.add(_slice(graph, tensor, wanted).get_name())
    return slices


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
    constants = [value.get_node() for value in node.input_values()[1:]]
    if any(constant.get_type_name() != "Constant" for constant in constants):
        return None
    numbers = [np.atleast_1d(constant.get_data()) for constant in constants]
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


def _slice(graph: ModelGraph, tensor: TensorId, reading: Reading) -> ov.Node:
    """Put a Slice under a tensor and let its readers count from there."""
    axis, first, end = reading
    readers = list(graph.consumers(tensor))
    rows = Rows(axis, first, end).anew(graph.output(tensor), axis)
    for place, port in readers:
        node = graph.ops[place]
        node.input(port).replace_source_output(rows.output(0))
        for shifted in (1,) if node.get_type_name() == "Gather" else (1, 2):
            data = node.input_value(shifted).get_node().get_data()
            moved = np.minimum(data, end) - first
            node.input(shifted).replace_source_output(ops.constant(np.array(moved, data.dtype)).output(0))
    return rows
