"""Scores of all masks as a map: the last layers written with positions where convolutions have them.

    Before:  x [M,N,C] ─▶ MatMul W [K,C] ─▶ Add b ─▶ [M,N,K] ─▶ Transpose, Reshape ─▶ S [N,K,h,w]
    After:   x [M,N,C] ─▶ Transpose, Reshape [N,C,h,w] ─▶ Convolution W [K,C,1,1] ─▶ Add b [1,K,1,1] ─▶ S [N,K,h,w]

The same products, but the result lies as it is wanted: plugins transpose [M,K] slowly, and run 1x1 convolutions on few
positions faster than products of as many rows. It goes up through element-wise operations, products with weights and
axes of size 1; rows that were taken from a map [N,C,h,w] become that map again. Where each image has weights of its own
(its best classes), W [N,k,C] · [N,C,h*w] is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.op_traits import ELEMENTWISE_TYPES, RESHAPING_TYPES, SAME_VALUES_TYPES

from ovxai_passes.mapping.context import Context, ImageProduct
from ovxai_passes.mapping.values import NoRuleError
from ovxai_passes.ops.nodes import clone_with_inputs, is_constant, sizes_known

_Key: TypeAlias = tuple[str, int]
_LAID_OUT = SAME_VALUES_TYPES - {"Unsqueeze"}


def as_map(context: Context, scores: ov.Output) -> ov.Output:
    """Scores [M,N,K] of the masks of all positions of a grid in raster order → [N,K,h,w]."""
    return _ScoresAsMap(context).of(scores)


@dataclass
class _ScoresAsMap:
    """Tensors [M,N,1..,C,1..] as [N,C,h,w], each laid out once: what it is made of first, however long the chain."""

    context: Context
    done: dict[_Key, ov.Output] = field(default_factory=dict)
    constant: dict[str, bool] = field(default_factory=dict)

    def of(self, output: ov.Output) -> ov.Output:
        """A tensor with one axis besides M and N that is not of size 1."""
        waiting = [output]
        while waiting:
            missing = [one for one in self._made_of(waiting[-1]) if _key(one) not in self.done]
            if missing and _key(waiting[-1]) not in self.done:
                waiting += missing
                continue
            last = waiting.pop()
            if _key(last) not in self.done:
                self.done[_key(last)] = self._made(last)
        return self.done[_key(output)]

    def _made_of(self, output: ov.Output) -> list[ov.Output]:
        """The tensors that are laid out for that of an output."""
        node, kind = output.get_node(), output.get_node().get_type_name()
        if _key(output) in self.done or node.get_name() in self.context.rows_of_maps:
            return []
        if _is_elementwise(kind):
            return [value for value in node.input_values() if self._is_like(value, output) and _fits(value, output)]
        if kind == "MatMul" and _is_layer(node) and _channels(node.input_value(0)) is not None:
            return [node.input_value(0)]
        product = self._product(node)
        if product is not None:
            return [product.rows]
        return [node.input_value(0)] if _is_reshaped(node, output) else []

    def _made(self, output: ov.Output) -> ov.Output:
        node, kind = output.get_node(), output.get_node().get_type_name()
        if node.get_name() in self.context.rows_of_maps:
            source, order = self.context.rows_of_maps[node.get_name()]
            if len(order) != 4 or not self._fits(source, order):
                return self._transposed(output)
            return source if order == (0, 1, 2, 3) else ops.transpose(source, ops.constant(list(order))).output(0)
        if _is_elementwise(kind):
            operands = [self._operand(value, output) for value in node.input_values()]
            if all(operand is not None for operand in operands):
                return clone_with_inputs(node, operands).output(0)
        if kind == "MatMul" and _is_layer(node) and _channels(node.input_value(0)) is not None:
            return self._convolved(node)
        product = self._product(node)
        if product is not None:
            return self._multiplied(product)
        return self.of(node.input_value(0)) if _is_reshaped(node, output) else self._transposed(output)

    def _product(self, node: ov.Node) -> ImageProduct | None:
        """The product with the weights of each image that a node is, where it can be laid out."""
        product = self.context.products_by_image.get(node.get_name())
        if product is None or _channels(product.rows) is None or len(sizes_known(product.matrices, 0)) != 3:
            return None
        return product

    def _fits(self, source: ov.Output, order: Sequence[int]) -> bool:
        """Whether the last two axes of a map are the grid's, the first one its batch."""
        sizes = sizes_known(source, 0)
        wanted = [0, 0] if self.context.any_grid else list(self.context.grid)
        return order[0] == 0 and [sizes[axis] for axis in order[2:]] == wanted

    def _operand(self, value: ov.Output, result: ov.Output) -> ov.Output | None:
        """An operand of an element-wise operation: laid out as well, or what is alike for all masks."""
        sizes, wanted = sizes_known(value, 0), sizes_known(result, 0)
        if self._is_like(value, result):
            return self.of(value) if _fits(value, result) else None
        if all(size == 1 for size in sizes):
            return value if not sizes else ops.reshape(value, ops.constant([1, 1, 1, 1]), False).output(0)
        aligned = [1] * (len(wanted) - len(sizes)) + sizes
        channel = _channel_axis(wanted)
        if channel is None or aligned[0] != 1:
            return None
        if all(size == 1 for axis, size in enumerate(aligned) if axis != channel):
            return ops.reshape(value, ops.constant([1, -1, 1, 1]), False).output(0)
        if (
            not self._comes_from_constants(value)
            and sizes[1:]
            and aligned[1] == wanted[1]
            and aligned[channel] == wanted[channel]
        ):
            count = ops.constant([aligned[channel], 1, 1])  # of each image
            return ops.reshape(value, ops.concat([ops.constant([-1]), count], 0), False).output(0)
        return None

    def _is_like(self, value: ov.Output, result: ov.Output) -> bool:
        """Whether an operand of an element-wise operation is a tensor of all masks as well."""
        sizes, wanted = sizes_known(value, 0), sizes_known(result, 0)
        return len(sizes) == len(wanted) and sizes[0] == wanted[0] and not self._comes_from_constants(value)

    def _comes_from_constants(self, output: ov.Output) -> bool:
        """Whether a tensor comes from constants alone."""
        waiting = [output]
        while waiting:
            node, known = waiting[-1].get_node(), self.constant
            inputs = [] if is_constant(waiting[-1]) else node.input_values()
            missing = [one for one in inputs if one.get_node().get_name() not in known]
            if missing and node.get_name() not in known:
                waiting += missing
                continue
            waiting.pop()
            made_of = [known[one.get_node().get_name()] for one in inputs]
            known[node.get_name()] = node.get_type_name() != "Parameter" and all(made_of)
        return self.constant[output.get_node().get_name()]

    def _convolved(self, node: ov.Node) -> ov.Output:
        rows, weights = node.input_values()
        if not node.get_attributes()["transpose_b"]:
            weights = ops.transpose(weights, ops.constant([1, 0])).output(0)
        kernel = ops.reshape(weights, ops.constant([*sizes_known(weights, 0), 1, 1]), False)
        return ops.convolution(self.of(rows), kernel, [1, 1], [0, 0], [0, 0], [1, 1]).output(0)

    def _multiplied(self, product: ImageProduct) -> ov.Output:
        flat = ops.reshape(self.of(product.rows), ops.constant([0, 0, -1]), True)
        made = ops.matmul(product.matrices, flat, not product.flipped, False)
        return self._on_grid(made)

    def _transposed(self, output: ov.Output) -> ov.Output:
        channels = _channels(output)
        if channels is None:
            raise NoRuleError("a number of class scores that is not known before inference")
        flat = output if len(output.get_partial_shape()) == 3 else _three_axes(output, channels)
        return self._on_grid(ops.transpose(flat, ops.constant([1, 2, 0])))

    def _on_grid(self, flat: ov.Node) -> ov.Output:
        """[N,C,M] → [N,C,h,w]."""
        pattern = ops.concat([ops.constant([0, 0]), self.context.grid_sizes], 0)
        return ops.reshape(flat, pattern, special_zero=True).output(0)


