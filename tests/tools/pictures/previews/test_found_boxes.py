"""Boxes of detectors lie on what was found, however the picture was fitted to the input."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.fitting import Fit
from ovxai_tools.pictures.model_input import as_inputs
from ovxai_tools.pictures.previews.found_boxes import FoundBox, boxes_found, draw_boxes

from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.model_info.read import read_model
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.vocabulary import ResizeType
from tests.fixtures import graphs
from tests.support.extras import needs_pictures

needs_pictures()


@pytest.mark.parametrize("kind", [ResizeType.STANDARD, ResizeType.LETTERBOX, ResizeType.FIT_TO_WINDOW])
def test_boxes_are_where_objects_are(kind: ResizeType) -> None:
    scene = demo.scenes()[0]
    pixels = read_picture(scene.path)
    wide = np.concatenate([pixels, np.full((96, 48, 3), 90, np.uint8)], 1)
    model = read_model(demo.model_path("demo:detector"))
    preparation = Preparation(resize=kind)
    results = ov.compile_model(model, "CPU")(as_inputs(wide, model, preparation))
    found = boxes_found(model, results, Fit.of((96, 144), (96, 96), kind))
    assert found
    assert found[-1].score > 0.5
    assert [one.score for one in found] == sorted(one.score for one in found)
    assert all(one.corners[1] < 1 for one in found), "what is found below the picture is left out"
    wanted = [np.array(box) * [2 / 3, 1, 2 / 3, 1] for box in scene.boxes]
    assert min(np.abs(np.array(found[-1].corners) - box).max() for box in wanted) < 0.08


def test_outputs_without_boxes_give_none() -> None:
    model = graphs.cnn()
    results = ov.compile_model(model, "CPU")(np.zeros((1, 3, 8, 8), np.float32))
    assert boxes_found(model, results, Fit.of((8, 8), (8, 8), ResizeType.STANDARD)) is None


def test_the_class_that_is_shown_has_a_colour() -> None:
    picture = np.full((100, 200, 3), 60, np.uint8)
    boxes = [FoundBox((0.05, 0.4, 0.25, 0.9), 1, 0.9), FoundBox((0.5, 0.4, 0.75, 0.9), 0, 0.5)]
    draw_boxes(picture, boxes, ("disc", "star"), 1)
    assert tuple(picture[60, 10]) == (255, 214, 0)
    assert tuple(picture[60, 100]) == (255, 255, 255)
    assert tuple(picture[60, 30]) == (60, 60, 60)
