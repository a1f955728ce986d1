"""Matrix products and scaled-dot-product attention.

Positionwise · Invariant   rows keep their positions: each value once (the layer on all rows is the original's)
Invariant · Positionwise   columns keep their positions (attention scores of a query that the mask leaves alone)
flattened · Invariant      the matrix splits by position (one-hot): S_p = x_0 W + (x_1 - x_0)[p] W[p]
Batched · Positionwise     the sum runs over positions (attention weights times values):
A_m x_0 + sum_i (A_m ⊙ w_i[m]) (x_i - x_0), all masks' rows in one product; A_m x_0 = x_0 where rows of A_m sum to 1;
or columns are positions (a query that depends on the mask): A_m x_0 + sum_i w_i[m] ⊙ (A_m (x_i - x_0))
Batched · Invariant, Batched · Batched   one product with the mask axis in front, or with masks among the rows where
each image has a matrix of its own
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.mapping.context import Context, ImageProduct, filled, is_zero, pad_rank, zero_like
from ovxai_passes.mapping.values import Batched, Invariant, NoRuleError, Positionwise, Value
from ovxai_passes.ops.constants import constant_like
from ovxai_passes.ops.sizes import sizes_of

TYPES = frozenset({"MatMul"})

_FEW_ROWS = 8


@dataclass(frozen=True)
class Factors:
    """`left` · `right`, transposed where the flags say so; `rank` of the product; `one`: it where the mask is 1."""

    left: Value
    right: Value
    flip_left: bool
    flip_right: bool
    rank: int
    one: ov.Output | None = None


def matmul(context: Context, node: ov.Node, inputs: list[Value], ones: list[ov.Output]) -> list[Value]:
    """See the module."""
    attributes = node.get_attributes()
    flips = bool(attributes["transpose_a"]), bool(attributes["transpose_b"])
    return [multiplied(context, Factors(inputs[0], inputs[1], *flips, len(ones[0].get_partial_shape()), ones[0]))]


def multiplied(context: Context, product: Factors) -> Value:
    """The value of a product. Raises NoRuleError."""
    left, right = product.left, product.right
    if isinstance(left, Invariant) and isinstance(right, Invariant):
        return Invariant(_plain(product, left.output, right.output))
    if isinstance(left, Positionwise) and isinstance(right, Invariant):
        return _positionwise_left(context, product, left, right)
    if isinstance(left, Invariant) and isinstance(right, Positionwise):
        return _positionwise_right(product, left, right)
    if isinstance(left, Batched) and isinstance(right, Positionwise):
        return _weighed(context, product, left, right)
    if isinstance(left, Positionwise):
        raise NoRuleError("a product of two tensors that the mask weighs")
    first = pad_rank(left.output, product.rank + 1) if isinstance(left, Batched) else left.output
    assert not isinstance(right, Positionwise)
    if isinstance(left, Batched) and isinstance(right, Invariant) and _of_each_image(right) and not product.flip_left:
        return Batched(_all_rows_at_once(context, first, right.output, product.rank, product.flip_right))
    second = pad_rank(right.output, product.rank + 1) if isinstance(right, Batched) else right.output
    return Batched(_plain(product, first, second))


def _plain(product: Factors, left: ov.Output, right: ov.Output) -> ov.Output:
    return ops.matmul(left, right, product.flip_left, product.flip_right).output(0)


def _contracted(ids_rank: int, flipped: bool, is_left: bool) -> int:
    """The axis that a product sums over."""
    return ids_rank - 1 if is_left != flipped else ids_rank - 2


def _of_each_image(value: Invariant) -> bool:
    """Whether each image has a matrix of its own, other than one alone."""
    shape = value.output.get_partial_shape()
    return len(shape) > 2 and (shape[0].is_dynamic or shape[0].get_length() > 1)


def _positionwise_left(context: Context, product: Factors, left: Positionwise, right: Invariant) -> Value:
    axis = _contracted(left.ids.ndim, product.flip_left, True)
    if axis in left.axes:
        return _by_position(context, product, left, right)
    ids = left.ids.swapaxes(-1, -2) if product.flip_left else left.ids
    ids = ids.reshape((1,) * (product.rank - ids.ndim) + ids.shape)
    last = product.one or _plain(product, left.values[-1], right.output)
    rows = [row if is_zero(row) else filled(row, left.values[-1], (axis,)) for row in left.values[:-1]]
    values = [zero_like(row, product.rank) if is_zero(row) else _plain(product, row, right.output) for row in rows]
    return Positionwise(ids, left.weights, (*values, last))


def _positionwise_right(product: Factors, left: Invariant, right: Positionwise) -> Value:
    axis = _contracted(right.ids.ndim, product.flip_right, False)
    if axis in right.axes:
        raise NoRuleError("a product that sums over positions with weights that the mask leaves alone")
    ids = right.ids.swapaxes(-1, -2) if product.flip_right else right.ids
    ids = ids.reshape((1,) * (product.rank - ids.ndim) + ids.shape)
    last = product.one or _plain(product, left.output, right.values[-1])
    rows = [row if is_zero(row) else filled(row, right.values[-1], (axis,)) for row in right.values[:-1]]
    values = [zero_like(row, product.rank) if is_zero(row) else _plain(product, left.output, row) for row in rows]
    return Positionwise(ids, right.weights, (*values, last))


def _by_position(context: Context, product: Factors, left: Positionwise, right: Invariant) -> Value:
    """A flattened map [N,C*P] or [N,P*C] times a matrix: the matrix's rows of each position apart."""
    context.one_grid("a matrix over all positions")
    shape = right.output.get_partial_shape()
    if left.ids.ndim != 2 or product.flip_left or len(shape) != 2 or not context.one_hot:
        raise NoRuleError("a product over positions that is no flattened map times a matrix")
    ids = left.ids.reshape(-1)
    order = np.argsort(ids, kind="stable")
    count = ids.size // context.masks
    if not np.array_equal(ids[order], np.repeat(np.arange(context.masks), count)):
        raise NoRuleError("a flattened map that does not hold each position equally often")
    (difference,) = context.differences(left)
    rows = ops.gather(difference, ops.constant(order), ops.constant(1))
    rows = ops.transpose(ops.reshape(rows, ops.constant([0, context.masks, count]), True), ops.constant([1, 0, 2]))
    inputs_axis = 1 if product.flip_right else 0
    weights = ops.gather(right.output, ops.constant(order), ops.constant(inputs_axis))
    if product.flip_right:
        outputs = shape[0].get_length()
        split = ops.reshape(weights, ops.constant([outputs, context.masks, count]), False)
        by_position = ops.transpose(split, ops.constant([1, 2, 0]))
    else:
        by_position = ops.reshape(weights, ops.constant([context.masks, count, shape[1].get_length()]), False)
    result = ops.matmul(rows, by_position, False, False)
    low = left.values[0]
    if not is_zero(low):
        result = ops.add(result, _plain(product, _full_row(low, ids.size), right.output))
    return Batched(result.output(0))


