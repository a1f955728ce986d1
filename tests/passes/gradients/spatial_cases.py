"""Small graphs of products, windows and movements: shapes of their inputs, and the graph."""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from openvino.opset15 import col2im

from tests.fixtures.graphs import Weights, integers, number, scalar
from tests.passes.gradients.checking import Build, Shape, Shapes, Sizes


def _one(s: Sizes) -> list[Shape]:
    return [s.map]


def _rows(s: Sizes) -> list[Shape]:
    return [s.rows]


def _attended(s: Sizes) -> list[Shape]:
    return [(s.n, 2, s.h, 4), (s.n, 2, s.w, 4), (s.n, 2, s.w, 4)]


def attention(*more: float, causal: bool = False, mask: bool = False) -> tuple[Shapes, Build]:
    def build(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
        further = [w(s.h, s.w)] if mask or more else []
        return ops.scaled_dot_product_attention(*x, *further, *(number(one) for one in more), causal=causal)

    return _attended, build


PRODUCTS: dict[str, tuple[Shapes, Build]] = {
    "matrix": (_rows, lambda s, x, w: ops.matmul(x[0], w(s.c, 3), False, False)),
    "square matrix": (_rows, lambda s, x, w: ops.matmul(x[0], w(s.c, s.c), False, True)),
    "turned": (_rows, lambda s, x, w: ops.matmul(x[0], w(3, s.h), True, True)),
    "on the left": (_rows, lambda s, x, w: ops.matmul(w(1, 3, s.h), x[0], False, False)),
    "of two": (lambda s: [s.rows, (s.n, s.c, 3)], lambda s, x, w: ops.matmul(x[0], x[1], False, False)),
    "of two, turned": (lambda s: [(s.n, s.c, s.h), (3, s.c)], lambda s, x, w: ops.matmul(x[0], x[1], True, True)),
    "vector": (_rows, lambda s, x, w: ops.matmul(x[0], w(s.c), False, False)),
    "vector on the left": (lambda s: [(s.h,), (s.n, s.h, 3)], lambda s, x, w: ops.matmul(*x, False, False)),
    "einsum": (lambda s: [s.rows, (s.n, s.w, s.c)], lambda s, x, w: ops.einsum(x, "bhc,bwc->bwh")),
    "attention": attention(),
    "attention, masked": attention(mask=True),
    "attention, scaled": attention(0.3),
    "attention, causal": attention(causal=True),
}


def convolution(
    kernel: int,
    stride: int = 1,
    begin: int = 0,
    end: int = 0,
    dilation: int = 1,
    pad: str = "explicit",
    groups: int = 1,
) -> tuple[Shapes, Build]:
    def build(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
        numbers = [stride] * 2, [begin] * 2, [end] * 2, [dilation] * 2, pad
        if groups == 1:
            return ops.convolution(x[0], w(s.c if stride == 1 else 3, s.c, kernel, kernel), *numbers)
        count = groups or s.c
        return ops.group_convolution(x[0], w(count, 2, s.c // count, kernel, kernel), *numbers)

    return _one, build


def transposed(groups: int, padding: int) -> tuple[Shapes, Build]:
    def build(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
        numbers = {"pads_begin": [1, 0], "pads_end": [0, 1], "dilations": [1, 1], "output_padding": [padding] * 2}
        if groups == 1:
            return ops.convolution_backprop_data(x[0], w(s.c, 3, 3, 3), [2, 2], **numbers)
        weights = w(groups, s.c // groups, 2, 3, 3)
        return ops.group_convolution_backprop_data(x[0], weights, [2, 2], **numbers)

    return _one, build


def transposed_to(kind: str, more: int) -> tuple[Shapes, Build]:
    """To a size that is given."""

    def build(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
        size = integers(2 * s.h + more, 2 * s.w - 1)
        return ops.convolution_backprop_data(x[0], w(s.c, 3, 3, 3), [2, 2], size, auto_pad=kind)

    return _one, build


def average(kernel: int, stride: int, pad: int, exclude: bool, rounding: str = "floor") -> tuple[Shapes, Build]:
    return _one, lambda s, x, w: ops.avg_pool(x[0], [stride] * 2, [pad] * 2, [pad] * 2, [kernel] * 2, exclude, rounding)


def largest(kernel: int, stride: int, pad: int, rounding: str = "floor") -> tuple[Shapes, Build]:
    def build(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
        return ops.max_pool(x[0], [stride] * 2, [1, 1], [pad] * 2, [pad] * 2, [kernel] * 2, rounding).output(0)

    return _one, build


def resized(mode: str, factor: float, how: str = "half_pixel", by: str = "sizes") -> tuple[Shapes, Build]:
    def build(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
        target = integers(int(factor * s.h), int(factor * s.w))
        if by == "scales":
            target = ops.constant(np.array([factor, factor], np.float32))
        return ops.interpolate(x[0], target, mode, by, coordinate_transformation_mode=how, axes=integers(2, 3))

    return _one, build


WINDOWS: dict[str, tuple[Shapes, Build]] = {
    "1x1": convolution(1),
    "3x3": convolution(3, begin=1, end=1),
    "stride": convolution(3, 2, 1, 1),
    "stride, uneven": convolution(2, 3, 0, 1),
    "1x1, stride": convolution(1, 2),
    "dilated": convolution(3, 1, 2, 1, 2),
    "same, upper": convolution(3, 2, pad="same_upper"),
    "same, lower": convolution(2, 2, pad="same_lower"),
    "valid": convolution(3, 2, 5, 5, pad="valid"),
    "groups": convolution(3, 2, 1, 0, groups=2),
    "depthwise": convolution(3, 1, 1, 1, groups=0),
    "transposed": transposed(1, 0),
    "transposed, longer": transposed(1, 1),
    "transposed, groups": transposed(2, 1),
    "transposed to a size": transposed_to("same_upper", -1),
    "transposed to a size, lower": transposed_to("same_lower", 0),
    "transposed to a smaller size": transposed_to("valid", 0),
    "average": average(2, 2, 0, False),
    "average, overlap": average(3, 2, 1, True),
    "average, padding counts": average(3, 2, 1, False),
    "average, rounded up": average(3, 2, 1, True, "ceil"),
    "largest": largest(2, 2, 0),
    "largest, overlap": largest(3, 2, 1),
    "largest, rounded up": largest(3, 2, 0, "ceil"),
    "whole": (_one, lambda s, x, w: ops.avg_pool(x[0], [1, 1], [0, 0], [0, 0], [s.h, s.w], True)),
    "adaptive": (_one, lambda s, x, w: ops.adaptive_avg_pool(x[0], integers(2, 3))),
    "adaptive to one": (_one, lambda s, x, w: ops.adaptive_avg_pool(x[0], integers(1, 1))),
    "linear": resized("linear_onnx", 2),
    "linear, smaller": resized("linear", 0.6, "align_corners"),
    "nearest": resized("nearest", 2, "asymmetric"),
    "nearest by scales": resized("nearest", 1.5, by="scales"),
    "cubic": resized("cubic", 1.7),
}


def _strided(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
    """[n, -1, new, 1:, ::2] without an axis.

    All masks are as long as the ends: a CPU plugin (2026.4.1) lengthens those left out to the rank, 4, and reads a
    fifth number of the one for an ellipsis, from beyond; where that is 1, results are wrong and memory is spoilt.
    """
    ends = integers(0, -1, 0, 1, 0), integers(0, 0, 0, 0, 0), integers(1, 1, 1, 1, 2)
    masks = [1, 0, 0, 0, 1], [1, 0, 0, 1, 1], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0], [0] * 5
    return ops.strided_slice(x[0], *ends, *masks)


def _parts(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
    parts = ops.variadic_split(x[0], scalar(1), integers(1, 2, s.c - 3))
    return ops.multiply(parts.output(0), parts.output(2))


def sliced(start: int, stop: int, step: int, axis: int) -> tuple[Shapes, Build]:
    return _one, lambda s, x, w: ops.slice(x[0], *(integers(one) for one in (start, stop, step, axis)))


def padded(mode: str, begin: int, end: int) -> tuple[Shapes, Build]:
    return _one, lambda s, x, w: ops.pad(x[0], integers(0, 0, begin, 1), integers(0, 0, end, 2), mode, number(0.5))


MOVEMENTS: dict[str, tuple[Shapes, Build]] = {
    "reshape": (_one, lambda s, x, w: ops.reshape(x[0], integers(0, 2, -1), True)),
    "squeeze": (_one, lambda s, x, w: ops.squeeze(ops.unsqueeze(x[0], integers(1, 3)), integers(3))),
    "transpose": (_one, lambda s, x, w: ops.transpose(x[0], integers(0, 2, 3, 1))),
    "roll": (_one, lambda s, x, w: ops.roll(x[0], integers(1, -2), integers(2, 3))),
    "shuffle": (_one, lambda s, x, w: ops.shuffle_channels(x[0], 1, 2)),
    "depth to space": (_one, lambda s, x, w: ops.depth_to_space(_four(s, x[0], w), "blocks_first", 2)),
    "space to depth": (_one, lambda s, x, w: ops.space_to_depth(_even(x[0]), "depth_first", 2)),
    "tile": (_one, lambda s, x, w: ops.tile(x[0], integers(1, 2, 1, 3))),
    "tile, more axes": (_rows, lambda s, x, w: ops.tile(x[0], integers(2, 1, 2, 1))),
    "concat": (
        lambda s: [s.map, s.map],
        lambda s, x, w: (
            ops.concat([x[0], w(*_full(s)), x[1]], 1) if not s.dynamic else ops.concat([x[0], x[1], x[0]], 2)
        ),
    ),
    "split": (_one, lambda s, x, w: ops.multiply(*(ops.split(x[0], scalar(1), 2).output(i) for i in range(2)))),
    "parts": (_one, _parts),
    "slice": sliced(1, 4, 1, 2),
    "slice, from behind": sliced(-3, 1 << 30, 1, 3),
    "every other": sliced(0, 1 << 30, 2, 2),
    "backwards": sliced(-1, -(1 << 30), -1, 3),
    "strided": (_one, _strided),
    "gather one": (_one, lambda s, x, w: ops.gather(x[0], scalar(1), scalar(2))),
    "gather": (_one, lambda s, x, w: ops.gather(x[0], integers(3, 0, 2), scalar(1))),
    "gather twice": (_one, lambda s, x, w: ops.gather(x[0], ops.constant(np.array([[0, 3], [3, -1]])), scalar(2))),
    "gather elements": (_one, lambda s, x, w: ops.gather_elements(x[0], _indices(s), 3) if not s.dynamic else x[0]),
    "gather by number": (
        _one,
        lambda s, x, w: ops.gather_nd(
            ops.transpose(x[0], integers(1, 2, 0, 3)), ops.constant(np.array([[0, 1], [2, 3], [0, 1]]))
        ),
    ),
    "pad": padded("constant", 1, 2),
    "pad, cut": padded("constant", -1, 2),
    "reflect": padded("reflect", 2, 1),
    "edge": padded("edge", 0, 3),
    "symmetric": padded("symmetric", 2, 2),
    "broadcast": (
        lambda s: [(s.n, 1, s.h, 1)],
        lambda s, x, w: ops.broadcast(x[0], integers(1, s.c, s.h, s.w), broadcast_spec="BIDIRECTIONAL"),
    ),
    "broadcast, more axes": (
        lambda s: [(s.h, 1)],
        lambda s, x, w: ops.broadcast(x[0], integers(s.n, s.h, s.w)) if not s.dynamic else ops.multiply(x[0], x[0]),
    ),
}


def _put_slices(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
    return ops.scatter_update(x[0], integers(2, 0), ops.sin(x[1]), scalar(2))


def _put_by_number(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
    where = ops.constant(np.array([[0, 1], [2, 3], [1, 0]]))
    back = ops.transpose(x[0], integers(1, 2, 0, 3))
    return ops.scatter_nd_update(back, where, ops.transpose(x[1], integers(1, 0, 2)))


MOVEMENTS["put slices"] = (lambda s: [s.map, (s.n, s.c, 2, s.w)], _put_slices)
MOVEMENTS["put by number"] = (lambda s: [s.map, (s.n, 3, s.w)], _put_by_number)


def _columns(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
    return col2im(x[0], integers(s.h, s.w), integers(3, 3), [2, 2], [1, 1], [1, 1], [1, 1])


def _column_shapes(s: Sizes) -> list[Shape]:
    return [(s.n, 2 * 9, ((s.h - 1) // 2 + 1) * ((s.w - 1) // 2 + 1))]


def _rounded(weights: ov.Node) -> ov.Node:
    """Weights of 8 bits, as quantized networks have them."""
    return ops.fake_quantize(weights, *(number(end) for end in (-2.0, 2.0, -2.0, 2.0)), 255)


def _one_group(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
    return ops.group_convolution(x[0], w(1, s.c, s.c, 3, 3), [1, 1], [1, 1], [1, 1], [1, 1])


def _square_8bit(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
    return ops.convolution(x[0], _rounded(w(s.c, s.c, 3, 3)), [1, 1], [1, 1], [1, 1], [1, 1])


def _square_groups(s: Sizes, x: list[ov.Node], w: Weights) -> ov.Node:
    """Filters laid out in groups at inference, as converters write them."""
    half = s.c // 2
    filters = ops.reshape(w(s.c, half, 3, 3), integers(2, half, half, 3, 3), False)
    return ops.group_convolution(x[0], filters, [1, 1], [1, 1], [1, 1], [1, 1])


WINDOWS["one group"] = (_one, _one_group)
WINDOWS["square, 8-bit"] = (_one, _square_8bit)
WINDOWS["square groups"] = (_one, _square_groups)
PRODUCTS["square, 8-bit"] = (_rows, lambda s, x, w: ops.matmul(x[0], _rounded(w(s.c, s.c)), False, True))
WINDOWS["columns"] = (_column_shapes, _columns)


def _full(s: Sizes) -> list[int]:
    return [s.n, 2, s.h, s.w]


def _indices(s: Sizes) -> ov.Node:
    return ops.constant(np.random.default_rng(0).integers(0, s.w, (s.n, s.c, s.h, 4)))


def _even(x: ov.Node) -> ov.Node:
    return ops.slice(x, integers(0, 0), integers(4, 4), integers(1, 1), integers(2, 3))


def _four(s: Sizes, x: ov.Node, w: Weights) -> ov.Node:
    return ops.convolution(x, w(8, s.c, 1, 1), [1, 1], [0, 0], [0, 0], [1, 1])
