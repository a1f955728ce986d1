"""Patterns of masks and of regions: what they bind, and why they do not match what is nearly one."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from openvino.passes import Manager
from openvino.utils.node_factory import NodeFactory
from ovxai_patterns.matchers.pattern import GraphPattern
from ovxai_patterns.matchers.region_heads import MaskPrototypes, RoiHead, prototypes_of

from tests.fixtures.detector_graphs_8bit import COUNT, network
from tests.fixtures.detector_parts import CLASSES, Builder, flat
from tests.fixtures.other_detector_graphs import two_stages


def reason(pattern: type[GraphPattern], model: ov.Model) -> str:
    """Why a pattern nearly matched, and that it did not."""
    watched = pattern(watched=True)
    assert not watched.find_in(model)
    assert watched.near_miss is not None
    return watched.near_miss.reason


def segmenter(coefficients: int, prototypes: int, nested: bool) -> ov.Model:
    """YOLOv8-seg: coefficients beside boxes and scores, and prototypes."""
    build = Builder(93)
    parts = {
        kind: ops.concat([flat(head, (0, 1, 2, 3), (0, width, -1)) for head in build.heads(kind, width)], 2)
        for kind, width in (("box", 4), ("cls", CLASSES), ("said", coefficients))
    }
    boxes: Any = ops.multiply(parts["box"], ops.constant(np.float32(8)))
    scores = ops.sigmoid(parts["cls"])
    if nested:
        detections = ops.concat([ops.concat([boxes, scores], 1), parts["said"]], 1)
    else:
        detections = ops.concat([boxes, scores, parts["said"]], 1)
    return build.model(detections, ops.relu(build.conv(build.levels[0], prototypes)))


@pytest.mark.parametrize("nested", [False, True])
def test_coefficients_and_prototypes_in_two_outputs(nested: bool) -> None:
    model = segmenter(6, 6, nested)
    (match,) = MaskPrototypes().find_in(model)
    assert match.root.input_value(0) == model.outputs[0].get_node().input_value(0)
    assert prototypes_of(match) == model.outputs[1].get_node().input_value(0)
    assert reason(MaskPrototypes, segmenter(6, 7, nested)) == "has no output of as many prototypes beside it"


def test_prototypes_of_8_bits_channels_last() -> None:
    model = network(True).model
    (match,) = MaskPrototypes().find_in(model)
    said = prototypes_of(match)
    assert said is not None
    assert list(said.get_shape())[3] == COUNT
    assert not MaskPrototypes().find_in(network().model)


def product(coefficients: int) -> ov.Model:
    """Masks of four instances: coefficients times prototypes, 8 of them."""
    build = Builder(94)
    maps = build.conv(build.levels[0], 8, name="bases")
    rows = ops.reshape(ops.relu(maps), ops.constant([8, -1]), special_zero=False)
    if coefficients != 8:
        rows = ops.slice(rows, *(ops.constant([number]) for number in (0, coefficients, 1, 0)))
    said = ops.reduce_mean(build.levels[1], ops.constant([2, 3]), keep_dims=False)
    weights = ops.constant(build.rng.normal(0, 1, (8, 4 * coefficients)).astype(np.float32))
    each = ops.reshape(ops.matmul(said, weights, False, False), ops.constant([4, coefficients]), special_zero=False)
    masks = ops.sigmoid(ops.matmul(each, rows, False, False))
    return build.model(ops.reshape(masks, ops.constant([4, 8, 8]), special_zero=False))


def test_coefficients_times_prototypes() -> None:
    (match,) = MaskPrototypes().find_in(product(8))
    assert match["bases"].get_node().get_friendly_name() == "bases"
    assert reason(MaskPrototypes, product(5)).startswith("is not")


def names(model: ov.Model) -> list[list[str]]:
    """The maps of each match."""
    found = RoiHead().find_in(model)
    return [sorted(match[name].get_node().get_friendly_name() for name in match.tensors) for match in found]


def classified(build: Builder, pooled: ov.Node, weighed: bool = True) -> ov.Node:
    """Shares of classes of pooled regions, by two layers."""
    rows: ov.Node = ops.reshape(pooled, ops.constant([2, -1]), special_zero=False)
    for width in (6, CLASSES) if weighed else ():
        inputs = rows.get_output_partial_shape(0)[1].get_length()
        weights = ops.constant(build.rng.normal(0, 1, (inputs, width)).astype(np.float32))
        bias = ops.constant(build.rng.normal(0, 1, (1, width)).astype(np.float32))
        made = ops.add(ops.matmul(rows, weights, False, False), bias)
        rows = ops.relu(made) if width != CLASSES else made
    return ops.softmax(rows, 1)


def regions(way: str, weighed: bool = True) -> ov.Model:
    """Two regions, pooled from two maps and classified."""
    build = Builder(95)
    for name, level in zip(("fine", "coarse"), build.levels, strict=True):
        level.set_friendly_name(name)
    boxes = ops.constant(np.array([[0, 0, 16, 16], [8, 8, 31, 31]], np.float32))
    images = ops.constant(np.zeros(2, np.int32))
    each = [ops.roi_align(level, boxes, images, 2, 2, 2, 0.25, "avg") for level in build.levels]
    if way == "one":
        pooled: Any = each[1]
    elif way == "joined":
        pooled = ops.concat(each, 1)
    elif way == "together":
        said = {"output_size": 2, "sampling_ratio": 2, "pyramid_scales": [4, 8], "aligned": False}
        inputs = [one.output(0) for one in (boxes, *build.levels)]
        pooled = NodeFactory("opset6").create("ExperimentalDetectronROIFeatureExtractor", inputs, said).output(0)
    else:
        pooled = ops.constant(np.zeros((2, 8, 2, 2), np.float32))
        for place, one in enumerate(each):
            first = ops.slice(one, *(ops.constant([number]) for number in (0, 1, 1, 0)))
            pooled = ops.scatter_nd_update(pooled, ops.constant([[place]]), first)
    return build.model(classified(build, pooled, weighed))


@pytest.mark.parametrize(
    ("way", "wanted"),
    [
        ("one", ["coarse"]),
        ("joined", ["coarse", "fine"]),
        ("together", ["coarse", "fine"]),
        ("one after the other", ["coarse", "fine"]),
    ],
)
def test_regions_are_pooled_and_classified(way: str, wanted: list[str]) -> None:
    assert names(regions(way)) == [wanted]
    assert reason(RoiHead, regions(way, weighed=False)) == "is not Add or MatMul"


def test_in_a_manager_of_ones_own() -> None:
    for pattern, model in ((RoiHead(), two_stages()), (MaskPrototypes(), network(True).model)):
        manager = Manager()
        manager.register_pass(pattern)
        manager.run_passes(model)
        assert len(pattern.matches) == 1
