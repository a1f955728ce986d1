"""Small detectors of the families that no converter is at hand for, with what should be found in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset8
from openvino import opset13 as ops
from openvino.preprocess import PrePostProcessor

SIDE = 32
CLASSES = 5


@dataclass(frozen=True)
class Known:
    """What a fixture is made of: `heads` are names of class heads, `grids` theirs, finest first.

    A head has `anchors` x `width` channels, anchor by anchor: classes from `first` on, and `more` that are none.
    """

    model: ov.Model
    heads: tuple[str, ...]
    grids: tuple[tuple[int, int], ...]
    anchors: int = 1
    width: int = CLASSES
    first: int = 0
    background: int | None = None
    activation: str | None = "Sigmoid"
    more: int = 0


class Builder:
    """A backbone of two levels, and layers with random weights and biases."""

    def __init__(
        self, seed: int = 0, nhwc: bool = False, batch: int | None = 1, kind: type[np.floating[Any]] = np.float32
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.kind = kind
        side = -1 if batch is None else SIDE
        size = [-1 if batch is None else batch, *([side, side, 3] if nhwc else [3, side, side])]
        self.image = ops.parameter(ov.PartialShape(size), kind, name="image")
        pixels: ov.Node = ops.transpose(self.image, ops.constant([0, 3, 1, 2])) if nhwc else self.image
        fine = ops.relu(self.conv(ops.relu(self.conv(pixels, 8, 3, 2)), 8, 3, 2))
        self.levels = [fine, ops.relu(self.conv(fine, 8, 3, 2))]  # 8x8, 4x4

    def conv(self, x: ov.Node, channels: int, size: int = 1, stride: int = 1, name: str = "") -> ov.Node:
        """Convolution and bias; the bias Add has the name."""
        weights = self.rng.normal(0, 0.4, (channels, x.get_output_partial_shape(0)[1].get_length(), size, size))
        pad = [(size - 1) // 2] * 2
        made = ops.convolution(x, ops.constant(weights.astype(self.kind)), [stride] * 2, pad, pad, [1, 1])
        bias = self.rng.normal(0, 0.5, (1, channels, 1, 1)).astype(self.kind)
        return ops.add(made, ops.constant(bias), name=name) if name else ops.add(made, ops.constant(bias))

    def heads(self, kind: str, channels: int) -> list[ov.Node]:
        """One head a level, called kind0, kind1."""
        return [self.conv(level, channels, name=f"{kind}{place}") for place, level in enumerate(self.levels)]

    def model(self, *outputs: Any) -> ov.Model:
        """The model of these outputs."""
        return ov.Model([ops.result(output) for output in outputs], [self.image], "detector")


def _flat(x: ov.Node, axes: tuple[int, ...], shape: tuple[int, ...]) -> ov.Node:
    return ops.reshape(ops.transpose(x, ops.constant(list(axes))), ops.constant(list(shape)), special_zero=True)


def _names(kind: str) -> tuple[str, ...]:
    return f"{kind}0", f"{kind}1"


GRIDS = ((8, 8), (4, 4))


def yolox(classes: int = CLASSES) -> Known:
    """Per level Concat(box, sigmoid objectness, sigmoid classes), decoded behind the Concat."""
    build = Builder()
    levels = []
    for box, there, scores in zip(
        build.heads("box", 4), build.heads("obj", 1), build.heads("cls", classes), strict=True
    ):
        joined = ops.concat([box, ops.sigmoid(there), ops.sigmoid(scores)], 1)
        levels.append(ops.reshape(joined, ops.constant([0, 5 + classes, -1]), special_zero=True))
    rows = ops.transpose(ops.concat(levels, 2), ops.constant([0, 2, 1]))
    middle = ops.multiply(ops.slice(rows, *(ops.constant([n]) for n in (0, 2, 1, 2))), ops.constant(np.float32(8)))
    size = ops.exp(ops.slice(rows, *(ops.constant([n]) for n in (2, 4, 1, 2))))
    rest = ops.slice(rows, *(ops.constant([n]) for n in (4, 5 + classes, 1, 2)))
    return Known(build.model(ops.concat([middle, size, rest], 2)), _names("cls"), GRIDS, width=classes)


def yolov5(classes: int = CLASSES) -> Known:
    """One head for everything, three anchors: reshaped, activated, decoded in parts, joined."""
    build, anchors = Builder(1), 3
    rows = []
    for place, head in enumerate(build.heads("all", anchors * (5 + classes))):
        side = GRIDS[place][0]
        five = ops.reshape(head, ops.constant([0, anchors, 5 + classes, side, side]), special_zero=True)
        active = ops.sigmoid(ops.transpose(five, ops.constant([0, 1, 3, 4, 2])))
        parts = ops.variadic_split(active, 4, [2, 2, 1 + classes]).outputs()
        places = build.rng.uniform(0, 8, (1, anchors, side, side, 2)).astype(np.float32)
        middle = ops.multiply(
            ops.add(ops.multiply(parts[0], ops.constant(np.float32(2))), ops.constant(places)),
            ops.constant(np.float32(8)),
        )
        size = ops.multiply(
            ops.power(ops.multiply(parts[1], ops.constant(np.float32(2))), ops.constant(np.float32(2))),
            ops.constant(places + 1),
        )
        joined = ops.concat([middle.output(0), size.output(0), parts[2]], 4)
        rows.append(ops.reshape(joined, ops.constant([0, -1, 5 + classes]), special_zero=True))
    return Known(build.model(ops.concat(rows, 1)), _names("all"), GRIDS, anchors, 5 + classes, 5)


def yolov5_one_class() -> Known:
    """The same for a single class."""
    return yolov5(1)


def yolov5_raw() -> Known:
    """One head for everything, its values put out as they are, a 5-D output a level."""
    build, anchors = Builder(2), 3
    outputs = []
    for place, head in enumerate(build.heads("all", anchors * (5 + CLASSES))):
        side = GRIDS[place][0]
        five = ops.reshape(head, ops.constant([0, anchors, 5 + CLASSES, side, side]), special_zero=True)
        outputs.append(ops.transpose(five, ops.constant([0, 1, 3, 4, 2])))
    return Known(build.model(*outputs), _names("all"), GRIDS, anchors, 5 + CLASSES, 5, activation=None)


def yolov3_raw() -> Known:
    """The outputs of the heads themselves."""
    build, anchors = Builder(3), 3
    heads = build.heads("all", anchors * (5 + CLASSES))
    return Known(build.model(*heads), _names("all"), GRIDS, anchors, 5 + CLASSES, 5, activation=None)


def yolov3_region() -> Known:
    """RegionYolo, two anchors a level."""
    build, anchors = Builder(4), 2
    heads = build.heads("all", anchors * (5 + CLASSES))
    outputs = [
        ops.region_yolo(head, 4, CLASSES, 4, False, [0, 1], 1, 3, [10.0, 14.0, 23.0, 27.0, 37.0, 58.0, 81.0, 82.0])
        for head in heads
    ]
    return Known(build.model(*outputs), _names("all"), GRIDS, anchors, 5 + CLASSES, 5, activation=None)


def yolov4() -> Known:
    """Boxes apart from confidences, sigmoid class times sigmoid objectness."""
    build, anchors = Builder(5), 3
    boxes, scores = [], []
    for place, head in enumerate(build.heads("all", anchors * (5 + CLASSES))):
        side = GRIDS[place][0]
        rows = ops.reshape(head, ops.constant([0, anchors, 5 + CLASSES, side * side]), special_zero=True)
        box, there, said = ops.variadic_split(rows, 2, [4, 1, CLASSES]).outputs()
        both = ops.multiply(ops.sigmoid(said), ops.sigmoid(there))
        scores.append(_flat(both, (0, 1, 3, 2), (0, -1, CLASSES)))
        scale = build.rng.uniform(1, 2, (1, anchors, 4, side * side)).astype(np.float32)
        boxes.append(_flat(ops.multiply(ops.exp(box), ops.constant(scale)), (0, 1, 3, 2), (0, -1, 4)))
    model = build.model(ops.concat(boxes, 1), ops.concat(scores, 1))
    return Known(model, _names("all"), GRIDS, anchors, 5 + CLASSES, 5)


def ssd_otx() -> Known:
    """SSD with DetectionOutput; the background is the last class."""
    build, anchors, width = Builder(6), 2, CLASSES + 1
    boxes = [_flat(head, (0, 2, 3, 1), (0, -1)) for head in build.heads("box", anchors * 4)]
    scores = [_flat(head, (0, 2, 3, 1), (0, -1)) for head in build.heads("cls", anchors * width)]
    rows = ops.reshape(ops.concat(scores, 1), ops.constant([0, -1, width]), special_zero=True)
    shares = ops.reshape(ops.softmax(rows, 2), ops.constant([0, -1]), special_zero=True)
    count = anchors * 80
    priors = build.rng.uniform(0.1, 0.9, (1, 2, count * 4)).astype(np.float32)
    attributes = {
        "background_label_id": CLASSES,
        "top_k": 50,
        "keep_top_k": [20],
        "nms_threshold": 0.5,
        "code_type": "caffe.PriorBoxParameter.CENTER_SIZE",
        "share_location": True,
        "variance_encoded_in_target": False,
        "normalized": True,
        "confidence_threshold": 0.05,
    }
    found = opset8.detection_output(ops.concat(boxes, 1), shares, ops.constant(priors), attributes)
    return Known(build.model(found), _names("cls"), GRIDS, anchors, width, background=CLASSES, activation="Softmax")


def atss(classes: int = CLASSES) -> Known:
    """ATSS as raw outputs: class scores, boxes, centerness of each level."""
    build = Builder(7)
    outputs = [*build.heads("cls", classes), *build.heads("box", 4), *build.heads("ctr", 1)]
    return Known(build.model(*outputs), _names("cls"), GRIDS, width=classes, activation=None)


def efficientdet() -> Known:
    """EfficientDet, NHWC: the heads' biases are added behind a Transpose; 3 anchors."""
    build, anchors = Builder(8, nhwc=True), 3
    joined = {}
    for kind, width in (("cls", CLASSES), ("box", 4)):
        rows = []
        for place, level in enumerate(build.levels):
            weights = build.rng.normal(0, 0.4, (anchors * width, 8, 1, 1)).astype(np.float32)
            made = ops.convolution(level, ops.constant(weights), [1, 1], [0, 0], [0, 0], [1, 1])
            bias = build.rng.normal(0, 0.5, anchors * width).astype(np.float32)
            named = ops.add(ops.transpose(made, ops.constant([0, 2, 3, 1])), ops.constant(bias), name=f"{kind}{place}")
            rows.append(ops.reshape(named, ops.constant([0, -1, width]), special_zero=True))
        joined[kind] = ops.concat(rows, 1)
    scale = build.rng.uniform(1, 2, (1, anchors * 80, 4)).astype(np.float32)
    boxes = ops.multiply(joined["box"], ops.constant(scale))
    return Known(build.model(ops.sigmoid(joined["cls"]), boxes), _names("cls"), GRIDS, anchors)


