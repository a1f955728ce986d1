"""Patterns of heads that score classes at places: what they bind, and why they do not match what is nearly one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset8
from openvino import opset13 as ops
from openvino.passes import Manager
from ovxai_patterns.matchers.heads import (
    ConvClassHead,
    DenseTokenHead,
    DetectionOutput,
    FusedAnchorHead,
    NmsScores,
    RegionYolo,
)
from ovxai_patterns.matchers.pattern import GraphPattern

from tests.fixtures import detector_graphs as graphs
from tests.fixtures.detector_parts import CLASSES, Builder, flat
from tests.fixtures.other_detector_graphs import segments, yolov5_seg
from tests.support.heads import TWO, bound, joined, reason

ALL = (ConvClassHead, FusedAnchorHead, RegionYolo, DetectionOutput, NmsScores, DenseTokenHead)


@pytest.mark.parametrize(
    "family",
    [graphs.yolov5, graphs.yolov5_one_class, graphs.yolov5_raw, graphs.yolov4, yolov5_seg],
    ids=lambda one: one.__name__,
)
def test_one_head_for_everything(family: Callable[[], Any]) -> None:
    found = {name for names in bound(FusedAnchorHead, family().model) for name in names}
    assert found == {"all0", "all1"}


@pytest.mark.parametrize(("channels", "anchors"), [(15, 3), (30, 1), (5, 1)])
def test_anchors_without_classes(channels: int, anchors: int) -> None:
    build = Builder(86)
    head = build.conv(build.levels[0], channels)
    width = channels // anchors
    five = ops.reshape(head, ops.constant([0, anchors, width, 8, 8]), special_zero=True)
    parts = ops.variadic_split(ops.sigmoid(five), 2, [4, width - 4]).outputs()
    model = build.model(*parts)
    if width > 5:
        assert len(bound(FusedAnchorHead, model)) == 1
    else:
        assert reason(FusedAnchorHead, model) == "does not tell apart anchors of a box, objectness and classes"


def test_channels_first_reshaped_to_other_axes_have_no_anchors() -> None:
    build = Builder(87)
    five = ops.reshape(build.conv(build.levels[0], 30), ops.constant([1, 8, 8, 3, 10]), special_zero=False)
    model = build.model(*ops.variadic_split(ops.sigmoid(five), 4, [4, 6]).outputs())
    assert reason(FusedAnchorHead, model) == "does not tell apart anchors of a box, objectness and classes"


def region(classes: int, softmax: bool = False) -> ov.Model:
    """RegionYolo that reads two anchors of as many classes as fixtures have."""
    build = Builder(88)
    head = build.conv(build.levels[0], 2 * (5 + CLASSES), name="all0")
    num, mask = (2, []) if softmax else (9, [3, 4])
    return build.model(ops.region_yolo(head, 4, classes, num, softmax, mask, 1, 3, [1.0] * 18))


@pytest.mark.parametrize("softmax", [False, True])
def test_region_yolo(softmax: bool) -> None:
    assert bound(RegionYolo, region(CLASSES, softmax)) == [["all0"]]
    assert reason(RegionYolo, region(CLASSES + 1, softmax)) == "has attributes of 22 channels and reads 20"


def test_detection_output() -> None:
    assert bound(DetectionOutput, graphs.ssd_otx().model) == [TWO]
    assert reason(DetectionOutput, detection_output(lambda scores: scores)) == "is not Sigmoid or Softmax"
    assert bound(DetectionOutput, detection_output(ops.sigmoid)) == [TWO]


def detection_output(finish: Callable[[ov.Node], ov.Node]) -> ov.Model:
    """Scores of two anchors and boxes that DetectionOutput reads."""
    build = Builder(89)
    scores = finish(joined(build.heads("cls", 2 * CLASSES), CLASSES))
    boxes = ops.reshape(joined(build.heads("box", 8), 4), ops.constant([1, -1]), special_zero=False)
    priors = ops.constant(build.rng.uniform(0, 1, (1, 2, 160 * 4)).astype(np.float32))
    said = {"background_label_id": 0, "top_k": 9, "keep_top_k": [9], "nms_threshold": 0.5, "normalized": True}
    flat_scores = ops.reshape(scores, ops.constant([1, -1]), special_zero=False)
    return build.model(opset8.detection_output(boxes, flat_scores, priors, said))


@pytest.mark.parametrize("kind", ["nms", "multiclass_nms", "matrix_nms"])
@pytest.mark.parametrize("activated", [False, True])
def test_scores_that_boxes_are_suppressed_by(kind: str, activated: bool) -> None:
    build = Builder(90)
    boxes, scores = joined(build.heads("box", 4), 4), joined(build.heads("cls", CLASSES), CLASSES)
    rows: Any = ops.transpose(ops.sigmoid(scores) if activated else scores, ops.constant([0, 2, 1]))
    if kind == "nms":
        kept = ops.non_max_suppression(boxes, rows, ops.constant(10), ops.constant(np.float32(0.5)))
    elif kind == "multiclass_nms":
        kept = opset8.multiclass_nms(boxes, rows)
    else:
        kept = opset8.matrix_nms(boxes, rows)
    assert bound(NmsScores, build.model(kept.output(0))) == [TWO]


def test_scores_that_no_layer_makes() -> None:
    build = Builder(91)
    boxes = joined(build.heads("box", 4), 4)
    scores = ops.sigmoid(ops.reduce_max(boxes, ops.constant([2]), keep_dims=True))
    rows = ops.transpose(scores, ops.constant([0, 2, 1]))
    kept = ops.non_max_suppression(boxes, rows, ops.constant(10), ops.constant(np.float32(0.5)))
    assert "is not" in reason(NmsScores, build.model(kept.output(0)))


def tokens(axis: int = 2, named: str = "cls") -> ov.Model:
    """RT-DETR: the best tokens by their best class, or the best classes by their best token."""
    build = Builder(92)
    rows = ops.concat([flat(level, (0, 2, 3, 1), (0, -1, 8)) for level in build.levels], 1)
    weights, bias = (ops.constant(build.rng.normal(0, 1, size).astype(np.float32)) for size in ((8, CLASSES), CLASSES))
    scores = ops.add(ops.matmul(rows, weights, False, False), bias, name=named)
    best = ops.reduce_max(scores, ops.constant([axis]), keep_dims=False)
    top = ops.topk(best, ops.constant(4), 1, "max", "value", "i32")
    return build.model(top.output(0), top.output(1))


def test_tokens_of_which_the_best_are_taken() -> None:
    assert bound(DenseTokenHead, tokens()) == [["cls"]]
    assert reason(DenseTokenHead, tokens(1)) == "the best are not those of each token"


@pytest.mark.parametrize("pattern", ALL, ids=lambda one: one.name)
def test_nothing_is_a_head_where_places_are_segmented(pattern: type[GraphPattern]) -> None:
    for model in (segments(), segments(kind="softmax"), segments(kind="best")):
        assert not bound(pattern, model)


@pytest.mark.parametrize(
    ("pattern", "family", "count"),
    [
        (ConvClassHead, graphs.yolov8, 1),
        (FusedAnchorHead, graphs.yolov5_raw, 2),
        (RegionYolo, graphs.yolov3_region, 2),
        (DetectionOutput, graphs.ssd_otx, 1),
        (NmsScores, graphs.ppyoloe, 1),
    ],
    ids=lambda one: getattr(one, "name", getattr(one, "__name__", None)),
)
def test_in_a_manager_of_ones_own(pattern: type[GraphPattern], family: Callable[[], Any], count: int) -> None:
    model, look = family().model, pattern()
    before = [node.get_name() for node in model.get_ordered_ops()]
    manager = Manager()
    manager.register_pass(look)
    manager.run_passes(model)
    assert len(look.matches) == count
    assert [node.get_name() for node in model.get_ordered_ops()] == before
