"""LayerNorm and RMSNorm, in one operation and spelled out."""

from __future__ import annotations

import openvino as ov

from ovxai_patterns.matchers.conditions import WEIGHT, Condition, axes_of, constant_of, rank_of
from ovxai_patterns.matchers.pattern import GraphPattern
from ovxai_patterns.matchers.pen import Pen

_ROOT = 0.5
_MAP = 4  # axes of [N,C,h,w]


def normalised(pen: Pen, above: ov.Node, scaled: bool = True, name: str = "") -> ov.Node:
    """The result of a norm over channels; `scaled`: with the scale and shift behind it, where there are any."""
    whole = pen.op("MVN", above, pen.any(), where=[_OVER_CHANNELS])
    bare = pen.either(whole, _layer_norm(pen, above), _rms_norm(pen, above), name="" if scaled else name)
    if not scaled:
        return bare
    weighed = pen.op("Multiply", bare, pen.any(WEIGHT))
    shifted = pen.op("Add", pen.either(weighed, bare), pen.any(WEIGHT))
    return pen.either(shifted, weighed, bare, name=name)


def _layer_norm(pen: Pen, above: ov.Node) -> ov.Node:
    """(x - mean) / sqrt(variance + eps), as spelled out by exporters of TensorFlow and of old opsets of ONNX."""
    centred = pen.op("Subtract", above, pen.op("ReduceMean", pen.any(), pen.any(), where=[_MEAN_OF_CHANNELS]))
    squares = pen.either(
        pen.op("Power", pen.any(), pen.any(WEIGHT)),
        pen.op("Multiply", pen.any(), pen.any()),
        pen.op("SquaredDifference", pen.any(), pen.any()),
    )
    variance = pen.op("ReduceMean", squares, pen.any(), where=[_MEAN_OF_CHANNELS])
    return _divided_by_root(pen, centred, pen.op("Add", variance, pen.any(WEIGHT)))


def _rms_norm(pen: Pen, above: ov.Node) -> ov.Node:
    """RMSNorm: x / sqrt(mean of x squared + eps)."""
    squares = pen.either(pen.op("Power", above, pen.any(WEIGHT)), pen.op("Multiply", above, above))
    mean = pen.op("ReduceMean", squares, pen.any(), where=[_MEAN_OF_CHANNELS])
    return _divided_by_root(pen, above, pen.op("Add", mean, pen.any(WEIGHT)))


def _divided_by_root(pen: Pen, above: ov.Node, squared: ov.Node) -> ov.Node:
    root = pen.either(pen.op("Sqrt", squared), pen.op("Power", squared, pen.any(_raises_to(_ROOT))))
    inverse = pen.either(pen.op("Power", squared, pen.any(_raises_to(-_ROOT))), pen.op("Divide", pen.any(WEIGHT), root))
    return pen.either(pen.op("Multiply", above, inverse), pen.op("Divide", above, root))


class LayerNorm(GraphPattern):
    """A norm over channels, with its scale and shift.

    x ─▶ MVN over channels ─▶ [Multiply by constants] ─▶ [Add constants]
    x ─▶ (x - mean) / sqrt(mean of squares + eps) ─▶ ...
    x ─▶ x / sqrt(mean of x² + eps) ─▶ ...                 RMSNorm

    Binds `input`, `norm`: what leaves the bare norm, [..., C] or [N,C,h,w].
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """The graph."""
        return normalised(pen, pen.any(name="input"), scaled=False, name="norm")


def _raises_to(exponent: float) -> Condition:
    def holds(output: ov.Output) -> bool:
        value = constant_of(output)
        return value is not None and bool((value == exponent).all())

    return Condition(f"is not the exponent {exponent}", holds)


def _over_channels(output: ov.Output) -> bool:
    """Over the last axis, or over axis 1 of a map; axis 1 of tokens [N,T,C] is that of positions."""
    axes, rank = axes_of(output.get_node()), rank_of(output)
    return len(axes) == 1 and axes <= ({rank - 1, 1} if rank == _MAP else {rank - 1})


_OVER_CHANNELS = Condition("is not over the channels", _over_channels)
_MEAN_OF_CHANNELS = Condition("is no mean over the channels", _over_channels)
