"""Small graphs of one operation each, by family: shapes of their inputs, and the graph."""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from tests.fixtures.graphs import Weights, integers, number, scalar
from tests.passes.gradients.checking import Build, Shape, Shapes, Sizes


def _one(s: Sizes) -> list[Shape]:
    return [s.map]


def _two(s: Sizes) -> list[Shape]:
    return [s.map, s.map]


def _broadcast(s: Sizes) -> list[Shape]:
    return [s.map, (s.c, 1, s.w)]


def _rows(s: Sizes) -> list[Shape]:
    return [s.rows]


def _positive(x: ov.Node) -> ov.Node:
    return ops.add(ops.multiply(x, x), number(0.5))


def unary(kind: str, *arguments: object) -> tuple[Shapes, Build]:
    return _one, lambda s, x, w: getattr(ops, kind)(x[0], *arguments)


def small(kind: str, factor: float = 0.2, shift: float = 0.0) -> tuple[Shapes, Build]:
    """Of a function that is defined near `shift` alone."""
    return _one, lambda s, x, w: getattr(ops, kind)(
        ops.add(ops.multiply(ops.tanh(x[0]), number(factor)), number(shift))
    )


def binary(kind: str) -> tuple[Shapes, Build]:
    return _broadcast, lambda s, x, w: getattr(ops, kind)(x[0], x[1])


