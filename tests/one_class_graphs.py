"""Detectors of one class, as people train them for faces or persons."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from tests.detector_graphs import GRIDS, Builder, Known

CLS = ("cls0", "cls1")


def _number(value: float) -> ov.Node:
    return ops.constant(np.float32(value))


def _list(*values: int) -> ov.Node:
    return ops.constant(list(values))


def _rows(heads: Sequence[ov.Node], width: int) -> ov.Node:
    flat = [
        ops.reshape(ops.transpose(head, _list(0, 2, 3, 1)), _list(0, -1, width), special_zero=True) for head in heads
    ]
    return ops.concat(flat, 1) if len(flat) > 1 else flat[0]


def rows_of_anchors(anchors: int = 3, levels: int = 2, raw: bool = False) -> Known:
    """RetinaNet: scores [N,P,1] and boxes [N,P,4]; with three levels the last one has a single place."""
    build = Builder(51)
    if levels > len(build.levels):
        build.levels.append(ops.relu(build.conv(build.levels[1], 8, 4, 4)))
    scores, boxes = _rows(build.heads("cls", anchors), 1), _rows(build.heads("box", anchors * 4), 4)
    outputs = (scores, boxes) if raw else (ops.sigmoid(scores), ops.multiply(boxes, _number(8)))
    names = tuple(f"cls{place}" for place in range(levels))
    activation = None if raw else "Sigmoid"
    return Known(build.model(*outputs), names, (*GRIDS, (1, 1))[:levels], anchors, 1, activation=activation)


def one_row_a_place() -> Known:
    """The same with one anchor."""
    return rows_of_anchors(1)


def nine_anchors_and_one_place() -> Known:
    """RetinaNet as it is, with a level of one place."""
    return rows_of_anchors(9, 3)


def raw_rows() -> Known:
    """Scores and boxes as heads say them."""
    return rows_of_anchors(raw=True)


def yolov8(levels: int = 1, last: bool = False) -> Known:
    """[N,5,P], or [N,P,5]."""
    build = Builder(52)
    build.levels = build.levels[:levels]
    boxes, scores = (_rows(build.heads(kind, width), width) for kind, width in (("box", 4), ("cls", 1)))
    joined = ops.concat([ops.multiply(boxes, _number(8)), ops.sigmoid(scores)], 2)
    output = joined if last else ops.transpose(joined, _list(0, 2, 1))
    return Known(build.model(output), CLS[:levels], GRIDS[:levels], width=1)


def yolov8_rows() -> Known:
    """[N,P,5] of two levels."""
    return yolov8(2, True)


def ssd(anchors: int = 2) -> Known:
    """Shares of the background and the class, [N,P,2], beside boxes."""
    build = Builder(53)
    scores, boxes = _rows(build.heads("cls", anchors * 2), 2), _rows(build.heads("box", anchors * 4), 4)
    return Known(build.model(ops.softmax(scores, 2), boxes), CLS, GRIDS, anchors, 2, background=0, activation="Softmax")


def retinaface() -> Known:
    """The same with landmarks."""
    build, anchors = Builder(54), 2
    boxes, scores, marks = (
        _rows(build.heads(kind, anchors * width), width) for kind, width in (("box", 4), ("cls", 2), ("marks", 10))
    )
    model = build.model(boxes, ops.softmax(scores, 2), marks)
    return Known(model, CLS, GRIDS, anchors, 2, background=0, activation="Softmax")


def centerface() -> Known:
    """A heat map beside size, offset and landmarks."""
    build = Builder(56)
    level = build.levels[0]
    heat = ops.sigmoid(build.conv(level, 1, name="cls0"))
    model = build.model(heat, build.conv(level, 2), build.conv(level, 2), build.conv(level, 10))
    return Known(model, CLS[:1], GRIDS[:1], width=1)


def fastest() -> Known:
    """FastestDet: objectness, box and class joined on the channels of one map."""
    build = Builder(58)
    level = build.levels[0]
    there, box, said = build.conv(level, 1), build.conv(level, 4), build.conv(level, 1, name="cls0")
    joined = ops.concat([ops.sigmoid(there), ops.tanh(box), ops.sigmoid(said)], 1)
    return Known(build.model(joined), CLS[:1], GRIDS[:1], width=1)


def suppressed() -> Known:
    """Non-maximum suppression in the model."""
    build = Builder(59)
    boxes, scores = (_rows(build.heads(kind, width), width) for kind, width in (("box", 4), ("cls", 1)))
    corners = ops.multiply(boxes, _number(8))
    scored = ops.transpose(ops.sigmoid(scores), _list(0, 2, 1))
    kept = ops.non_max_suppression(corners, scored, ops.constant(10), _number(0.5))
    return Known(build.model(kept.output(0), corners), CLS, GRIDS, width=1)


def best_rows() -> Known:
    """YOLOv10: the best boxes."""
    build = Builder(60)
    boxes, scores = (_rows(build.heads(kind, width), width) for kind, width in (("box", 4), ("cls", 1)))
    best = ops.reduce_max(ops.sigmoid(scores), _list(2), keep_dims=False)
    top = ops.topk(best, ops.constant(9), 1, "max", "value", "i32")
    spread = ops.broadcast(ops.unsqueeze(top.output(1), _list(2)), _list(1, 1, 4), broadcast_spec="BIDIRECTIONAL")
    picked = ops.gather_elements(ops.multiply(boxes, _number(8)), spread, 1)
    joined = ops.concat([picked.output(0), ops.unsqueeze(top.output(0), _list(2)).output(0)], 2)
    return Known(build.model(joined), CLS, GRIDS, width=1)


def yolov5_one_level() -> Known:
    """[N,P,6], three anchors."""
    build, anchors = Builder(61), 3
    head = build.conv(build.levels[0], anchors * 6, name="all0")
    five = ops.reshape(head, _list(0, anchors, 6, 8, 8), special_zero=True)
    active = ops.sigmoid(ops.transpose(five, _list(0, 1, 3, 4, 2)))
    middle, size, rest = ops.variadic_split(active, 4, [2, 2, 2]).outputs()
    parts = [ops.multiply(middle, _number(8)).output(0), ops.multiply(size, _number(4)).output(0), rest]
    rows = ops.reshape(ops.concat(parts, 4), _list(0, -1, 6), special_zero=True)
    return Known(build.model(rows), ("all0",), GRIDS[:1], anchors, 6, 5)


ONE_CLASS: tuple[Callable[[], Known], ...] = (
    rows_of_anchors,
    one_row_a_place,
    nine_anchors_and_one_place,
    raw_rows,
    yolov8,
    yolov8_rows,
    ssd,
    retinaface,
    centerface,
    fastest,
    suppressed,
    best_rows,
    yolov5_one_level,
)


def _upscaled(x: ov.Node) -> ov.Node:
    return ops.interpolate(x, _list(32, 32), "linear_onnx", "sizes", axes=_list(2, 3))


def no_detectors() -> dict[str, ov.Model]:
    """Networks that say something at every place, but no boxes."""

    def of(outputs: Callable[[Builder, ov.Node, ov.Node], Sequence[ov.Node]]) -> ov.Model:
        build = Builder(70)
        return build.model(*outputs(build, *build.levels))

    def normals(value: ov.Node) -> ov.Node:
        squares = ops.reduce_sum(ops.multiply(value, value), _list(1), keep_dims=True)
        return ops.divide(value, ops.sqrt(squares))

    return {
        "depth": of(lambda b, x, _: [_upscaled(ops.sigmoid(b.conv(x, 1)))]),
        "depth at two scales": of(lambda b, x, y: [ops.sigmoid(b.conv(x, 1)), ops.sigmoid(b.conv(y, 1))]),
        "depth and confidence": of(lambda b, x, _: [ops.relu(b.conv(x, 1)), ops.sigmoid(b.conv(x, 1))]),
        "depth and normals": of(lambda b, x, _: [ops.relu(b.conv(x, 1)), b.conv(x, 3)]),
        "figure, supervised deeply": of(
            lambda b, x, y: [ops.sigmoid(_upscaled(b.conv(x, 1))), ops.sigmoid(_upscaled(b.conv(y, 1)))]
        ),
        "matting": of(lambda b, x, _: [ops.clamp(_upscaled(b.conv(x, 1)), 0, 1), _upscaled(b.conv(x, 3))]),
        "flow at two scales": of(lambda b, x, y: [b.conv(x, 2), b.conv(y, 2)]),
        "flow": of(lambda b, x, _: [_upscaled(b.conv(x, 2))]),
        "segments and depth": of(
            lambda b, x, _: [ops.softmax(b.conv(x, 19), 1), ops.multiply(ops.sigmoid(b.conv(x, 1)), _number(10))]
        ),
        "segments and normals": of(lambda b, x, _: [ops.softmax(b.conv(x, 19), 1), normals(b.conv(x, 3))]),
        "segments and flow": of(lambda b, x, _: [ops.sigmoid(b.conv(x, 1)), ops.multiply(b.conv(x, 2), _number(20))]),
        "panoptic": of(lambda b, x, _: [ops.softmax(b.conv(x, 19), 1), ops.sigmoid(b.conv(x, 1)), b.conv(x, 2)]),
        "heat maps": of(lambda b, x, _: [ops.sigmoid(b.conv(x, 17))]),
        "heat maps, refined": of(lambda b, x, _: [b.conv(x, 17), b.conv(x, 17)]),
        "heat maps and offsets": of(
            lambda b, x, _: [ops.sigmoid(b.conv(x, 17)), ops.multiply(b.conv(x, 34), _number(4))]
        ),
        "keypoints and affinities": of(lambda b, x, _: [b.conv(x, 38), b.conv(x, 19)]),
        "keypoints and displacements": of(
            lambda b, x, _: [ops.sigmoid(b.conv(x, 17)), b.conv(x, 34), b.conv(x, 32), b.conv(x, 32)]
        ),
        "points and descriptors": of(lambda b, x, _: [ops.softmax(b.conv(x, 65), 1), b.conv(x, 256)]),
        "classes": of(lambda b, _, y: [ops.softmax(ops.reduce_mean(b.conv(y, 5), _list(2, 3), False), 1)]),
        "one class": of(lambda b, _, y: [ops.sigmoid(ops.reduce_mean(b.conv(y, 1), _list(2, 3), False))]),
        "classes and features": of(
            lambda b, _, y: [ops.reduce_mean(b.conv(y, 5), _list(2, 3), False), _rows([b.conv(y, 5)], 5)]
        ),
    }