def ppyoloe() -> Known:
    """PP-YOLOE: boxes as shares of 9 bins, summed by a matrix; boxes [N,P,4] and scores [N,K,P], multi-class NMS."""
    build, bins = Builder(9), 9
    scores = [
        ops.reshape(ops.sigmoid(head), ops.constant([0, CLASSES, -1]), special_zero=True)
        for head in build.heads("cls", CLASSES)
    ]
    boxes = []
    project = ops.constant(np.arange(bins, dtype=np.float32).reshape(bins, 1))
    for head in build.heads("box", 4 * bins):
        shares = ops.reshape(head, ops.constant([0, 4, bins, -1]), special_zero=True)
        rows = ops.softmax(ops.transpose(shares, ops.constant([0, 3, 1, 2])), 3)
        boxes.append(ops.squeeze(ops.matmul(rows, project, False, False), ops.constant([3])))
    corners = ops.multiply(ops.concat(boxes, 1), ops.constant(np.float32(8)))
    kept = ops.non_max_suppression(corners, ops.concat(scores, 2), ops.constant(10), ops.constant(np.float32(0.5)))
    return Known(build.model(kept.output(0), corners.output(0)), _names("cls"), GRIDS)


def single_class() -> Known:
    """YOLOv8 of one class."""
    build = Builder(10)
    parts = [
        ops.concat(
            [ops.reshape(head, ops.constant([0, width, -1]), special_zero=True) for head in build.heads(kind, width)], 2
        )
        for kind, width in (("box", 4), ("cls", 1))
    ]
    boxes = ops.multiply(parts[0], ops.constant(np.float32(8)))
    return Known(build.model(ops.concat([boxes, ops.sigmoid(parts[1])], 1)), _names("cls"), GRIDS, width=1)