def _full_row(low: ov.Output, size: int) -> ov.Output:
    """[.,1] or [.,size] → [.,size], to be multiplied by a matrix."""
    if low.get_partial_shape()[1].get_length() == size:
        return low
    return ops.broadcast(low, ops.constant([1, size]), broadcast_spec="BIDIRECTIONAL").output(0)


def _columns(context: Context, product: Factors, left: Batched, right: Positionwise) -> Value:
    """[M, batch, r, C] · [batch, C, T], weighed column by column."""
    rows, rank, flip = pad_rank(left.output, product.rank + 1), product.rank, product.flip_right
    low = right.values[0]
    contracted = _contracted(right.ids.ndim, flip, False)
    total: ov.Output | None = None
    kept = context.weights(right, right.values[-1], (*([1] * (rank - 1)), -1))
    for weights, difference in zip(kept, context.differences(right), strict=True):
        scores = _all_rows_at_once(context, rows, filled(difference, right.values[-1], (contracted,)), rank, flip)
        term = ops.multiply(scores, weights).output(0)
        total = term if total is None else ops.add(total, term).output(0)
    assert total is not None
    if not is_zero(low):
        everywhere = filled(low, right.values[-1], (contracted,))
        total = ops.add(total, ops.matmul(rows, everywhere, False, flip)).output(0)
    return Batched(total)


