"""How a Slice of rows passes up through one operation: Slice(f(x)) → f(Slice(x)).

One function a family; each returns the new output and the Slices it has put on inputs, or says why it declines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.op_traits import ALONG_AXES_TYPES, ATTENTION_TYPES, ELEMENTWISE_TYPES, REDUCE_TYPES

from ovxai_passes.ops.nodes import axis_left_whole, clone_with_inputs, is_constant, sizes_known


@dataclass(frozen=True)
class RowRange:
    """Entries `start` to `stop` (exclusive) along `axis`."""

    axis: int
    start: int
    stop: int

    @property
    def count(self) -> int:
        """How many."""
        return self.stop - self.start

    def of(self, output: ov.Output, axis: int | None = None) -> ov.Node:
        """These rows of a tensor, along `axis` where it lies elsewhere there."""
        along = self.axis if axis is None else axis
        wanted = [self.start, self.stop, 1, along]
        for reader in output.get_target_inputs():  # one Slice serves all that read these rows
            node = reader.get_node()
            if node.get_type_name() == "Slice" and reader.get_index() == 0 and _bounds(node) == wanted:
                return node
        return self.anew(output, along)

    def anew(self, output: ov.Output, axis: int) -> ov.Node:
        """These rows of a tensor by a Slice of their own."""
        return ops.slice(output, *(np.array([value]) for value in (self.start, self.stop, 1, axis)))


def _bounds(node: ov.Node) -> list[int] | None:
    """Start, stop, step and axis of a Slice along one axis, where they are constants."""
    sources = node.input_values()[1:]
    if len(sources) < 4 or not all(is_constant(source) for source in sources):
        return None
    values = [np.atleast_1d(source.get_node().get_data()) for source in sources]
    return [int(value[0]) for value in values] if all(value.size == 1 for value in values) else None


@dataclass(frozen=True)
class Sunk:
    """The new output, and the Slices above it."""

    output: ov.Output
    slices: tuple[ov.Node, ...] = field(default=())


class DeclinedError(Exception):
    """A Slice cannot pass; the message says why."""


Rule = Callable[[ov.Output, RowRange], Sunk]


def elementwise(output: ov.Output, rows: RowRange) -> Sunk:
    """Slice(a + b) → Slice(a) + Slice(b); operands that broadcast along the axis stay."""
    node, rank = output.get_node(), len(output.get_partial_shape())
    inputs: list[ov.Output] = []
    slices: list[ov.Node] = []
    for value in node.input_values():
        axis = rows.axis - (rank - len(value.get_partial_shape()))
        if axis < 0 or sizes_known(value, 1)[axis] == 1:
            inputs.append(value)
        else:
            piece = rows.of(value, axis)
            inputs.append(piece.output(0))
            if not is_constant(value):  # rows of a constant fold away
                slices.append(piece)
    return Sunk(clone_with_inputs(node, inputs).output(0), tuple(slices))


def along_other_axes(output: ov.Output, rows: RowRange) -> Sunk:
    """Slice(MVN(x)) → MVN(Slice(x)), where the operation runs along other axes and keeps them."""
    node = output.get_node()
    first, *others = node.input_values()
    if others and not is_constant(others[0]):
        raise DeclinedError("axes that are not constant")
    said = others[0].get_node().get_data() if others else node.get_attributes()["axis"]
    rank = len(first.get_partial_shape())
    if not node.get_attributes().get("keep_dims", True):
        raise DeclinedError(f"{node.get_type_name()} that drops axes")
    if rows.axis in {int(axis) % rank for axis in np.atleast_1d(said)}:
        raise DeclinedError(f"{node.get_type_name()} runs along the sliced axis")
    sliced = rows.of(first)
    return Sunk(clone_with_inputs(node, [sliced.output(0), *others]).output(0), (sliced,))


def matmul(output: ov.Output, rows: RowRange) -> Sunk:
    """Slice(x W) → Slice(x) W, along the rows of x."""
    node, rank = output.get_node(), len(output.get_partial_shape())
    left, right = node.input_values()
    if rows.axis != rank - 2 or node.get_attributes()["transpose_a"] or len(left.get_partial_shape()) != rank:
        raise DeclinedError("the sliced axis is not the rows of the left matrix")
    sliced = rows.of(left)
    return Sunk(clone_with_inputs(node, [sliced.output(0), right]).output(0), (sliced,))


def attention(output: ov.Output, rows: RowRange) -> Sunk:
    """The rows of Q: Slice of softmax(Q Kᵀ + B) V → the same of Slice(Q) and Slice(B)."""
    node, rank = output.get_node(), len(output.get_partial_shape())
    inputs = list(node.input_values())
    if rows.axis != rank - 2 or len(inputs[0].get_partial_shape()) != rank or node.get_attributes()["causal"]:
        raise DeclinedError("the sliced axis is not the rows of the query")
    query = rows.of(inputs[0])
    inputs[0], slices = query.output(0), [query]
    if len(inputs) > 3:
        axis = len(inputs[3].get_partial_shape()) - 2
        if axis >= 0 and sizes_known(inputs[3], 1)[axis] > 1:
            slices.append(rows.of(inputs[3], axis))
            inputs[3] = slices[-1].output(0)
    return Sunk(clone_with_inputs(node, inputs).output(0), tuple(slices))


def transpose(output: ov.Output, rows: RowRange) -> Sunk:
    """Slice along the axis where the rows come from."""
    node = output.get_node()
    data, order = node.input_values()
    if not is_constant(order) or not order.get_node().get_data().size:
        raise DeclinedError("a Transpose by an order that is not constant")
    sliced = rows.of(data, int(order.get_node().get_data()[rows.axis]))
    return Sunk(clone_with_inputs(node, [sliced.output(0), order]).output(0), (sliced,))


def reshape(output: ov.Output, rows: RowRange) -> Sunk:
    """A Reshape that leaves the sliced axis whole: slice it before, and say its new size."""
    node = output.get_node()
    data, pattern = node.input_values()
    axis = axis_left_whole(sizes_known(data, 1), sizes_known(output, 1), rows.axis)
    if axis is None:
        raise DeclinedError("a Reshape that breaks up the sliced axis")
    sliced = rows.of(data, axis)
    if is_constant(pattern):
        known = np.array(pattern.get_node().get_data(), np.int64)
        known[rows.axis] = rows.count
        changed = ops.constant(known)
    else:  # a batch is read from a tensor's shape
        changed = ops.scatter_update(
            ops.convert(pattern, "i64"), ops.constant([rows.axis]), ops.constant([rows.count]), ops.constant(0)
        )
    return Sunk(clone_with_inputs(node, [sliced.output(0), changed.output(0)]).output(0), (sliced,))


def squeeze(output: ov.Output, rows: RowRange) -> Sunk:
    """Squeeze and Unsqueeze: count the axes in front."""
    node = output.get_node()
    data, *others = node.input_values()
    if not others or not is_constant(others[0]):
        raise DeclinedError("axes that are not constant")
    said = np.atleast_1d(others[0].get_node().get_data())
    if node.get_type_name() == "Unsqueeze":
        gone = {int(axis) % len(output.get_partial_shape()) for axis in said}
        if rows.axis in gone:
            raise DeclinedError("the sliced axis was put in by Unsqueeze")
        axis = rows.axis - sum(new < rows.axis for new in gone)
    else:
        gone = {int(axis) % len(data.get_partial_shape()) for axis in said}
        axis = [a for a in range(len(data.get_partial_shape())) if a not in gone][rows.axis]
    sliced = rows.of(data, axis)
    return Sunk(clone_with_inputs(node, [sliced.output(0), *others]).output(0), (sliced,))


def split(output: ov.Output, rows: RowRange) -> Sunk:
    """Slice(Split(x)[i]) → Slice(Slice(x)), the second one along the axis of the Split."""
    node = output.get_node()
    data, axis = node.input_value(0), node.input_value(1)
    if not is_constant(axis):
        raise DeclinedError("an axis that is not constant")
    along = int(np.atleast_1d(axis.get_node().get_data())[0]) % len(output.get_partial_shape())
    sizes = [port.get_partial_shape()[along] for port in node.outputs()]
    if along == rows.axis or any(size.is_dynamic for size in sizes):
        raise DeclinedError("a Split along the sliced axis, or into parts of dynamic size")
    ends = np.cumsum([0, *(size.get_length() for size in sizes)])
    sliced = rows.of(data)
    part = RowRange(along, int(ends[output.get_index()]), int(ends[output.get_index() + 1])).of(sliced.output(0))
    return Sunk(part.output(0), (sliced,))


def concat(output: ov.Output, rows: RowRange) -> Sunk:
    """Slice(Concat(a, b)) → Slice(b), where the rows lie in one of the pieces, or the same rows of all pieces."""
    node = output.get_node()
    axis = int(node.get_attributes()["axis"]) % len(output.get_partial_shape())
    if axis != rows.axis:
        slices = [rows.of(value) for value in node.input_values()]
        return Sunk(clone_with_inputs(node, [piece.output(0) for piece in slices]).output(0), tuple(slices))
    start = 0
    for value in node.input_values():
        size = value.get_partial_shape()[axis]
        if size.is_dynamic:
            break
        stop = start + size.get_length()
        if start <= rows.start and rows.stop <= stop:
            if rows.count == stop - start:
                return Sunk(value)
            piece = RowRange(axis, rows.start - start, rows.stop - start).of(value)
            return Sunk(piece.output(0), (piece,))
        start = stop
    raise DeclinedError("rows of several pieces of a Concat")


def pad(output: ov.Output, rows: RowRange) -> Sunk:
    """Slice(Pad(x)) → the rows of x, or rows of the padding alone."""
    node = output.get_node()
    data, *others = node.input_values()
    if node.get_attributes()["pad_mode"] != "constant" or any(not is_constant(value) for value in others[:2]):
        raise DeclinedError("padding by what the tensor holds, or of a size that is not constant")
    begin, end = (np.array(value.get_node().get_data(), np.int64) for value in others[:2])
    first = int(begin[rows.axis])
    size = data.get_partial_shape()[rows.axis]
    if size.is_dynamic:
        raise DeclinedError("padding of an axis of dynamic size")
    if first <= rows.start and rows.stop <= first + size.get_length():
        piece = RowRange(rows.axis, rows.start - first, rows.stop - first).of(data)
        begin[rows.axis] = end[rows.axis] = 0
        padded = clone_with_inputs(
            node, [piece.output(0), *(ops.constant(widths).output(0) for widths in (begin, end)), *others[2:]]
        )
        return Sunk(padded.output(0), (piece,))
    if rows.start < first + size.get_length() and rows.stop > first:
        raise DeclinedError("rows of a tensor together with its padding")
    if np.delete(begin, rows.axis).any() or np.delete(end, rows.axis).any():
        raise DeclinedError("padding along several axes")
    value = others[2] if len(others) > 2 else ops.constant(np.array(0, output.get_element_type().to_dtype())).output(0)
    wanted = output.get_partial_shape()
    wanted[rows.axis] = rows.count
    if wanted.is_static:
        return Sunk(ops.broadcast(value, ops.constant(list(wanted.to_shape()))).output(0))
    changed = [ops.constant([number]) for number in (rows.axis, rows.count)]
    shape = ops.scatter_update(ops.shape_of(data), *changed, ops.constant(0))
    return Sunk(ops.broadcast(value, shape).output(0))


RULES: tuple[tuple[frozenset[str], Rule], ...] = (
    (ELEMENTWISE_TYPES, elementwise),
    (ALONG_AXES_TYPES | REDUCE_TYPES, along_other_axes),
    (frozenset({"MatMul"}), matmul),
    (ATTENTION_TYPES, attention),
    (frozenset({"Transpose"}), transpose),
    (frozenset({"Reshape"}), reshape),
    (frozenset({"Squeeze", "Unsqueeze"}), squeeze),
    (frozenset({"Split", "VariadicSplit"}), split),
    (frozenset({"Concat"}), concat),
    (frozenset({"Pad"}), pad),
)


def sink(output: ov.Output, rows: RowRange) -> Sunk:
    """Pass a Slice of `rows` of `output` up through the operation that makes it. Raises DeclinedError."""
    kind = output.get_node().get_type_name()
    for types, rule in RULES:
        if kind in types:
            return rule(output, rows)
    raise DeclinedError(f"no rule for {kind}")