def yolov8(
    batch: int | None = 1,
    kind: type[np.floating[Any]] = np.float32,
    quantised: bool = False,
    classes: int = CLASSES,
) -> Known:
    """Boxes as shares of 16 bins, summed by a convolution; class scores beside them."""
    build, bins = Builder(11, batch=batch, kind=kind), 16
    boxes, scores = build.heads("box", 4 * bins), build.heads("cls", classes)
    if quantised:
        low, high = (ops.constant(np.float32(end)) for end in (-8, 8))
        scores = [
            ops.fake_quantize(head, low, high, low, high, 256, name=f"fq{place}") for place, head in enumerate(scores)
        ]
    parts = [
        ops.concat([ops.reshape(head, ops.constant([0, width, -1]), special_zero=True) for head in heads], 2)
        for heads, width in ((boxes, 4 * bins), (scores, classes))
    ]
    shares = ops.reshape(parts[0], ops.constant([0, 4, bins, -1]), special_zero=True)
    weights = ops.constant(np.arange(bins, dtype=kind).reshape(1, bins, 1, 1))
    active = ops.softmax(ops.transpose(shares, ops.constant([0, 2, 1, 3])), 1)
    sums = ops.convolution(active, weights, [1, 1], [0, 0], [0, 0], [1, 1])
    pixels = ops.multiply(ops.reshape(sums, ops.constant([0, 4, -1]), special_zero=True), ops.constant(kind(8)))
    joined = ops.concat([pixels, ops.sigmoid(parts[1])], 1)
    return Known(build.model(joined), _names("cls"), GRIDS, width=classes)


