"""QuantizeLinear and DequantizeLinear of ONNX, as OpenVINO imports them."""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from tests import graphs
from tests.graphs import CLASSES, Weights, dense, integers, picture

SCALE = 0.125


def _number(value: float) -> ov.Node:
    return ops.constant(np.float32(value))


def quantised(x: ov.Node, zero: int = 128, reshaped: bool = False, scale: float = SCALE, later: float = 1.0) -> ov.Node:
    """x rounded to multiples of `scale`; no Subtract where `zero` is 0; the scale back may be another by `later`."""
    low, high = (_number((end - zero) * scale) for end in (0, 255))
    y: ov.Node = ops.fake_quantize(x, low, high, _number(0), _number(255), 256)
    y = ops.convert(y, "u8")
    if reshaped:
        y = ops.unsqueeze(y, integers(2))
    y = ops.convert(y, "f32")
    if zero:
        y = ops.subtract(y, ops.convert(ops.constant(np.array(zero, np.uint8)), "f32"))
    y = ops.multiply(y, _number(scale * later))
    return ops.reshape(y, integers(0, CLASSES), True) if reshaped else y


def logits(relu: bool = False) -> tuple[ov.Node, ov.Node]:
    """Picture and class scores, above zero if `relu`."""
    w, image = Weights(41), picture(1)
    x = ops.relu(graphs.conv(image, w, 3, 6, 2, stride=2))
    y = ops.add(dense(ops.reduce_mean(x, integers(2, 3), False), w, 6, CLASSES), _number(0))
    scores = ops.relu(y) if relu else y
    scores.set_friendly_name("logits")
    return image, scores
