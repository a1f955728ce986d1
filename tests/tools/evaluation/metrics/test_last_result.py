"""Classes that have a picture and a map in common are measured once, and as they are alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ovxai_tools.demo.shapes import held_out
from ovxai_tools.demo.shipped import model_path
from ovxai_tools.evaluation.compared.evaluated_model import EvaluatedModel
from ovxai_tools.evaluation.compared.shown import Shown
from ovxai_tools.evaluation.metrics.last_result import LastResult
from ovxai_tools.evaluation.metrics.perturbation import Perturbation
from ovxai_tools.evaluation.metrics.road import Road
from ovxai_tools.pictures.fitting import Box

from ovxai_passes.model_info.read import read_model
from tests.support.extras import needs_pictures

needs_pictures()


def test_it_is_found_again_for_another_picture_or_map_alone() -> None:
    pixels, saliency = np.zeros((2, 2, 3), np.uint8), np.ones((2, 2), np.float32)
    last, numbers = LastResult[int](), iter(range(9))
    asked = [
        (pixels, saliency),
        (pixels.copy(), saliency.copy()),
        (pixels, 2 * saliency),
        (pixels + 1, 2 * saliency),
        (pixels, saliency),
    ]
    assert [last.of(*one, lambda: next(numbers)) for one in asked] == [0, 0, 1, 2, 3]


@pytest.mark.parametrize("metric", [Perturbation, lambda of: Road(of, 0)])
def test_curves_of_a_second_class_are_those_of_it_alone(metric: type[Perturbation]) -> None:
    of = EvaluatedModel.of(read_model(model_path("demo:cnn")))
    picture = held_out(1)[0]
    height, width = of.input.size
    one = Shown("a", picture.pixels, picture.label, Box(0, 0, height, width))
    other = replace(one, target=(one.target + 1) % 2)
    saliency = np.random.default_rng(0).random((height, width), np.float32)
    shared = metric(of)
    first = shared.curves(one, saliency)
    assert shared.curves(other, saliency) == metric(of).curves(other, saliency)
    assert shared.curves(one, saliency) == first