def yolov8_of(classes: int) -> Known:
    """YOLOv8 of so many classes."""
    return yolov8(classes=classes)


def any_batch() -> Known:
    """YOLOv8 with a dynamic batch."""
    known = yolov8(None)
    known.model.reshape([-1, 3, SIDE, SIDE])
    return known


def three_pictures() -> Known:
    """YOLOv8 with a batch of three."""
    return yolov8(3)


def bytes_nhwc() -> Known:
    """YOLOv8 that takes u8 pictures, channels last."""
    known = yolov8()
    steps = PrePostProcessor(known.model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(ov.Type.f32).scale(64.0)
    return Known(steps.build(), known.heads, known.grids)


def half() -> Known:
    """YOLOv8 in f16."""
    return yolov8(kind=np.float16)


def quantised() -> Known:
    """YOLOv8 with class scores that are rounded to 8 bits; the map is of the unrounded ones."""
    return yolov8(quantised=True)


FAMILIES: tuple[Callable[[], Known], ...] = (
    yolox,
    yolov5,
    yolov5_one_class,
    yolov5_raw,
    yolov3_raw,
    yolov3_region,
    yolov4,
    ssd_otx,
    atss,
    efficientdet,
    ppyoloe,
    single_class,
    yolov8,
    any_batch,
    three_pictures,
    bytes_nhwc,
    half,
    quantised,
)


def two_stages() -> ov.Model:
    """Regions pooled from two maps, fine and coarse, then classified: boxes [D,4] of fixed regions and scores [D,K]."""
    build = Builder(12)
    regions = ops.constant(np.array([[0, 0, 16, 16], [8, 8, 31, 31]], np.float32))
    images = ops.constant(np.zeros(2, np.int32))
    pooled = [
        ops.roi_align(level, regions, images, 2, 2, 2, scale, "avg")
        for level, scale in zip(build.levels, (1 / 4, 1 / 8), strict=True)
    ]
    rows = ops.reshape(ops.concat(pooled, 1), ops.constant([2, -1]), special_zero=False)
    weights = build.rng.normal(0, 0.3, (rows.get_output_partial_shape(0)[1].get_length(), CLASSES)).astype(np.float32)
    bias = build.rng.normal(0, 0.3, (1, CLASSES)).astype(np.float32)
    scores = ops.softmax(ops.add(ops.matmul(rows, ops.constant(weights), False, False), ops.constant(bias)), 1)
    for name, level in zip(("fine", "coarse"), build.levels, strict=True):
        level.set_friendly_name(name)
    return build.model(ops.multiply(regions, ops.constant(np.float32(2))), scores)


def queries() -> ov.Model:
    """DETR in small: six queries attend to the tokens of the coarse map; outputs [1,6,K] and [1,6,4]."""
    build, width, count = Builder(13), 8, 6

    def dense(x: ov.Node, outputs: int) -> ov.Node:
        inputs = x.get_output_partial_shape(0)[2].get_length()
        weights = build.rng.normal(0, 0.4, (inputs, outputs)).astype(np.float32)
        bias = build.rng.normal(0, 0.4, (1, 1, outputs)).astype(np.float32)
        return ops.add(ops.matmul(x, ops.constant(weights), False, False), ops.constant(bias))

    tokens = _flat(build.levels[1], (0, 2, 3, 1), (0, -1, width))
    memory = dense(tokens, width)
    memory.set_friendly_name("memory")
    asked = ops.constant(build.rng.normal(0, 1, (1, count, width)).astype(np.float32))
    weights = ops.softmax(ops.matmul(dense(asked, width), dense(memory, width), False, True), 2)
    told = ops.relu(dense(ops.matmul(weights, dense(memory, width), False, False), width))
    return build.model(dense(told, CLASSES), ops.sigmoid(dense(told, 4)))


def segments(classes: int = 21, kind: str = "resized") -> ov.Model:
    """A score for each class at every place: no detector."""
    build = Builder(14)
    scores: Any = build.conv(build.levels[0], classes)

    def resized(value: ov.Node) -> ov.Node:
        size = ops.constant([SIDE, SIDE])
        return ops.interpolate(value, size, "linear_onnx", "sizes", axes=ops.constant([2, 3]))

    outputs = {
        "resized": lambda: [resized(scores)],
        "raw": lambda: [scores],
        "softmax": lambda: [ops.softmax(scores, 1)],
        "sigmoid": lambda: [ops.sigmoid(resized(scores))],
        "two outputs": lambda: [resized(scores), resized(build.conv(build.levels[1], classes))],
        "best": lambda: [ops.topk(resized(scores), ops.constant(1), 1, "max", "value", "i64").output(1)],
    }
    return build.model(*outputs[kind]())


def raw(outputs: dict[str, int]) -> ov.Model:
    """Heads of so many channels, put out as they are."""
    build = Builder(15)
    return build.model(*(head for name, channels in outputs.items() for head in build.heads(name, channels)))


def yolov5_seg() -> Known:
    """YOLOv5 with eight mask coefficients behind the classes, which nothing is done with."""
    build, anchors, more = Builder(16), 3, 8
    width = 5 + CLASSES + more
    rows = []
    for place, head in enumerate(build.heads("all", anchors * width)):
        side = GRIDS[place][0]
        five = ops.reshape(head, ops.constant([0, anchors, width, side, side]), special_zero=True)
        box, rest, masks = ops.variadic_split(
            ops.transpose(five, ops.constant([0, 1, 3, 4, 2])), 4, [4, 1 + CLASSES, more]
        ).outputs()
        pixels = ops.multiply(ops.sigmoid(box), ops.constant(np.float32(32)))
        joined = ops.concat([pixels.output(0), ops.sigmoid(rest).output(0), masks], 4)
        rows.append(ops.reshape(joined, ops.constant([0, -1, width]), special_zero=True))
    return Known(build.model(ops.concat(rows, 1)), _names("all"), GRIDS, anchors, width, 5, more=more)


def yolov8_pose() -> Known:
    """YOLOv8-pose of one class: six keypoints of x, y and visibility behind it."""
    build = Builder(17)
    parts = {
        kind: ops.concat(
            [ops.reshape(head, ops.constant([0, width, -1]), special_zero=True) for head in build.heads(kind, width)], 2
        )
        for kind, width in (("box", 4), ("cls", 1), ("points", 18))
    }
    boxes = ops.multiply(parts["box"], ops.constant(np.float32(8)))
    points = ops.reshape(parts["points"], ops.constant([0, 6, 3, -1]), special_zero=True)
    places, seen = ops.variadic_split(points, 2, [2, 1]).outputs()
    moved = ops.multiply(places, ops.constant(np.float32(8)))
    whole = ops.reshape(ops.concat([moved, ops.sigmoid(seen)], 2), ops.constant([0, 18, -1]), special_zero=True)
    return Known(build.model(ops.concat([boxes, ops.sigmoid(parts["cls"]), whole], 1)), _names("cls"), GRIDS, width=1)
