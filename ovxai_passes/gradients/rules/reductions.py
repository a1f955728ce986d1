"""Reductions over axes: the gradient goes back to all elements along them, weighed by what each did.

sum   g          mean   g/n          L1   g·sign(x)          L2   g·x/y
max, min   g/m at the m elements that are equal to y, 0 at others
product    g · the product of the others
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.gradients.context import Context, Tensor, ints, rank_of

Weighed = Callable[[Context, ov.Node, Tensor, Tensor, list[int]], Tensor]
"""(context, operation, cotangent and result, both with the axes kept, axes) → gradient, of any broadcastable shape."""


def _reduction(weighed: Weighed) -> Callable[..., Sequence[Tensor | None]]:
    def rule(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
        (gradient,) = cotangents
        source = node.input_value(0)
        rank = rank_of(source)
        axes = sorted(int(axis) % rank for axis in context.known(node, 1, "what it reduces over").reshape(-1))
        result: Tensor = node.output(0)
        if not node.get_attributes()["keep_dims"] and axes:
            gradient = ops.unsqueeze(gradient, ints(context.axes(axes, rank)))
            result = ops.unsqueeze(result, ints(axes))
        return [context.spread(weighed(context, node, gradient, result, axes), source)]

    return rule


def _mean(context: Context, node: ov.Node, g: Tensor, _y: Tensor, axes: list[int]) -> Tensor:
    return ops.divide(g, context.count(node.input_value(0), axes, g))


def _l1(_context: Context, node: ov.Node, g: Tensor, _y: Tensor, _axes: list[int]) -> Tensor:
    return ops.multiply(g, ops.sign(node.input_value(0)))


def _l2(_context: Context, node: ov.Node, g: Tensor, y: Tensor, _axes: list[int]) -> Tensor:
    return ops.multiply(ops.divide(g, y), node.input_value(0))


def _extreme(context: Context, node: ov.Node, g: Tensor, y: Tensor, axes: list[int]) -> Tensor:
    at = ops.select(ops.equal(node.input_value(0), y), context.number(1, g), context.number(0, g))
    return ops.multiply(at, ops.divide(g, ops.reduce_sum(at, ints(axes), True)))


def _product(context: Context, node: ov.Node, g: Tensor, _y: Tensor, axes: list[int]) -> Tensor:
    """Of the others: where one element is 0, at that alone; where more are, 0."""
    x, one, zero = node.input_value(0), context.number(1, g), context.number(0, g)
    none = ops.equal(x, zero)
    filled = ops.select(none, one, x)
    zeros = ops.reduce_sum(ops.select(none, one, zero), ints(axes), True)
    others = ops.divide(ops.reduce_prod(filled, ints(axes), True), filled)
    allowed = ops.select(none, one, zero)
    return ops.multiply(g, ops.select(ops.equal(zeros, allowed), others, zero))


RULES = {
    "ReduceL1": _reduction(_l1),
    "ReduceL2": _reduction(_l2),
    "ReduceMax": _reduction(_extreme),
    "ReduceMean": _reduction(_mean),
    "ReduceMin": _reduction(_extreme),
    "ReduceProd": _reduction(_product),
    "ReduceSum": _reduction(lambda _context, _node, g, _y, _axes: g),
}