def _three_axes(output: ov.Output, channels: int) -> ov.Output:
    return ops.reshape(output, ops.constant([0, 0, channels]), special_zero=True).output(0)


def _channel_axis(sizes: Sequence[int]) -> int | None:
    """The one axis besides the first two that is not of size 1 (the last one if all are), or None for more.

    None as well where it is of dynamic size.
    """
    wide = [axis for axis, size in enumerate(sizes) if axis > 1 and size != 1]
    if len(sizes) < 3 or len(wide) > 1 or any(sizes[axis] == 0 for axis in wide):
        return None
    return wide[0] if wide else len(sizes) - 1


def _channels(output: ov.Output) -> int | None:
    """C of a tensor [M,N,1..,C,1..]."""
    sizes = sizes_known(output, 0)
    axis = _channel_axis(sizes)
    return None if axis is None else sizes[axis]


def _key(output: ov.Output) -> _Key:
    return output.get_node().get_name(), output.get_index()


def _is_elementwise(kind: str) -> bool:
    return kind in ELEMENTWISE_TYPES and kind != "PRelu"


def _fits(value: ov.Output, result: ov.Output) -> bool:
    """Whether an operand is of the shape of the result, which has one axis of channels."""
    return sizes_known(value, 0) == sizes_known(result, 0) and _channels(value) is not None


def _is_reshaped(node: ov.Node, output: ov.Output) -> bool:
    """Whether an operation keeps the one axis of channels, whatever axes of size 1 lie beside it."""
    return node.get_type_name() in RESHAPING_TYPES and _channels(node.input_value(0)) == _channels(output) is not None


def _is_layer(node: ov.Node) -> bool:
    """Whether a product is one of rows [M,N,1..,C] with a constant matrix."""
    rows, weights = node.input_values()
    flipped = node.get_attributes()["transpose_a"]
    shape = sizes_known(rows, 0)
    return (
        not flipped
        and _channel_axis(shape) == len(shape) - 1
        and len(sizes_known(weights, 0)) == 2
        and _is_stored(weights)
    )


def _is_stored(output: ov.Output) -> bool:
    """Whether a tensor is a constant as it is, converted or laid out anew.

    Not 8-bit weights with scales: a plugin multiplies by these with care in a matrix product, in f16 elsewhere.
    """
    while output.get_node().get_type_name() in _LAID_OUT:
        output = output.get_node().input_value(0)
    return is_constant(output)
