"""The head with only those rows after the mixing of positions that the class scores read.

Finds the tensors in which positions are mixed already and of which only a few rows are read (class, distillation
tokens), slices these rows there and lets the Slices sink to where positions are not mixed yet.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.folding import Folding
from ovxai_patterns.graph import ModelGraph, TensorId
from ovxai_patterns.influence import Influence
from ovxai_patterns.site import Site

from ovxai_passes.head import Head
from ovxai_passes.mapping.context import still
from ovxai_passes.rewrites.sink_rows import sink_rows
from ovxai_passes.rewrites.sinking import Rows

Reading = tuple[int, int, int]
"""(axis, first row, end row) that a reader takes."""


def narrowed(site: Site, head: Head) -> Head:
    """A head of the same values that computes fewer rows; `head` is left as it is."""
    clone = head.model.clone()
    before, graph = ModelGraph(head.model), ModelGraph(clone)
    origins = {
        graph.ops[place].get_name(): head.origins[node.get_name()]
        for place, node in enumerate(before.ops)
        if node.get_name() in head.origins
    }
    mixed = _mixed(site, ModelGraph(still(head.model)))
    names = {graph.ops[place].get_name() for place, _ in mixed}
    slices = set[str]()
    for tensor in sorted(mixed, reverse=True):
        wanted = _rows_read(graph, tensor)
        if wanted is not None:
            slices.add(_slice(graph, tensor, wanted).get_name())
    known = {node.get_name() for node in graph.ops}
    sink_rows(clone, slices, lambda output: _stays(output, names, known))
    clone.validate_nodes_and_infer_types()
    return Head(clone, head.sides, origins)


def _stays(output: ov.Output, mixed: set[str], known: set[str]) -> bool:
    """Whether a Slice stays on a tensor: one of the head's own in which positions are not mixed."""
    name = output.get_node().get_name()
    return name in known and name not in mixed


def _mixed(site: Site, graph: ModelGraph) -> set[TensorId]:
    """Tensors in which two positions meet: both marks reach one element."""
    mask = graph.id_of(graph.model.get_parameters()[1].output(0))
    influence = Influence(graph, Folding(graph))
    ids = site.positions.ids
    first, second = (influence.reached(mask, (ids == cell).astype(np.int32)) for cell in (0, 1))
    return {tensor for tensor, marks in first.items() if tensor in second and (marks & second[tensor]).any()}


def _rows_read(graph: ModelGraph, tensor: TensorId) -> Reading | None:
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
    rows = Rows(axis, first, end).of(graph.output(tensor))
    for place, port in readers:
        node = graph.ops[place]
        node.input(port).replace_source_output(rows.output(0))
        for shifted in (1,) if node.get_type_name() == "Gather" else (1, 2):
            data = node.input_value(shifted).get_node().get_data()
            moved = np.minimum(data, end) - first
            node.input(shifted).replace_source_output(ops.constant(np.array(moved, data.dtype)).output(0))
    return rows
