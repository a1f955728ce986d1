"""Maps from zero of detectors and of instances: probabilities, on one scale for all classes of an image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.methods.spec import required
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.options import Options
from ovxai_passes.reference.class_probability import probabilities
from ovxai_passes.reference.given import Given
from tests.fixtures import detector_graphs as graphs
from tests.fixtures.detector_parts import Known
from tests.patterns.detector.test_instances import prototypes
from tests.support.running import Array, Floats, random_input, run

FAMILIES = (graphs.yolox, graphs.yolov5, graphs.yolov3_raw, graphs.ssd_otx, graphs.atss, graphs.single_class)


def _probabilities(model: ov.Model, image: Array) -> Floats:
    target = insert(model, Options(embed_scaling=False)).target
    return probabilities(Given(target, lambda tensors: tensors_at(model, tensors, [image]), (0, 0)))


@pytest.mark.parametrize("family", FAMILIES)
def test_probabilities_of_class_heads(family: Callable[[], Known]) -> None:
    model = family().model
    image = random_input(model)
    wanted = _probabilities(model, image)
    assert 0 <= wanted.min() <= wanted.max() <= 1
    scale = wanted.max((1, 2, 3), keepdims=True)
    found = run(xai.insert_xai(model, scaling="positive"), image, name="saliency_map").astype(int)
    assert np.abs(found - np.floor(255 * wanted / scale)).max() <= 1
    some = run(xai.insert_xai(model, scaling="positive", classes=[0]), image, name="saliency_map").astype(int)
    assert np.abs(some - found[:, :1]).max() <= 1, "all classes decide on the scale of one"


def test_objectness_and_the_background_count() -> None:
    """What each place of the outputs says itself: boxes, objectness, classes."""
    model = graphs.yolox().model
    image = random_input(model)
    wanted = _probabilities(model, image)
    output = np.array(run(model, image))
    assert wanted.max() <= (output[..., 4:5] * output[..., 5:]).max() + 1e-5
    ssd = graphs.ssd_otx().model
    heads = required(insert(ssd, Options(embed_scaling=False)).target.grids).heads
    assert heads.background is not None
    assert _probabilities(ssd, random_input(ssd)).shape[1] == heads.classes - 1


def test_masks_of_instances() -> None:
    model = prototypes()
    image = random_input(model)
    raw = run(xai.insert_xai(model, embed_scaling=False), image, name="saliency_map")
    wanted = np.floor(255 * raw / raw.max())
    found = run(xai.insert_xai(model, scaling="positive"), image, name="saliency_map").astype(int)
    assert np.abs(found - wanted).max() <= 1
    some = run(xai.insert_xai(model, scaling="positive", classes=[1]), image, name="saliency_map").astype(int)
    assert np.abs(some - wanted[:, 1:2]).max() <= 1