def _weighed(context: Context, product: Factors, left: Batched, right: Positionwise) -> Value:
    axis = _contracted(right.ids.ndim, product.flip_right, False)
    if len(right.axes) == 1 and right.axes[0] >= right.ids.ndim - 2 and right.axes != (axis,) and not product.flip_left:
        return _columns(context, product, left, right)
    if right.axes != (axis,) or product.flip_left:
        raise NoRuleError("batched rows times a tensor whose positions lie elsewhere")
    weights = pad_rank(left.output, product.rank + 1)  # [M, batch..., rows, T]
    rank = product.rank
    low, flip = right.values[0], product.flip_right
    total: ov.Output | None = None
    kept = context.weights(right, right.values[-1], (*([1] * (rank - 1)), -1))
    for seen, difference in zip(kept, context.differences(right), strict=True):
        masked = ops.multiply(weights, seen).output(0)
        term = _all_rows_at_once(context, masked, difference, rank, flip)
        total = term if total is None else ops.add(total, term).output(0)
    assert total is not None
    if low.get_partial_shape()[axis] != 1:
        total = ops.add(total, _all_rows_at_once(context, weights, low, rank, flip)).output(0)
    elif not is_zero(low):
        row = ops.transpose(low, ops.constant(_swapped(right.ids.ndim))).output(0) if flip else low
        if not left.normalised:
            row = ops.multiply(ops.reduce_sum(weights, ops.constant([rank]), True), row).output(0)
        total = ops.add(total, row).output(0)
    return Batched(total)


def _swapped(rank: int) -> list[int]:
    return [*range(rank - 2), rank - 1, rank - 2]


def _all_rows_at_once(context: Context, left: ov.Output, right: ov.Output, rank: int, flip: bool) -> ov.Output:
    """[M, batch, r, T] · [batch, T, d] as [batch, M*r, T] · [batch, T, d]: one product for each of the batch."""
    shape = left.get_partial_shape()
    rows = shape[rank - 1]
    if rows.is_dynamic:
        raise NoRuleError("a number of rows that is dynamic")
    count = rows.get_length()
    if count > _FEW_ROWS:  # a product for each mask has rows enough
        return ops.matmul(left, right, False, flip).output(0)
    together = ops.transpose(left, ops.constant([*range(1, rank - 1), 0, rank - 1, rank]))
    copied = ops.constant([0] * (rank - 2))
    width = sizes_of(left, [rank]) if shape[rank].is_dynamic else ops.constant([shape[rank].get_length()])
    stacked = ops.reshape(together, ops.concat([copied, ops.constant([-1]), width], 0), True)
    product = ops.matmul(stacked, right, False, flip)
    columns = right.get_partial_shape()[-2 if flip else -1]
    last = columns.get_length() if columns.is_static else -1
    apart = ops.concat([copied, ops.constant([-1]) if last > 0 else context.count, ops.constant([count, last])], 0)
    split = ops.reshape(product, apart, True)
    made = ops.transpose(split, ops.constant([rank - 2, *range(rank - 2), rank - 1, rank]))
    context.products_by_image[made.get_name()] = ImageProduct(left, right, flip)
    return made.output(0)


def attention(context: Context, node: ov.Node, inputs: list[Value], ones: list[ov.Output]) -> list[Value]:
    """Softmax(Q Kᵀ s + B) V as products and a softmax, of a query that is Invariant or Batched."""
    query, key, value = inputs[:3]
    if node.get_attributes()["causal"]:
        raise NoRuleError("causal attention")
    if isinstance(query, Positionwise):
        raise NoRuleError("attention of rows that the mask weighs")
    rank = len(ones[0].get_partial_shape())
    scaled = type(query)(ops.multiply(query.output, _scale(context, node, inputs, query.output)).output(0))
    logits = multiplied(context, Factors(scaled, key, False, True, rank))
    products = logits if isinstance(logits, Invariant) else context.batched(logits, rank)
    scores = products.output
    if len(inputs) > 3:
        bias = inputs[3]
        if not isinstance(bias, Invariant) or bias.output.get_element_type() == ov.Type.boolean:
            raise NoRuleError("an attention mask that is no bias")
        if not is_zero(bias.output):
            scores = ops.add(scores, bias.output).output(0)
    weights = ops.softmax(scores, rank if isinstance(products, Batched) else rank - 1).output(0)
    left: Value = Batched(weights, True) if isinstance(products, Batched) else Invariant(weights)
    if isinstance(left, Invariant) and isinstance(value, Positionwise):
        raise NoRuleError("attention whose values alone are weighed")
    return [multiplied(context, Factors(left, value, False, False, rank))]


def _scale(context: Context, node: ov.Node, inputs: list[Value], query: ov.Output) -> ov.Node | ov.Output:
    if len(inputs) > 4:
        scale = inputs[4]
        if not isinstance(scale, Invariant):
            raise NoRuleError("a scale that depends on the mask")
        return scale.output
    shape = query.get_partial_shape()
    return constant_like(np.array(shape[len(shape) - 1].get_length() ** -0.5), query.get_element_type())
