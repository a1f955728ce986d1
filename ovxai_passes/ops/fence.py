"""A precision fence: what keeps the original outputs bit-identical at a device's default precision.

A CPU that computes in bf16 leaves the tail of a graph, from each result up to the first matrix product or convolution,
at f32. A branch without such an operation of its own makes the tail reach into the original network, whose outputs then
change in the last bits. Where a way from a branch's result to its target meets none, one that changes no value is put
under the target:

    map     F [N,C,h,w] ─▶ GroupConvolution by 1, channel by channel ─▶ branch
    others  F [...,C] ─▶ Reshape [...,C/d,d] ─▶ MatMul with I [d,d] ─▶ Reshape [...,C] ─▶ branch
    or      F [...,C] ─▶ Reshape [-1,1,1,C] ─▶ Convolution by 1 ─▶ Reshape [...,C] ─▶ branch: no d divides a large C

A product under a map will not do: a plugin (2026.4.1) adds what follows it channel by channel along the last axis. A
tensor that both sides transpose is fenced as well, and one that the branch projects to queries or keys as the network
does. Every finite value is returned as it is, for d multiplications an element at most.

The tail reaches through ShapeOf, too, although no value passes. Where sizes are dynamic, they are read of a slice of
one element along an axis of known size:

    F [N,C,h,w] ─▶ ShapeOf     becomes     F ─▶ Slice [N,1,h,w] ─▶ Convolution by 1 ─▶ ShapeOf ─▶ ScatterUpdate of C
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.op_traits import LEARNED_TYPES

from ovxai_passes.ops.constants import constant_like

_WIDEST = 16
_LARGEST_MATRIX = 256  # rows: of 21841 classes, which no width divides, the matrix would take 1.9 GB
_MAP = 4  # axes: a plugin (2026.4.1) adds what follows a product on [N,C,h,w] channel by channel along the last axis


def unfenced(branch: ov.Model) -> list[ov.Node]:
    """The float inputs of a branch that a way up from its result reaches without a fencing operation."""
    above = {node.get_name() for node in _without_products(_ends(branch)) if node.get_type_name() == "Parameter"}
    inputs = (one for one in branch.get_parameters() if one.get_name() in above)
    return [node for node in inputs if node.get_element_type().is_real()]


def fence_sizes(branch: ov.Model, but: Collection[str] = ()) -> None:
    """Put a fence under each ShapeOf of dynamic sizes that a way up from a result reaches without a product.

    `but`: names of inputs that may get no reader of values.
    """
    for node in _without_products(_ends(branch)):
        if node.get_type_name() != "ShapeOf" or node.input_value(0).get_node().get_name() in but:
            continue
        source = node.input_value(0)
        above = _without_products([source.get_node()])
        is_open = any(one.get_type_name() in ("Parameter", "ShapeOf") for one in above)
        if is_open and source.get_partial_shape().is_dynamic and source.get_element_type().is_real():
            node.output(0).replace(_sizes(source, node.get_output_element_type(0)))


def put_fence(parameter: ov.Node) -> None:
    """Put an identity product between an input and its readers."""
    target = parameter.output(0)
    readers = list(target.get_target_inputs())
    copied = fenced(target)
    for reader in readers:
        reader.replace_source_output(copied)


def fenced(output: ov.Output) -> ov.Output:
    """The same values behind a convolution by 1 or an identity product, of any last axis where that is dynamic."""
    shape = output.get_partial_shape()
    if not len(shape):  # a CPU plugin does not compile a Reshape to no axes whose sizes are computed
        product = _product(ops.reshape(output, ops.constant([1, 1]), special_zero=False), 1, output)
        return ops.squeeze(product, ops.constant([0, 1])).output(0)
    if len(shape) == _MAP and shape[1].is_static:
        return by_channel(output).output(0)
    if shape[len(shape) - 1].is_dynamic:
        return _over_last_axis(output)
    size = shape[len(shape) - 1].get_length()
    width = max(width for width in range(1, min(size, _WIDEST) + 1) if size % width == 0)
    if width < 2 and size > _LARGEST_MATRIX:
        return _as_one_channel(output, size)
    if width < 2:
        width = size
    copied = [0] * (len(shape) - 1)
    split = ops.reshape(output, ops.constant([*copied, size // width, width]), special_zero=True)
    return ops.reshape(_product(split, width, output), ops.constant([*copied, size]), special_zero=True).output(0)


def _as_one_channel(output: ov.Output, size: int) -> ov.Output:
    """A tensor [...,C] laid out as one row of one channel through a convolution by 1."""
    row = by_one_channel(ops.reshape(output, ops.constant([-1, 1, 1, size]), special_zero=False))
    return ops.reshape(row, ops.shape_of(output, "i64"), special_zero=False).output(0)


def by_channel(value: ov.Node | ov.Output) -> ov.Node:
    """Values [N,C,...] through a convolution by 1, channel by channel; channels are static."""
    output = value if isinstance(value, ov.Output) else value.output(0)
    shape = output.get_partial_shape()
    places = len(shape) - 2
    weights = constant_like(np.ones((shape[1].get_length(), 1, 1, *([1] * places))), output.get_element_type())
    same, free = [1] * places, [0] * places
    return ops.group_convolution(output, weights, same, free, free, same)


def by_one_channel(value: ov.Node) -> ov.Node:
    """Values [N,1,h,w] through a convolution by 1."""
    weight = constant_like(np.ones((1, 1, 1, 1)), value.get_output_element_type(0))
    return ops.convolution(value, weight, [1, 1], [0, 0], [0, 0], [1, 1])


def by_matrix(rows: ov.Node) -> ov.Node:
    """Rows [...,C] through a product with an identity matrix; C is static, and small."""
    return _product(rows, rows.get_output_partial_shape(0)[-1].get_length(), rows.output(0))


def _product(rows: ov.Node, width: int, like: ov.Output) -> ov.Node:
    identity = constant_like(np.eye(width), like.get_element_type())
    return ops.matmul(rows, identity, transpose_a=False, transpose_b=False)


def _over_last_axis(output: ov.Output) -> ov.Output:
    """A tensor times an identity matrix as large as its last axis, which folds away where that is static."""
    rank = len(output.get_partial_shape())
    rows = output if rank > 1 else ops.unsqueeze(output, ops.constant([0])).output(0)
    count = ops.gather(ops.shape_of(output, "i64"), ops.constant(rank - 1), ops.constant(0))
    places = ops.range(ops.constant(0), count, ops.constant(1), "i64")
    same = ops.equal(ops.unsqueeze(places, ops.constant([1])), ops.unsqueeze(places, ops.constant([0])))
    identity = ops.convert(same, output.get_element_type().get_type_name())
    product = ops.matmul(rows, identity, False, False)
    return product.output(0) if rank > 1 else ops.squeeze(product, ops.constant([0])).output(0)


def _ends(branch: ov.Model) -> list[ov.Node]:
    return [result.input_value(0).get_node() for result in branch.get_results()]


def _without_products(ends: list[ov.Node]) -> list[ov.Node]:
    """What lies above nodes, and they, up to products, convolutions and ShapeOf, which is among them."""
    open_ends, found = list(ends), dict[str, ov.Node]()
    while open_ends:
        node = open_ends.pop()
        if node.get_name() in found or node.get_type_name() in LEARNED_TYPES:
            continue
        found[node.get_name()] = node
        if node.get_type_name() != "ShapeOf":
            open_ends += [value.get_node() for value in node.input_values()]
    return list(found.values())


def _sizes(source: ov.Output, kind: ov.Type) -> ov.Output:
    """The sizes of a tensor, read behind a fence."""
    shape = source.get_partial_shape()
    known = [axis for axis in range(len(shape)) if shape[axis].is_static]
    if not known:
        return ops.shape_of(fenced(source), kind.get_type_name()).output(0)
    axis = 1 if len(shape) == _MAP and 1 in known else known[-1]
    bounds = (ops.constant([number]) for number in (0, 1, 1, axis))
    thin = ops.slice(source, *bounds)
    if len(shape) == _MAP and axis == 1:
        product = by_one_channel(thin).output(0)
    else:
        product = by_matrix(thin).output(0) if axis == len(shape) - 1 else fenced(thin.output(0))
    size = ops.constant([shape[axis].get_length()], kind)
    return ops.scatter_update(
        ops.shape_of(product, kind.get_type_name()), ops.constant([axis]), size, ops.constant(0)
    ).output(0)
