"""How often maps of the demo models point at their object."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ovxai_tools.cli import evaluate
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.scenes import Scene, make_scene
from ovxai_tools.demo.shapes import HELD_OUT, Picture, held_out
from ovxai_tools.evaluation.classifiers import pointing_in_pictures
from ovxai_tools.evaluation.detectors import pointing_in_scenes
from ovxai_tools.evaluation.pointing import points_inside

from ovxai_passes.methods.registry import methods_of
from ovxai_passes.options import Options
from ovxai_passes.vocabulary import Mask, Task
from tests.support.cli import invoke


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [make_scene(number) for number in range(HELD_OUT, HELD_OUT + 100)]


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    return held_out(100)


@pytest.mark.parametrize(
    ("name", "options", "wanted"),
    [
        ("cnn", Options(), 0.93),
        ("cnn", Options(mask=Mask.GAUSSIAN), 0.97),
        ("vit", Options(), 0.7),
        ("vit", Options(mask=Mask.ONE_HOT), 0.85),
    ],
    ids=str,
)
def test_the_demo_models_point_at_the_object(
    pictures: list[Picture], name: str, options: Options, wanted: float
) -> None:
    """On 100 pictures, so a little below the figures of README, which are of 500."""
    found = pointing_in_pictures(demo.model_path(f"demo:{name}"), options, pictures)
    assert found.accuracy >= 0.88
    assert found.inside >= wanted


def test_the_game_by_hand() -> None:
    saliency = np.zeros((8, 8), np.float32)
    saliency[2, 5] = 1  # the cell from x 40 to 48, y 16 to 24
    assert points_inside(saliency, (0.65, 0.28, 0.72, 0.36))
    assert not points_inside(saliency, (0.75, 0.28, 0.9, 0.36))
    assert not points_inside(saliency, (0.28, 0.65, 0.36, 0.72)), "x is the column"
    corner = np.zeros((8, 8), np.float32)
    corner[0, 0] = 1
    assert points_inside(corner, (0.02, 0.02, 0.05, 0.05)), "the middle of where it is largest"


def test_evaluate_on_the_command_line() -> None:
    results = json.loads(invoke(evaluate.main, "demo:cnn", "--pictures", 20, "--json").stdout)
    assert [result["default"] for result in results] == [True, *[False] * (len(results) - 1)]
    gradients = {spec.name.value for spec in methods_of(Task.CLASSIFICATION) if spec.takes_gradients}
    assert {result["method"] for result in results} == {"reciprocam", "activationmap", "eigencam", *gradients}
    assert "(drop-in)" in invoke(evaluate.main, "demo:cnn", "--pictures", 5).output
    assert "demo: models only" in invoke(evaluate.main, "model.xml", code=2).output
    assert "there is demo:cnn, demo:vit" in invoke(evaluate.main, "demo:none", code=2).output


def test_the_maps_point_at_objects_of_their_class(scenes: list[Scene]) -> None:
    """On 100 scenes; the figures of README are of 500."""
    for options, wanted in ((Options(), 0.97), (Options(saliency_map_size="largest"), 0.97)):
        assert pointing_in_scenes(demo.model_path("demo:detector"), options, scenes).inside >= wanted


@pytest.mark.slow
def test_evaluate_plays_with_all_demo_models() -> None:
    results = json.loads(invoke(evaluate.main, "--pictures", 1, "--json").stdout)
    assert {result["model"] for result in results} == {"cnn", "vit", "detector"}
    assert {result["map_size"] for result in results if result["model"] == "detector"} == {"23x23", "6x6", "12x12"}
