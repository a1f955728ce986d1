"""Operations of two tensors, element by element, with broadcasting.

y = f(a, b):   gradient of a = sum over what a was broadcast to of  g · df/da
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.gradients.context import Context, Tensor, declined

Partial = Callable[[Context, ov.Node, Tensor], Tensor]
"""(context, operation, cotangent) → cotangent times a derivative, not yet summed."""


def two_inputs(first: Partial, second: Partial) -> Callable[..., Sequence[Tensor | None]]:
    """The rule of an operation with these derivatives."""

    def rule(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
        (gradient,) = cotangents
        assert gradient is not None
        if node.get_attributes().get("auto_broadcast", "numpy").lower() not in {"numpy", "none"}:
            raise declined(node, "it does not broadcast as numpy does")
        return [
            context.unbroadcast(partial(context, node, gradient), node.input_value(port))
            if context.needs(node, port)
            else None
            for port, partial in enumerate((first, second))
        ]

    return rule


def _same(_context: Context, _node: ov.Node, g: Tensor) -> Tensor:
    return g


def _negative(_context: Context, _node: ov.Node, g: Tensor) -> Tensor:
    return ops.negative(g)


def _times_other(port: int) -> Partial:
    return lambda _context, node, g: ops.multiply(g, node.input_value(1 - port))


def _over_second(_context: Context, node: ov.Node, g: Tensor) -> Tensor:
    return ops.divide(g, node.input_value(1))


def _of_divisor(_context: Context, node: ov.Node, g: Tensor) -> Tensor:
    """d(a/b)/db = -(a/b)/b."""
    return ops.negative(ops.divide(ops.multiply(g, node.output(0)), node.input_value(1)))


def _of_base(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    """d(a^b)/da = b·a^(b-1); 0 where b is 0."""
    base, exponent = node.input_value(0), node.input_value(1)
    known = context.folded(exponent)
    if known is not None and (known == 2).all():
        return ops.multiply(g, ops.multiply(base, exponent))
    if known is not None and (known == 1).all():
        return g
    lowered = ops.power(base, ops.subtract(exponent, context.number(1, exponent)))
    slope = ops.multiply(exponent, lowered)
    if known is None or (known == 0).any():
        zero = context.number(0, exponent)
        slope = ops.select(ops.equal(exponent, zero), zero, slope)
    return ops.multiply(g, slope)


def _of_exponent(context: Context, node: ov.Node, g: Tensor) -> Tensor:
    """d(a^b)/db = a^b·log a; 0 where a is 0."""
    base, zero, one = node.input_value(0), context.number(0, g), context.number(1, g)
    positive = ops.select(ops.equal(base, zero), one, base)
    return ops.multiply(g, ops.multiply(node.output(0), ops.log(positive)))


def _where(compare: str, port: int) -> Partial:
    """Where this input is the result; where both are equal, half of it goes to each."""

    def partial(context: Context, node: ov.Node, g: Tensor) -> Tensor:
        mine, other = node.input_value(port), node.input_value(1 - port)
        half = ops.select(ops.equal(mine, other), context.number(0.5, g), context.number(0, g))
        return ops.multiply(g, ops.select(getattr(ops, compare)(mine, other), context.number(1, g), half))

    return partial


def _difference(sign: float) -> Partial:
    def partial(context: Context, node: ov.Node, g: Tensor) -> Tensor:
        apart = ops.subtract(node.input_value(0), node.input_value(1))
        return ops.multiply(g, ops.multiply(apart, context.number(2 * sign, g)))

    return partial


def _of_modulus(rounded: Callable[[Tensor], Tensor]) -> Partial:
    """d(a - b·round(a/b))/db = -round(a/b)."""

    def partial(_context: Context, node: ov.Node, g: Tensor) -> Tensor:
        return ops.negative(ops.multiply(g, rounded(ops.divide(node.input_value(0), node.input_value(1)))))

    return partial


def _towards_zero(value: Tensor) -> Tensor:
    return ops.multiply(ops.sign(value), ops.floor(ops.abs(value)))


def select(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """Y = condition ? a : b."""
    (gradient,) = cotangents
    condition = node.input_value(0)
    zero = context.number(0, gradient)
    chosen = [ops.select(condition, gradient, zero), ops.select(condition, zero, gradient)]
    return [
        None,
        *(
            context.unbroadcast(chosen[port - 1], node.input_value(port)) if context.needs(node, port) else None
            for port in (1, 2)
        ),
    ]


def nothing(_context: Context, node: ov.Node, _cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """Operations that are constant almost everywhere."""
    return [None] * node.get_input_size()


_CONSTANT = (
    *("Ceiling", "Floor", "Round", "Sign"),
    *("Equal", "Greater", "GreaterEqual", "Less", "LessEqual", "NotEqual", "IsFinite", "IsInf", "IsNaN"),
    *("LogicalAnd", "LogicalNot", "LogicalOr", "LogicalXor", "NonZero"),
)

RULES = {
    "Add": two_inputs(_same, _same),
    "Subtract": two_inputs(_same, _negative),
    "Multiply": two_inputs(_times_other(0), _times_other(1)),
    "Divide": two_inputs(_over_second, _of_divisor),
    "Power": two_inputs(_of_base, _of_exponent),
    "Maximum": two_inputs(_where("greater", 0), _where("greater", 1)),
    "Minimum": two_inputs(_where("less", 0), _where("less", 1)),
    "SquaredDifference": two_inputs(_difference(1), _difference(-1)),
    "FloorMod": two_inputs(_same, _of_modulus(ops.floor)),
    "Mod": two_inputs(_same, _of_modulus(_towards_zero)),
    "Select": select,
    **dict.fromkeys(_CONSTANT, nothing),
}
