"""Masks of instances, aggregated by class, are what numpy makes of a model's outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from openvino.preprocess import PrePostProcessor
from ovxai_patterns.detector.instances import Masks, Prototypes
from ovxai_tools.checks.verify import random_case, verify

import ovxai_passes as xai
from ovxai_passes.insert import Insertion, insert
from ovxai_passes.methods.spec import required
from ovxai_passes.ops.precision import F32
from ovxai_passes.options import Options
from ovxai_passes.reference.comparing import worst_difference
from ovxai_passes.reference.instance_masks import shrunk
from tests.fixtures.detector_parts import CLASSES, SIDE, Builder
from tests.support.running import Array, run

SIZE = (8, 8)
GATE = 0.5


@dataclass(frozen=True)
class Instances:
    """A model that finds what it is told, as often as the mean of the picture says: never, if that is negative."""

    boxes: Array
    labels: Array
    scores: Array
    masks: Array

    def model(self, batched: bool = False, apart: bool = True, batch: int = 1) -> ov.Model:
        """`batched`: boxes [1,D,5], labels [1,D], masks [1,D,h,w]; `apart`: scores as an output of their own."""
        image = ops.parameter([batch, 3, SIDE, SIDE], np.float32, name="image")
        mean = ops.reduce_mean(image, ops.constant([0, 1, 2, 3]), keep_dims=False)
        rated = ops.subtract(ops.constant(self.scores), ops.constant(np.float32(0)))
        there = ops.greater(
            ops.add(rated, ops.multiply(mean, ops.constant(np.float32(100)))), ops.constant(np.float32(GATE))
        )
        kept = ops.reshape(ops.non_zero(there, "i64"), ops.constant([-1]), special_zero=False)
        features = ops.roi_align(
            ops.relu(Builder().conv(image, 2, 3)),
            ops.constant(self.boxes),
            ops.constant(np.zeros(len(self.boxes), np.int32)),
            1,
            1,
            1,
            1.0,
            "avg",
        )
        flat = ops.reshape(features, ops.constant([-1, 2]), special_zero=False)
        classes = ops.softmax(ops.matmul(flat, ops.constant(np.ones((2, CLASSES), np.float32)), False, False), 1)
        nothing = ops.multiply(ops.reduce_sum(classes, ops.constant([1]), keep_dims=False), ops.constant(np.float32(0)))
        outputs = []
        masks = self.masks[:, 0] if batched else self.masks
        values = [self.boxes, self.labels, self.scores, masks]
        if not apart:
            values = [np.concatenate([self.boxes, self.scores[:, None]], 1), self.labels, masks]
        for value in values:
            whole: ov.Node = ops.constant(value)
            if value is values[0]:
                whole = ops.add(whole, ops.unsqueeze(nothing, ops.constant([1])))
            found = ops.gather(whole, kept, ops.constant(0))
            outputs.append(ops.unsqueeze(found, ops.constant([0])) if batched else found)
        return ov.Model([ops.result(output) for output in outputs], [image], "instances")


def some(masks: Array) -> Instances:
    boxes = np.array([[4, 4, 20, 24], [0, 0, 31, 31], [10, 2, 28, 12]], np.float32)
    return Instances(boxes, np.array([1, 3, 1], np.int64), np.array([0.9, 0.6, 0.8], np.float32), masks)


def located(model: ov.Model, **options: Any) -> Insertion:
    return insert(model, Options.checked(embed_scaling=False, **options))


def pictures(seed: int = 0) -> Array:
    return np.random.default_rng(seed).uniform(0, 1, (1, 3, SIDE, SIDE)).astype(np.float32)


def test_masks_of_whole_pictures_are_shrunk_weighed_and_joined_by_class() -> None:
    masks = np.random.default_rng(1).uniform(0, 1, (3, 1, SIDE, SIDE)).astype(np.float32)
    seen = some(masks)
    found = located(seen.model(), saliency_map_size=SIZE)
    assert (found.report.task, found.report.method) == ("instance_segmentation", "instancemasks")
    assert isinstance(required(found.target.masks).instances, Masks)
    wanted = np.zeros((1, CLASSES, *SIZE), np.float32)
    small = shrunk(masks[:, 0], SIZE)
    wanted[0, 1] = np.maximum(0.9 * small[0], 0.8 * small[2])
    wanted[0, 3] = 0.6 * small[1]
    saliency = run(found.model, pictures(), name="saliency_map")
    assert worst_difference(saliency, wanted) <= 1
    assert (saliency[0, [0, 2, 4]] == 0).all()


def test_masks_in_boxes_lie_where_the_boxes_are() -> None:
    seen = some(np.ones((3, 1, 14, 14), np.float32))
    for batched, apart in ((False, True), (True, False)):
        model = seen.model(batched, apart)
        found = located(model, saliency_map_size=(SIDE, SIDE))
        instances = required(found.target.masks).instances
        assert isinstance(instances, Masks)
        assert instances.in_boxes
        saliency = run(found.model, pictures(), name="saliency_map")[0]
        y, x = np.mgrid[:SIDE, :SIDE] + 0.5
        deep = [(x > a + 1) & (x < c - 1) & (y > b + 1) & (y < d - 1) for a, b, c, d in seen.boxes]
        far = [(x < a - 1) | (x > c + 1) | (y < b - 1) | (y > d + 1) for a, b, c, d in seen.boxes]
        np.testing.assert_allclose(saliency[3][deep[1]], 0.6, rtol=1e-5)
        np.testing.assert_allclose(saliency[1][deep[0]], 0.9, rtol=1e-5)
        np.testing.assert_allclose(saliency[1][deep[2] & far[0]], 0.8, rtol=1e-5)
        assert (saliency[1][far[0] & far[2]] == 0).all()


def test_nothing_found_gives_zeros() -> None:
    for masks in (np.ones((3, 1, 14, 14), np.float32), np.ones((3, 1, SIDE, SIDE), np.float32)):
        model = some(masks).model()
        dark = -np.ones((1, 3, SIDE, SIDE), np.float32)
        assert len(run(model, dark)) == 0
        for config in (F32, {}):
            raw = run(located(model).model, dark, name="saliency_map", config=config)
            assert (raw == 0).all()
            scaled = run(xai.insert_xai(model), dark, name="saliency_map", config=config)
            assert scaled.shape == (1, CLASSES, 56, 56)
            assert scaled.dtype == np.uint8
            assert (scaled == 0).all()


def test_masks_are_the_same_for_pictures_with_channels_last() -> None:
    masks = np.random.default_rng(1).uniform(0, 1, (3, 1, SIDE, SIDE)).astype(np.float32)
    model = some(masks).model()
    wanted = run(located(model, saliency_map_size=SIZE).model, pictures(), name="saliency_map")
    steps = PrePostProcessor(model)
    steps.input().tensor().set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    last = steps.build()
    found = located(last, saliency_map_size=SIZE)
    saliency = run(found.model, pictures().transpose(0, 2, 3, 1), name="saliency_map")
    np.testing.assert_allclose(saliency, wanted, atol=1e-5)


def test_instances_of_several_pictures_are_refused() -> None:
    model = some(np.ones((3, 1, SIDE, SIDE), np.float32)).model(batch=2)
    with pytest.raises(xai.TargetNotFoundError, match="give it batch 1"):
        located(model, task="instance_segmentation", method="instancemasks")


def test_labels_that_are_no_class_are_left_out() -> None:
    seen = some(np.ones((3, 1, SIDE, SIDE), np.float32))
    seen.labels[:] = [CLASSES + 3, -1, 2]
    saliency = run(located(seen.model(), saliency_map_size=SIZE).model, pictures(), name="saliency_map")
    np.testing.assert_allclose(saliency[0].max((1, 2)), [0, 0, 0.8, 0, 0], rtol=1e-5)
    model = seen.model()
    assert verify(model, insert(model, Options()).model, located(model), [random_case(model)])


def test_some_classes_of_instances() -> None:
    model = some(np.ones((3, 1, SIDE, SIDE), np.float32)).model()
    saliency = run(located(model, classes=[3], saliency_map_size=SIZE).model, pictures(), name="saliency_map")
    np.testing.assert_allclose(saliency, np.full((1, 1, *SIZE), 0.6), rtol=1e-5)


def prototypes(batch: int | None = 1) -> ov.Model:
    """YOLO-seg: boxes, class scores and four coefficients for every place; four prototypes, half as large."""
    build, count = Builder(20, batch=batch), 4
    parts = {}
    for kind, width in (("box", 4), ("cls", CLASSES), ("coefficients", count)):
        heads = build.heads(kind, width)
        parts[kind] = ops.concat(
            [ops.reshape(head, ops.constant([0, width, -1]), special_zero=True) for head in heads], 2
        )
    middle = np.random.default_rng(0).uniform(4, 28, (1, 2, 80)).astype(np.float32)
    places = ops.constant(np.concatenate([middle, np.full((1, 2, 80), 12, np.float32)], 1))
    boxes = ops.add(parts["box"], places)
    bases = build.conv(
        ops.interpolate(build.levels[0], ops.constant([16, 16]), "nearest", "sizes", axes=ops.constant([2, 3])), count
    )
    model = build.model(ops.concat([boxes, ops.sigmoid(parts["cls"]), parts["coefficients"]], 1), bases)
    model.reshape([-1 if batch is None else batch, 3, SIDE, SIDE])
    return model


@pytest.mark.parametrize("batch", [1, None])
def test_prototypes(batch: int | None) -> None:
    model = prototypes(batch)
    found = located(model, saliency_map_size=SIZE)
    instances = required(found.target.masks).instances
    assert isinstance(instances, Prototypes)
    assert (instances.first_class, instances.first_coefficient, instances.count, instances.classes) == (
        4,
        9,
        4,
        CLASSES,
    )
    image = np.concatenate([pictures(), pictures(1)])[: 2 if batch is None else 1]
    rows, bases = run(model, image), run(model, image, name=1)
    wanted = np.zeros((len(image), CLASSES, *SIZE))
    y, x = (np.mgrid[: SIZE[0], : SIZE[1]] + 0.5) * SIDE / SIZE[0]
    for number, (columns, base) in enumerate(zip(rows, bases, strict=True)):
        for column in columns.T:
            mask = 1 / (1 + np.exp(-np.tensordot(column[9:], shrunk(base.astype(np.float64), SIZE), 1)))
            mask *= (abs(x - column[0]) <= column[2] / 2) & (abs(y - column[1]) <= column[3] / 2)
            label = column[4:9].argmax()
            wanted[number, label] = np.maximum(wanted[number, label], column[4 + label] * mask)
    saliency = run(found.model, image, name="saliency_map")
    assert saliency.max() > 0
    assert worst_difference(saliency, wanted.astype(np.float32)) <= 1


def test_class_probability_maps_of_instances_on_request() -> None:
    found = located(prototypes(), method="detclassprobabilitymap")
    assert (found.report.task, found.report.method) == ("instance_segmentation", "detclassprobabilitymap")
    with pytest.raises(xai.OptionError, match="has no levels"):
        located(prototypes(), saliency_map_size="largest", method="instancemasks")
