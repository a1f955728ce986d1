"""Functions of one tensor, element by element, changes of its type, and rounding to levels.

y = f(x):   gradient of x = g · f'(x)
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, sqrt

import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.gradients.context import Context, Tensor, declined, output_of
from ovxai_passes.gradients.rules.activations import Slope, one_input


def _abs(_context: Context, node: ov.Node, g: Tensor) -> Tensor:
    return ops.multiply(g, ops.sign(node.input_value(0)))


def _over_input(_context: Context, node: ov.Node, g: Tensor) -> Tensor:
    return ops.divide(g, node.input_value(0))


def _times_result(_context: Context, node: ov.Node, g: Tensor) -> Tensor:
    return ops.multiply(g, node.output(0))


def _sqrt(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    return ops.divide(ops.multiply(g, context.number(0.5, g)), node.output(0))


def _erf(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    x = node.input_value(0)
    bell = ops.exp(ops.negative(ops.multiply(x, x)))
    return ops.multiply(g, ops.multiply(bell, context.number(2 / sqrt(pi), g)))


def _cos(_context: Context, node: ov.Node, g: Tensor) -> Tensor:
    return ops.negative(ops.multiply(g, ops.sin(node.input_value(0))))


def _tan(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    y = node.output(0)
    return ops.multiply(g, ops.add(context.number(1, g), ops.multiply(y, y)))


def _over_root(sign: float, square: float, constant: float) -> Slope:
    """G · sign / sqrt(square · x² + constant)."""

    def slope(context: Context, node: ov.Node, g: Tensor) -> Tensor:
        return ops.divide(g, ops.multiply(context.number(sign, g), ops.sqrt(_square(context, node, square, constant))))

    return slope


def _over_square(square: float, constant: float) -> Slope:
    """G / (square · x² + constant)."""
    return lambda context, node, g: ops.divide(g, _square(context, node, square, constant))


def _square(context: Context, node: ov.Node, square: float, constant: float) -> ov.Node:
    x = node.input_value(0)
    return ops.add(ops.multiply(ops.multiply(x, x), context.number(square, x)), context.number(constant, x))


def convert(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """Between float types as it is. From integers, too: they are levels, or nothing above has a gradient.

    To integers only of what a FakeQuantize has rounded to them: levels that stand for the numbers.
    """
    (gradient,) = cotangents
    source = node.input_value(0)
    if source.get_element_type().is_real():
        rounded = source.get_node().get_type_name() == "FakeQuantize"
        if not node.get_output_element_type(0).is_real() and not rounded:
            return [None]
        if output_of(gradient).get_element_type() != source.get_element_type():
            return [ops.convert(gradient, source.get_element_type().get_type_name())]
    return [gradient]


def fake_quantize(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """Straight through inside its range, 0 outside: g · (oh - ol)/(ih - il) where il ≤ x ≤ ih."""
    (gradient,) = cotangents
    if any(context.needs(node, port) for port in range(1, 5)):
        raise declined(node, "its range depends on the tensor")
    value, low, high, out_low, out_high = node.input_values()
    inside = ops.logical_and(ops.greater_equal(value, low), ops.less_equal(value, high))
    kept = ops.select(inside, gradient, context.number(0, gradient))
    if all(_is_equal(context, *ends) for ends in ((low, out_low), (high, out_high))):
        return [kept]
    return [ops.multiply(kept, ops.divide(ops.subtract(out_high, out_low), ops.subtract(high, low)))]


def _is_equal(context: Context, first: ov.Output, second: ov.Output) -> bool:
    values = context.folded(first), context.folded(second)
    return values[0] is not None and values[1] is not None and bool((values[0] == values[1]).all())


RULES = {
    "Abs": one_input(_abs),
    "Acos": one_input(_over_root(-1, -1, 1)),
    "Acosh": one_input(_over_root(1, 1, -1)),
    "Asin": one_input(_over_root(1, -1, 1)),
    "Asinh": one_input(_over_root(1, 1, 1)),
    "Atan": one_input(_over_square(1, 1)),
    "Atanh": one_input(_over_square(-1, 1)),
    "Convert": convert,
    "Cos": one_input(_cos),
    "Cosh": one_input(lambda _context, node, g: ops.multiply(g, ops.sinh(node.input_value(0)))),
    "Erf": one_input(_erf),
    "Exp": one_input(_times_result),
    "FakeQuantize": fake_quantize,
    "Log": one_input(_over_input),
    "Negative": one_input(lambda _context, _node, g: ops.negative(g)),
    "Sin": one_input(lambda _context, node, g: ops.multiply(g, ops.cos(node.input_value(0)))),
    "Sinh": one_input(lambda _context, node, g: ops.multiply(g, ops.cosh(node.input_value(0)))),
    "Sqrt": one_input(_sqrt),
    "Tan": one_input(_tan),
}
