"""The pattern of class scores of several levels: what it binds, and why it does not match what is nearly one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.matchers.heads import (
    ConvClassHead,
)

from tests.fixtures import detector_graphs as graphs
from tests.fixtures import one_class_graphs as one_class
from tests.fixtures.detector_graphs_8bit import network, quantised_and_back
from tests.fixtures.detector_parts import CLASSES, Builder
from tests.fixtures.other_detector_graphs import yolov8_pose
from tests.support.heads import TWO, bound, joined, of_scores, reason


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
