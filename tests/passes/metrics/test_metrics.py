"""Metrics on cases that are small enough to be computed by hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.cli import evaluate
from ovxai_tools.evaluation.quality import Quality, table

import ovxai_passes as xai
from ovxai_passes.explainer import Explanation
from ovxai_passes.metrics import ADCC, InsertionDeletionAUC, PointingGame
from tests.support.cli import invoke

CLASSIFICATION = xai.Task.CLASSIFICATION


def brightness() -> ov.Model:
    """Scores of a picture [1,2,2,1]: the upper left pixel, and 1 less that."""
    image = ops.parameter([1, 2, 2, 1], np.float32)
    starts, stops, axes = (ops.constant(numbers) for numbers in ([0, 0], [1, 1], [1, 2]))
    corner = ops.slice(image, starts, stops, ops.constant([1, 1]), axes)
    first = ops.reshape(corner, ops.constant([1, 1]), False)
    rest = ops.subtract(ops.constant(np.float32(1)), first)
    return ov.Model([ops.result(ops.concat([first, rest], 1))], [image], "brightness")


def as_batch(image: Any) -> Any:
    return image[None].astype(np.float32)


def first_output(x: Any) -> Any:
    return x[0]


IMAGE = np.ones((2, 2, 1), np.float32)
RIGHT = np.array([[1.0, 0.5], [0.25, 0.0]], np.float32)
WRONG = np.array([[0.0, 0.25], [0.5, 1.0]], np.float32)


def explained(saliency: Any, label: int = 0, names: list[str] | None = None) -> Explanation:
    return Explanation({label: saliency}, -1, CLASSIFICATION, names)


def test_the_pointing_game() -> None:
    game = PointingGame()
    saliency = np.zeros((10, 10))
    saliency[3, 7] = 5
    assert game(saliency, [(6, 2, 3, 3)]) == {"pointing_game": 1.0}
    assert game(saliency, [(2, 6, 3, 3)]) == {"pointing_game": 0.0}, "x is the column"
    assert game(saliency, [(0, 0, 1, 1), (7, 3, 0, 0)]) == {"pointing_game": 1.0}, "one of several boxes, edges count"
    names = ["cat", "dog"]
    explanations = [explained(saliency, 0, names), explained(saliency, 1, names), explained(saliency, 1, names)]
    boxes: list[dict[str, Any]] = [{"cat": [(6, 2, 3, 3)]}, {"dog": [(0, 0, 2, 2)]}, {"cat": [(6, 2, 3, 3)]}]
    assert game.evaluate(explanations, boxes) == {"pointing_game": 0.5}, "the third has no box of a dog"
    whole = Explanation(saliency[None], -1, CLASSIFICATION)
    assert game.evaluate([whole], [{"any": [(6, 2, 3, 3)]}]) == {"pointing_game": 1.0}
    with pytest.raises(xai.OptionError, match="need label_names"):
        game.evaluate([explained(saliency)], [{"cat": [(6, 2, 3, 3)]}])
    with pytest.raises(xai.OptionError, match="do not go with"):
        game.evaluate(explanations, [])


def test_insertion_and_deletion_by_hand() -> None:
    """The first pixel inserted gives the whole score: 0 1 1 1 1 inserted, 1 0 0 0 0 deleted."""
    metric = InsertionDeletionAUC(brightness(), as_batch, first_output)
    assert metric(RIGHT, 0, IMAGE, steps=4) == {"insertion": 0.875, "deletion": 0.125}
    assert metric(WRONG, 0, IMAGE, steps=4) == {"insertion": 0.125, "deletion": 0.875}
    assert metric(RIGHT, None, IMAGE, steps=4)["insertion"] == 0.875, "the best class"
    assert metric(RIGHT, 0, IMAGE, steps=2) == {"insertion": 0.75, "deletion": 0.25}
    both = metric.evaluate([explained(RIGHT), explained(WRONG)], [IMAGE, IMAGE], steps=4)
    assert both == {"insertion": 0.5, "deletion": 0.5, "delta": 0.0}


def test_adcc_by_hand() -> None:
    """Nothing is lost, the map of the masked picture is the same, and half of the map is marked on average."""
    seen = []

    def explainer(image: Any, targets: Any, **options: Any) -> Explanation:
        seen.append((targets, options["preset"]))
        return explained((RIGHT * 255).astype(np.uint8), targets)

    metric = ADCC(brightness(), as_batch, first_output, explainer, preset="speed")
    found = metric(RIGHT, 0, IMAGE)
    assert found["average_drop"] == 0
    assert found["complexity"] == pytest.approx(0.4375)
    assert found["coherency"] == pytest.approx(1, abs=1e-4)
    assert found["adcc"] == pytest.approx(3 / (1 + 1 / 0.5625 + 1), abs=1e-3)
    wrong = metric(WRONG, 0, IMAGE)
    assert wrong["average_drop"] == 1
    assert wrong["coherency"] == pytest.approx((1 + np.corrcoef(RIGHT.ravel(), WRONG.ravel())[0, 1]) / 2, abs=1e-3)
    assert wrong["adcc"] == 0
    mean = metric.evaluate([explained(RIGHT), explained((RIGHT * 255).astype(np.uint8))], [IMAGE, IMAGE])
    assert set(mean) == {"adcc", "coherency", "complexity", "average_drop"}
    assert mean["adcc"] == pytest.approx(found["adcc"], abs=1e-2)
    assert seen[0] == (0, "speed")


def test_what_metrics_do_not_take() -> None:
    metric = InsertionDeletionAUC(brightness(), as_batch, first_output)
    with pytest.raises(xai.OptionError, match="not as large as its picture"):
        metric(np.zeros((3, 3)), 0, IMAGE)
    with pytest.raises(xai.OptionError, match="colormap=False"):
        metric.evaluate([explained(np.zeros((2, 2, 3), np.uint8))], [IMAGE])
    with pytest.raises(xai.OptionError, match="steps is a whole number"):
        metric(RIGHT, 0, IMAGE, steps=0)
    with pytest.raises(xai.OptionError, match="needs postprocess_fn"):
        InsertionDeletionAUC(brightness(), as_batch)
    for label in (-1, 2):
        with pytest.raises(xai.OptionError, match="there is no class"):
            metric(RIGHT, label, IMAGE)
    with pytest.raises(xai.OptionError, match="no map to evaluate"):
        metric.evaluate([], [])


@pytest.mark.slow
def test_all_methods_are_compared() -> None:
    """On three pictures: every figure is there, and maps of the CNN mark what its score comes with."""
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    pytest.importorskip("PIL", reason="pictures need Pillow: pip install 'ovxai-passes[image]'")
    said = json.loads(invoke(evaluate.main, "--quality", "demo:cnn", "--pictures", 3, "--json").stdout)
    assert [one["method"] for one in said] == ["reciprocam", "activationmap", "eigencam", "rise", "aise"]
    assert [one["inferences"] for one in said][:4] == [1, 1, 1, 1001]
    assert all(one["insertion"] > one["deletion"] for one in said)
    assert "| demo:cnn | aise |" in table([Quality(**one) for one in said])
    assert "give --data FOLDER" in invoke(evaluate.main, "--quality", "model.xml", code=2).output
