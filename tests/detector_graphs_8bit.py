"""YOLOv8 and YOLOv8-seg as converters to 8 bits write them: i8 pictures, channels last, every tensor rounded.

Boxes and class scores of a level are joined before they are told apart; boxes are in shares of the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from tests.detector_graphs import CLASSES, GRIDS, SIDE, Builder, Known

BINS, COUNT = 16, 6
Rounding = Callable[..., ov.Node]
OUTPUT_RANGE, BASE_RANGE = (-3.0, 2.1), (-2.0, 3.1)
"""What -128 and 127 of the outputs stand for."""


def rounded(x: ov.Node, low: float = -8, high: float = 8) -> ov.Node:
    """A tensor with 256 levels from `low` to `high`."""
    ends = [ops.constant(np.float32(end)) for end in (low, high)]
    return ops.fake_quantize(x, *ends, *ends, 256)


def quantised_and_back(x: ov.Node, low: float = -8, high: float = 8) -> ov.Node:
    """The same as ONNX has it: QuantizeLinear, DequantizeLinear."""
    scale = (high - low) / 255
    levels = ops.convert(to_bytes(x, low, high, np.uint8), "f32")
    zero = ops.subtract(levels, ops.constant(np.float32(-low / scale)))
    return ops.multiply(zero, ops.constant(np.float32(scale)))


def to_bytes(x: ov.Node, low: float, high: float, kind: type[np.integer]) -> ov.Node:
    """The levels themselves, as i8 or u8."""
    limits = np.iinfo(kind)
    ends = [ops.constant(np.float32(end)) for end in (low, high, limits.min, limits.max)]
    return ops.convert(ops.fake_quantize(x, *ends, 256), kind)


def _flat(x: ov.Node, width: int) -> ov.Node:
    return ops.reshape(x, ops.constant([0, width, -1]), special_zero=True)


def _cut(x: ov.Node, first: int, last: int) -> ov.Node:
    return ops.slice(x, *(ops.constant([number]) for number in (first, last, 1, 1)))


def _joined(levels: Sequence[ov.Node], width: int, rounded: Rounding) -> ov.Node:
    return rounded(ops.concat([rounded(_flat(rounded(level), width)) for level in levels], 2))


def network(
    masks: bool = False,
    kind: type[np.integer] = np.int8,
    classes: int = CLASSES,
    rounded: Rounding = rounded,
) -> Known:
    """Output [1,4+K,P] of bytes; with `masks` [1,4+K+6,P], and prototypes [1,h,w,6]."""
    build = Builder(31)
    build.image = ops.parameter([1, SIDE, SIDE, 3], kind, name="image")
    limits = np.iinfo(kind)
    ends = [ops.constant(np.float32(end)) for end in (limits.min, limits.max, -1, 1)]
    moved = ops.convert(ops.transpose(build.image, ops.constant([0, 3, 1, 2])), "f32")
    pixels = ops.fake_quantize(moved, *ends, 256)
    fine = rounded(ops.relu(build.conv(rounded(ops.relu(build.conv(pixels, 8, 3, 2))), 8, 3, 2)), 0, 16)
    build.levels = [fine, rounded(ops.relu(build.conv(fine, 8, 3, 2)), 0, 32)]
    boxes, scores = build.heads("box", 4 * BINS), build.heads("cls", classes)
    levels = [ops.concat([rounded(b), rounded(s)], 1) for b, s in zip(boxes, scores, strict=True)]
    rows = _joined(levels, 4 * BINS + classes, rounded)
    distances = ops.reshape(_cut(rows, 0, 4 * BINS), ops.constant([0, 4, BINS, -1]), special_zero=True)
    shares = ops.softmax(rounded(ops.transpose(distances, ops.constant([0, 1, 3, 2]))), 3)
    bins = ops.constant(np.arange(BINS, dtype=np.float32).reshape(1, BINS, 1, 1))
    moved = rounded(ops.transpose(shares, ops.constant([0, 3, 1, 2])), 0, 1)
    sides = rounded(_flat(ops.convolution(moved, bins, [1, 1], [0, 0], [0, 0], [1, 1]), 4), 0, 16)
    grids = [np.mgrid[:h, :w].reshape(2, -1)[::-1] + 0.5 for h, w in GRIDS]
    middles = np.concatenate([grid / size[0] for grid, size in zip(grids, GRIDS, strict=True)], 1)
    first = ops.subtract(ops.constant(middles[None].astype(np.float32)), _scaled(_cut(sides, 0, 2)))
    last = ops.add(ops.constant(middles[None].astype(np.float32)), _scaled(_cut(sides, 2, 4)))
    middle = ops.multiply(rounded(ops.add(first, last)), ops.constant(np.float32(0.5)))
    size = rounded(ops.subtract(last, first))
    parts = [middle, size, rounded(ops.sigmoid(_cut(rows, 4 * BINS, 4 * BINS + classes)), 0, 1)]
    outputs = []
    if masks:
        parts.append(_joined(build.heads("coefficients", COUNT), COUNT, rounded))
        large = ops.interpolate(fine, ops.constant([16, 16]), "nearest", "sizes", axes=ops.constant([2, 3]))
        said = rounded(build.conv(large, COUNT))
        bases = ops.multiply(said, rounded(ops.sigmoid(said), 0, 1))
        outputs.append(ops.transpose(to_bytes(bases, *BASE_RANGE, kind), ops.constant([0, 2, 3, 1])))
    outputs.insert(0, to_bytes(ops.concat([rounded(part, *OUTPUT_RANGE) for part in parts], 1), *OUTPUT_RANGE, kind))
    return Known(build.model(*outputs), ("cls0", "cls1"), GRIDS, width=classes)


def _scaled(x: ov.Node) -> ov.Node:
    return ops.multiply(x, ops.constant(np.float32(1 / 32)))
