"""Activations, y = f(x) element by element: gradient of x = g · f'(x).

f' is written in y where that is possible: plugins compute an activation together with what is above it, so x is not
there any more, and y is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import pi, sqrt

import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.gradients.context import Context, Tensor, declined, rank_of, size_of

Slope = Callable[[Context, ov.Node, Tensor], Tensor]
"""(context, operation, cotangent) → cotangent times the derivative."""


def one_input(slope: Slope) -> Callable[..., Sequence[Tensor | None]]:
    """The rule of an operation with this derivative for its first input, and none for others."""

    def rule(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
        (gradient,) = cotangents
        assert gradient is not None
        for port in range(1, node.get_input_size()):
            if context.needs(node, port):
                raise declined(node, f"its input {port} depends on the tensor, too")
        return [slope(context, node, gradient)]

    return rule


def _kept_where(context: Context, condition: Tensor, g: Tensor) -> Tensor:
    return ops.select(condition, g, context.number(0, g))


def _relu(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    return _kept_where(context, ops.greater(node.output(0), context.number(0, g)), g)


def _clamp(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    low, high = float(node.get_attributes()["min"]), float(node.get_attributes()["max"])
    y = node.output(0)
    return _kept_where(context, _inside(context, y, low, high), g)


def _inside(context: Context, y: Tensor, low: float, high: float) -> Tensor:
    above = ops.greater(y, context.number(low, y))
    return ops.logical_and(above, ops.less(y, context.number(high, y)))


def _prelu(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    """A slope of one axis lies along the channels, axis 1."""
    x, slope = node.input_value(0), node.input_value(1)
    if rank_of(slope) == 1 and size_of(slope, 0) != 1 and rank_of(x) > 1:
        slope = ops.reshape(slope, ops.constant([-1, *[1] * (rank_of(x) - 2)]), special_zero=False).output(0)
    return ops.multiply(g, ops.select(ops.less(x, context.number(0, g)), slope, context.number(1, g)))


def _elu(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    """Below 0, y = α(e^x - 1), so the slope is y + α."""
    y, alpha = node.output(0), context.number(float(node.get_attributes()["alpha"]), g)
    positive = ops.greater(y, context.number(0, g))
    return ops.multiply(g, ops.select(positive, context.number(1, g), ops.add(y, alpha)))


def _selu(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    """Below 0, y = λα(e^x - 1), so the slope is y + λα."""
    y, alpha, scale = node.output(0), node.input_value(1), node.input_value(2)
    positive = ops.greater(y, context.number(0, g))
    return ops.multiply(g, ops.select(positive, scale, ops.add(y, ops.multiply(alpha, scale))))


def _sigmoid(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    y = node.output(0)
    return ops.multiply(g, ops.multiply(y, ops.subtract(context.number(1, g), y)))


def _tanh(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    y = node.output(0)
    return ops.multiply(g, ops.subtract(context.number(1, g), ops.multiply(y, y)))


def _hsigmoid(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    """A sixth where it is not flat; a CPU plugin (2026.4.1) returns a little less than 1 where it is."""
    slope = ops.multiply(g, context.number(1 / 6, g))
    return _kept_where(context, _inside(context, node.output(0), 0, 1 - 2.0**-20), slope)


def _hard_sigmoid(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    return _kept_where(context, _inside(context, node.output(0), 0, 1), ops.multiply(g, node.input_value(1)))


def _hswish(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    """x·hsigmoid(x): hsigmoid(x), and x/6 more where |x| < 3."""
    x = node.input_value(0)
    bent = ops.less(ops.abs(x), context.number(3, g))
    more = ops.select(bent, ops.multiply(x, context.number(1 / 6, g)), context.number(0, g))
    return ops.multiply(g, ops.add(ops.hsigmoid(x), more))


def _swish(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    """x·s with s = sigmoid(βx): s·(1 + βx·(1 - s))."""
    x, one = node.input_value(0), context.number(1, g)
    scaled = ops.multiply(x, node.input_value(1)) if node.get_input_size() > 1 else x
    s = ops.sigmoid(scaled)
    return ops.multiply(g, ops.multiply(s, ops.add(one, ops.multiply(scaled, ops.subtract(one, s)))))


def _mish(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    """x·t with t = tanh(softplus(x)): t + x·(1 - t²)·sigmoid(x)."""
    x, one = node.input_value(0), context.number(1, g)
    t = ops.tanh(ops.softplus(x))
    bent = ops.multiply(ops.multiply(x, ops.sigmoid(x)), ops.subtract(one, ops.multiply(t, t)))
    return ops.multiply(g, ops.add(t, bent))


def _gelu(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    """x·Φ(x): Φ(x) + x·φ(x); of the kind with tanh, the derivative of that."""
    x, half, one = node.input_value(0), context.number(0.5, g), context.number(1, g)
    if str(node.get_attributes().get("approximation_mode", "ERF")).upper() == "TANH":
        root, cubic = context.number(sqrt(2 / pi), g), context.number(0.044715, g)
        square = ops.multiply(x, x)
        t = ops.tanh(ops.multiply(root, ops.multiply(x, ops.add(one, ops.multiply(cubic, square)))))
        inner = ops.multiply(root, ops.add(one, ops.multiply(context.number(3 * 0.044715, g), square)))
        bent = ops.multiply(ops.multiply(x, inner), ops.subtract(one, ops.multiply(t, t)))
        return ops.multiply(g, ops.multiply(half, ops.add(ops.add(one, t), bent)))
    share = ops.multiply(half, ops.add(one, ops.erf(ops.multiply(x, context.number(sqrt(0.5), g)))))
    density = ops.exp(ops.multiply(ops.multiply(x, x), context.number(-0.5, g)))
    return ops.multiply(g, ops.add(share, ops.multiply(ops.multiply(x, density), context.number(1 / sqrt(2 * pi), g))))


def _soft_plus(_context: Context, node: ov.Node, g: Tensor) -> Tensor:
    return ops.multiply(g, ops.sigmoid(node.input_value(0)))


def _soft_sign(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    """x/(1 + |x|): 1/(1 + |x|)²."""
    size = ops.add(context.number(1, g), ops.abs(node.input_value(0)))
    return ops.divide(g, ops.multiply(size, size))


RULES = {
    "Clamp": one_input(_clamp),
    "Elu": one_input(_elu),
    "Gelu": one_input(_gelu),
    "HSigmoid": one_input(_hsigmoid),
    "HSwish": one_input(_hswish),
    "HardSigmoid": one_input(_hard_sigmoid),
    "Mish": one_input(_mish),
    "PRelu": one_input(_prelu),
    "Relu": one_input(_relu),
    "Selu": one_input(_selu),
    "Sigmoid": one_input(_sigmoid),
    "SoftPlus": one_input(_soft_plus),
    "SoftSign": one_input(_soft_sign),
    "Swish": one_input(_swish),
    "Tanh": one_input(_tanh),
}