def _select(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
    return ops.select(ops.greater(w(s.c, s.h, s.w), number(0)), x[0], x[1])


def _reduced(kind: str, keep: bool, *axes: int) -> tuple[Shapes, Build]:
    return _one, lambda s, x, w: getattr(ops, kind)(x[0], integers(*axes), keep)


def _levels(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
    """So many levels that rounding does not show."""
    ends = [number(end) for end in (-9.0, 9.0, -18.0, 18.0)]
    return ops.fake_quantize(x[0], *ends, 1 << 23)


def _constant_over(kind: str) -> tuple[Shapes, Build]:
    return _one, lambda s, x, w: getattr(ops, kind)(w(s.c, 1, 1, scale=0.1, shift=2.0), _positive(x[0]))


ARITHMETIC: dict[str, tuple[Shapes, Build]] = {
    **{kind: binary(kind) for kind in ("add", "subtract", "multiply", "squared_difference")},
    "maximum": (_one, lambda s, x, w: ops.maximum(x[0], ops.multiply(x[0], number(-0.5)))),
    "minimum": (_two, lambda s, x, w: ops.add(ops.minimum(x[0], ops.negative(x[0])), ops.multiply(x[1], x[1]))),
    "divide": (_broadcast, lambda s, x, w: ops.divide(x[0], _positive(x[1]))),
    "power": (_broadcast, lambda s, x, w: ops.power(_positive(x[0]), ops.tanh(x[1]))),
    "square": (_one, lambda s, x, w: ops.power(x[0], number(2))),
    "cube": (_one, lambda s, x, w: ops.power(x[0], number(3))),
    "constant to the power": _constant_over("power"),
    "constant over": _constant_over("divide"),
    "floor mod": (_one, lambda s, x, w: ops.floor_mod(x[0], number(50))),
    "mod": (_one, lambda s, x, w: ops.mod(x[0], number(50))),
    "select": (_broadcast, _select),
    "read twice": (_one, lambda s, x, w: ops.multiply(x[0], ops.add(x[0], x[0]))),
    "floor": (_one, lambda s, x, w: ops.add(ops.multiply(ops.floor(ops.tanh(x[0])), number(0)), x[0])),
}

ACTIVATIONS: dict[str, tuple[Shapes, Build]] = {
    **{kind: unary(kind) for kind in ("relu", "sigmoid", "tanh", "hsigmoid", "hswish", "mish", "softplus", "softsign")},
    "clamp": unary("clamp", -0.9871, 0.7613),
    "clamp from 0": unary("clamp", 0.0, 6.0),
    "elu": unary("elu", 0.7),
    "gelu": unary("gelu", "erf"),
    "gelu with tanh": unary("gelu", "tanh"),
    "swish": unary("swish"),
    "swish, scaled": (_one, lambda s, x, w: ops.swish(x[0], number(1.7))),
    "prelu": (_one, lambda s, x, w: ops.prelu(x[0], w(s.c))),
    "prelu of one": (_one, lambda s, x, w: ops.prelu(x[0], w(1))),
    "selu": (_one, lambda s, x, w: ops.selu(x[0], number(1.67), number(1.05))),
    "hard sigmoid": (_one, lambda s, x, w: ops.hard_sigmoid(x[0], number(0.21), number(0.47))),
}

FUNCTIONS: dict[str, tuple[Shapes, Build]] = {
    **{kind: unary(kind) for kind in ("abs", "exp", "erf", "sin", "cos", "negative", "atan", "asinh")},
    **{kind: small(kind) for kind in ("asin", "acos", "atanh", "tan", "sinh", "cosh")},
    "acosh": small("acosh", shift=2.0),
    "log": (_one, lambda s, x, w: ops.log(_positive(x[0]))),
    "sqrt": (_one, lambda s, x, w: ops.sqrt(_positive(x[0]))),
    "fake quantize": (_one, _levels),
    "convert": (_one, lambda s, x, w: ops.convert(ops.multiply(ops.convert(x[0], "f64"), w64(2.0)), "f32")),
}


def w64(value: float) -> ov.Node:
    return ops.constant(np.float64(value))


REDUCTIONS: dict[str, tuple[Shapes, Build]] = {
    "sum": _reduced("reduce_sum", False, 1, 3),
    "mean": _reduced("reduce_mean", True, 2, 3),
    "mean, axes dropped": _reduced("reduce_mean", False, -1, -2),
    "max": _reduced("reduce_max", False, 2, 3),
    "min": _reduced("reduce_min", True, 1),
    "l1": _reduced("reduce_l1", False, 1),
    "l2": _reduced("reduce_l2", True, 2, 3),
    "product": (_one, lambda s, x, w: ops.reduce_prod(ops.sigmoid(x[0]), integers(2), False)),
    "sum over the batch": _reduced("reduce_sum", True, 0),
    "softmax": unary("softmax", 1),
    "softmax, last axis": unary("softmax", -1),
    "log softmax": (_one, lambda s, x, w: ops.log_softmax(x[0], 1)),
    "cumulated": (_one, lambda s, x, w: ops.cum_sum(x[0], scalar(2))),
    "cumulated, exclusive": (_one, lambda s, x, w: ops.cum_sum(x[0], scalar(-1), True, True)),
    "largest three": (_one, lambda s, x, w: ops.topk(x[0], scalar(3), 1, "max", "value").output(0)),
}

NORMS: dict[str, tuple[Shapes, Build]] = {
    "mvn": (_rows, lambda s, x, w: ops.mvn(x[0], integers(-1), True, 1e-3, "inside_sqrt")),
    "mvn over places": (_one, lambda s, x, w: ops.mvn(x[0], integers(2, 3), True, 1e-3, "outside_sqrt")),
    "mvn, mean alone": (_one, lambda s, x, w: ops.mvn(x[0], integers(1), False, 1e-3, "inside_sqrt")),
    "groups": (_one, lambda s, x, w: ops.group_normalization(x[0], w(s.c, shift=1.0), w(s.c), 2, 1e-3)),
    "batch": (
        _one,
        lambda s, x, w: ops.batch_norm_inference(x[0], w(s.c), w(s.c), w(s.c), w(s.c, scale=0.1, shift=1.0), 1e-3),
    ),
    "unit length": (_one, lambda s, x, w: ops.normalize_l2(x[0], integers(1), 1e-2, "add")),
    "unit length, at least": (_one, lambda s, x, w: ops.normalize_l2(x[0], integers(1), 4.0, "max")),
    "neighbours": (_one, lambda s, x, w: ops.lrn(x[0], integers(1), 0.3, 0.75, 1.0, 3)),
}
