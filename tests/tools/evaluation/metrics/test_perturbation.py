"""Insertion and deletion of an evaluation: where they begin, and what they come to."""

from __future__ import annotations

import numpy as np
from ovxai_tools.demo.shapes import held_out
from ovxai_tools.demo.shipped import model_path
from ovxai_tools.evaluation.compared.evaluated_model import EvaluatedModel
from ovxai_tools.evaluation.compared.shown import Shown
from ovxai_tools.evaluation.metrics.perturbation import STEPS, Perturbation, blurred
from ovxai_tools.pictures.fitting import Box

from ovxai_passes.model_info.read import read_model
from tests.support.extras import needs_pictures

needs_pictures()


def test_curves_go_from_a_blurred_picture_to_it_and_from_it_to_black() -> None:
    of = EvaluatedModel.of(read_model(model_path("demo:cnn")))
    picture = held_out(1)[0]
    height, width = of.input.size
    one = Shown("a", picture.pixels, picture.label, Box(0, 0, height, width))
    saliency = np.random.default_rng(0).random((height, width), np.float32)
    curves = Perturbation(of).curves(one, saliency)
    whole, soft, black = of.scores([one.pixels, blurred(one.pixels), np.zeros_like(one.pixels)])[:, one.target]
    assert [len(curves[name]) for name in ("insertion", "deletion")] == [STEPS + 1] * 2
    np.testing.assert_allclose([curves["insertion"][0], curves["insertion"][-1]], [soft, whole], atol=1e-5)
    np.testing.assert_allclose([curves["deletion"][0], curves["deletion"][-1]], [whole, black], atol=1e-5)


def test_a_picture_is_blurred_as_in_the_paper() -> None:
    point = np.zeros((224, 224, 3), np.uint8)
    point[100, 100] = 255
    around = np.flatnonzero(blurred(point)[100, :, 0])
    assert (around.min(), around.max()) == (95, 105), "a kernel of 11 pixels"
    large = np.zeros((448, 448, 3), np.uint8)
    large[200:202, 200:202] = 255
    wide = np.flatnonzero(blurred(large)[200, :, 0])
    assert 20 <= wide.max() - wide.min() <= 23, "twice as large in twice the picture"
