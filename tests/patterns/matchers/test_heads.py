"""Patterns of heads that score classes at places: what they bind, and why they do not match what is nearly one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from tests.fixtures import one_class_graphs as one_class
from tests.fixtures.detector_graphs_8bit import network, quantised_and_back
from tests.fixtures.detector_parts import CLASSES, Builder, flat
from tests.fixtures.other_detector_graphs import segments, yolov5_seg, yolov8_pose

ALL = (ConvClassHead, FusedAnchorHead, RegionYolo, DetectionOutput, NmsScores, DenseTokenHead)


def levels(match: Any) -> list[str]:
    """Names of the operations that make the bound levels, in the order of the levels' names."""
    names = sorted(name for name in match.tensors if name.startswith("level"))
    return [match[name].get_node().get_friendly_name() for name in names]


def bound(pattern: type[GraphPattern], model: ov.Model) -> list[list[str]]:
    """The levels of each match."""
    return [levels(match) for match in pattern().find_in(model)]


def reason(pattern: type[GraphPattern], model: ov.Model) -> str:
    """Why a pattern nearly matched, and that it did not."""
    watched = pattern(watched=True)
    assert not watched.find_in(model)
    assert watched.near_miss is not None
    return watched.near_miss.reason


def joined(heads: Sequence[ov.Node], width: int) -> ov.Node:
    """Levels [N,P,width], one after the other."""
    return ops.concat([flat(head, (0, 2, 3, 1), (0, -1, width)) for head in heads], 1)


def of_scores(finish: Callable[[ov.Node], ov.Node], width: int = CLASSES) -> ov.Model:
    """Two levels of scores, joined and finished."""
    build = Builder(80)
    return build.model(finish(joined(build.heads("cls", width), width)))


TWO = ["cls0", "cls1"]


@pytest.mark.parametrize(
    ("family", "wanted"),
    [
        (graphs.yolov8, TWO),
        (graphs.efficientdet, TWO),
        (graphs.ssd_otx, TWO),
        (graphs.yolox, TWO),
        (graphs.ppyoloe, TWO),
        (graphs.quantised, TWO),
        (graphs.any_batch, TWO),
        (yolov8_pose, TWO),
        (network, TWO),
        (lambda: network(rounded=quantised_and_back), TWO),
        (one_class.nine_anchors_and_one_place, ["cls0", "cls1", "cls2"]),
        (one_class.fastest, ["cls0"]),
        (one_class.yolov8, ["cls0"]),
    ],
)
def test_class_scores_of_levels(family: Callable[[], Any], wanted: list[str]) -> None:
    assert bound(ConvClassHead, family().model) == [wanted]


def test_a_bias_whose_shape_is_read_elsewhere() -> None:
    build = Builder(81)
    made = []
    for place, level in enumerate(build.levels):
        weights = ops.constant(np.ones((CLASSES, 8, 1, 1), np.float32))
        product = ops.convolution(level, weights, [1, 1], [0, 0], [0, 0], [1, 1])
        ones = ops.broadcast(ops.constant([1]), ops.subtract(ops.shape_of(ops.shape_of(product)), ops.constant([2])))
        bias = ops.reshape(
            ops.constant(np.ones(CLASSES, np.float32)), ops.concat([ops.constant([CLASSES]), ones], 0), False
        )
        made.append(ops.add(product, ops.unsqueeze(bias, ops.constant([0])), name=f"cls{place}"))
    model = build.model(ops.sigmoid(joined([ops.reshape(one, [1, CLASSES, -1, 1], False) for one in made], CLASSES)))
    assert bound(ConvClassHead, model) == [TWO]


def test_levels_taken_apart_again_are_found_once_a_level() -> None:
    def apart(scores: ov.Node) -> ov.Node:
        parts = ops.variadic_split(scores, 1, [64, 16]).outputs()
        return ops.concat([ops.sigmoid(part) for part in parts], 1)

    assert bound(ConvClassHead, of_scores(apart)) == [TWO, TWO]


def weighed(scores: ov.Node) -> ov.Node:
    """Objectness that class scores are multiplied with."""
    return ops.multiply(ops.sigmoid(scores), ops.constant(np.ones((1, 1, CLASSES), np.float32)))


def summed(scores: ov.Node) -> ov.Node:
    """The mean of shares."""
    bins = ops.constant(np.arange(CLASSES, dtype=np.float32).reshape(CLASSES, 1))
    return ops.matmul(ops.softmax(scores, 2), bins, False, False)


def turned(scores: ov.Node) -> ov.Node:
    """An angle."""
    quarter, half = (ops.constant(np.float32(value)) for value in (0.25, 3.14))
    return ops.multiply(ops.subtract(ops.sigmoid(scores), quarter), half)


def scaled_and_turned(scores: ov.Node) -> ov.Node:
    """The same, multiplied first."""
    return ops.add(ops.multiply(ops.sigmoid(scores), ops.constant(np.float32(3))), ops.constant(np.float32(-1)))


def four_axes(scores: ov.Node) -> ov.Node:
    """Activated as [N,P,1,K]."""
    return ops.sigmoid(ops.unsqueeze(scores, ops.constant([2])))


def in_part(scores: ov.Node) -> ov.Node:
    """Three of the classes."""
    return ops.sigmoid(ops.slice(scores, *(ops.constant([number]) for number in (1, 4, 1, 2))))


@pytest.mark.parametrize(
    ("finish", "width", "wanted"),
    [
        (weighed, 1, "weighs other scores"),
        (summed, CLASSES, "is summed with constant weights"),
        (turned, 1, "is added to a constant"),
        (scaled_and_turned, 1, "is added to a constant"),
        (four_axes, CLASSES, "has more than 3 axes"),
        (in_part, CLASSES, "activates other values than those of the levels"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_no_class_score(finish: Callable[[ov.Node], ov.Node], width: int, wanted: str) -> None:
    assert reason(ConvClassHead, of_scores(finish, width)) == wanted


def test_levels_on_one_grid_are_none() -> None:
    build = Builder(82)
    heads = [build.conv(build.levels[0], CLASSES) for _ in range(2)]
    wanted = "is made of levels that have not each a grid of their own"
    assert reason(ConvClassHead, build.model(ops.sigmoid(joined(heads, CLASSES)))) == wanted


def test_a_level_that_is_not_activated_is_none() -> None:
    build = Builder(83)
    first, last = build.heads("cls", CLASSES)
    model = build.model(joined([ops.sigmoid(first), last], CLASSES))
    assert reason(ConvClassHead, model) == "joins levels that are not all activated, or once more"


@pytest.mark.parametrize(("width", "wanted"), [(3, []), (4, [["cls0"]]), (5, [["cls0"]]), (6, [])])
def test_one_level_behind_a_box(width: int, wanted: list[list[str]]) -> None:
    build = Builder(84)
    level = build.levels[0]
    box, scores = ops.tanh(build.conv(level, width)), ops.sigmoid(build.conv(level, 7, name="cls0"))
    assert bound(ConvClassHead, build.model(ops.concat([box, scores], 1))) == wanted


def test_heads_that_vary_along_two_axes_have_no_bias() -> None:
    build = Builder(85)
    places = [ops.constant(build.rng.normal(0, 1, (1, CLASSES, side, 1)).astype(np.float32)) for side in (8, 4)]
    heads = [ops.add(head, place) for head, place in zip(build.heads("cls", CLASSES), places, strict=True)]
    model = build.model(ops.sigmoid(joined(heads, CLASSES)))
    assert "is not" in reason(ConvClassHead, model)


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
