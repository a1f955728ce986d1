"""Softmax, its logarithm, and attention, which computes its probabilities again.

y = softmax(x)        gradient of x = y·(g - sum g·y)
y = log softmax(x)    gradient of x = g - e^y · sum g
y = P·v, P = softmax(s·q·kᵀ + mask)
of v   Pᵀ·g          of the logits   D = P·(h - sum P·h), h = g·vᵀ          of q   s·D·k          of k   s·Dᵀ·q
(sum P·h is g·y: the sum is as exact as the product only where it is of the same numbers, and D is 0 where P is 1)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.gradients.context import Context, Tensor, declined, ints, rank_of, size_of
from ovxai_passes.ops.constants import constant_like


def _axis(context: Context, node: ov.Node) -> ov.Node:
    return ints(context.axes([int(node.get_attributes()["axis"])], rank_of(node)))


def softmax(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """See the module."""
    (gradient,) = cotangents
    return [_through_softmax(node.output(0), gradient, _axis(context, node))]


def _through_softmax(y: Tensor, gradient: Tensor | None, axis: ov.Node) -> ov.Node:
    weighed = ops.reduce_sum(ops.multiply(gradient, y), axis, True)
    return ops.multiply(y, ops.subtract(gradient, weighed))


def log_softmax(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """See the module."""
    (gradient,) = cotangents
    whole = ops.reduce_sum(gradient, _axis(context, node), True)
    return [ops.subtract(gradient, ops.multiply(ops.exp(node.output(0)), whole))]


def attention(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """See the module."""
    (gradient,) = cotangents
    if any(context.needs(node, port) for port in range(3, node.get_input_size())):
        raise declined(node, "its mask or its scale depends on the tensor")
    query, key, value = node.input_values()[:3]
    scale = _scale(context, node, gradient)
    shares = _probabilities(context, node, scale)
    if context.lead:  # a CPU plugin (2026.4.1) does not compile a reduction of tensors of several ranks
        shares = ops.unsqueeze(shares, ints([0]))
    by_share = ops.matmul(gradient, value, False, True)
    scaled = ops.multiply(_through_softmax(shares, by_share, ints([rank_of(gradient) - 1])), scale)
    found: list[Tensor | None] = [None, None, None]
    if context.needs(node, 0):
        found[0] = context.unbroadcast(ops.matmul(scaled, key, False, False), query)
    if context.needs(node, 1):
        found[1] = context.unbroadcast(ops.matmul(scaled, query, True, False), key)
    if context.needs(node, 2):
        found[2] = context.unbroadcast(ops.matmul(shares, gradient, True, False), value)
    return found


def _scale(context: Context, node: ov.Node, like: Tensor) -> Tensor:
    if node.get_input_size() > 4:
        return node.input_value(4)
    query = node.input_value(0)
    size = size_of(query, rank_of(query) - 1)
    if size is not None:
        return context.number(size**-0.5, like)
    counted = context.count(query, [rank_of(query) - 1], like)
    return ops.divide(context.number(1, like), ops.sqrt(counted))


def _probabilities(context: Context, node: ov.Node, scale: Tensor) -> ov.Node:
    query, key = node.input_value(0), node.input_value(1)
    logits = ops.multiply(ops.matmul(query, key, False, True), scale)
    if node.get_attributes()["causal"]:
        logits = ops.add(logits, _hidden(_is_later(context, query, key), logits))
    elif node.get_input_size() > 3 and not _is_nothing(context, node.input_value(3)):
        mask = node.input_value(3)
        hides = mask.get_element_type() == ov.Type.boolean
        logits = ops.add(logits, _hidden(ops.logical_not(mask), logits) if hides else mask)
    return ops.softmax(logits, -1)


def _is_nothing(context: Context, mask: ov.Output) -> bool:
    """Whether a mask is the number 0 that stands for none."""
    known = context.folded(mask) if rank_of(mask) == 0 else None
    return known is not None and not known.any()


def _hidden(condition: Tensor, like: ov.Node) -> ov.Node:
    """The lowest number where a condition holds, else 0."""
    element = like.get_output_element_type(0)
    lowest = np.finfo(np.float16 if element == ov.Type.f16 else np.float32).min
    return ops.select(condition, constant_like(np.array(lowest), element), constant_like(np.zeros(()), element))


def _is_later(context: Context, query: ov.Output, key: ov.Output) -> ov.Node:
    """[L,S]: whether a key stands behind a query."""
    counts = [ops.squeeze(context.sizes(one, [rank_of(one) - 2]), ops.constant([0])) for one in (query, key)]
    rows, columns = (ops.range(ops.constant(np.int64(0)), n, ops.constant(np.int64(1)), "i64") for n in counts)
    return ops.greater(ops.unsqueeze(columns, ops.constant([0])), ops.unsqueeze(rows, ops.constant([1])))


RULES = {"LogSoftmax": log_softmax, "ScaledDotProductAttention": attention, "Softmax": softmax}
