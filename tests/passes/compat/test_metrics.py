"""Metrics: maps as lists, fewer explanations than pictures, and scores [K]."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.shapes import make_picture

import ovxai_passes.compat as xai
from ovxai_passes import metrics
from ovxai_passes.compat.explainer import Explanation
from ovxai_passes.compat.explainer.utils import get_postprocess_fn, get_preprocess_fn
from ovxai_passes.compat.metrics import ADCC, InsertionDeletionAUC, PointingGame
from ovxai_passes.compat.metrics.base import BaseMetric
from ovxai_passes.compat.metrics.insertion_deletion_auc import AUC

MODEL = ov.Core().read_model(demo.model_path("demo:cnn"))
PREPARE = get_preprocess_fn(hwc_to_chw=True)
SCORES = get_postprocess_fn("logits", "softmax")
PICTURES = [make_picture(1_000_000 + place).pixels for place in range(2)]


@pytest.fixture(scope="module")
def explainer() -> xai.Explainer:
    return xai.Explainer(MODEL, xai.Task.CLASSIFICATION, PREPARE)


def test_metrics_of_fewer_explanations_than_pictures(explainer: xai.Explainer) -> None:
    shown = [explainer(PICTURES[0], targets=[3, 5], colormap=False)]
    theirs = InsertionDeletionAUC(MODEL, PREPARE, SCORES)
    ours = metrics.InsertionDeletionAUC(MODEL, PREPARE, SCORES)
    assert theirs.evaluate(shown, PICTURES, 5) == ours.evaluate(shown, PICTURES[:1], 5)
    adcc = ADCC(MODEL, PREPARE, SCORES, explainer)
    assert adcc.evaluate(shown, PICTURES) == metrics.ADCC(MODEL, PREPARE, SCORES, explainer).evaluate(
        shown, PICTURES[:1]
    )
    assert 0 <= adcc(np.random.default_rng(0).random((64, 64)), 3, PICTURES[0])["adcc"] <= 1
    assert list(theirs(shown[0].saliency_map[3], 3, PICTURES[0], 5)) == ["insertion", "deletion"]


def test_scores_without_a_batch() -> None:
    one, other = (InsertionDeletionAUC(MODEL, PREPARE, read) for read in (SCORES, lambda outputs: SCORES(outputs)[0]))
    np.testing.assert_array_equal(one.model_predict(input=PICTURES[0]), other.model_predict(PICTURES[0]))
    assert one.model_predict(PICTURES[0]).shape == (8,)
    assert isinstance(one.model_compiled, ov.CompiledModel)
    assert one.model is MODEL


def test_steps_and_areas() -> None:
    picture = np.arange(1, 13).reshape(2, 2, 3)
    order = np.unravel_index(np.array([3, 0, 1, 2]), (2, 2))
    inserted, deleted = InsertionDeletionAUC.step_image_insertion_deletion(2, order, picture)  # type: ignore[arg-type]
    assert inserted[1, 1].tolist() == picture[1, 1].tolist()
    assert inserted[0, 1].tolist() == [0, 0, 0]
    np.testing.assert_array_equal(inserted + deleted, picture)
    assert AUC(np.array([0.0, 0.5, 1.0])) == 0.5


def listed(names: list[str] | None) -> list[Explanation]:
    maps: Any = {0: [[0, 1], [2, 3]], 1: [[0, 0], [0, 1]]}
    return [Explanation(maps, [0, 1], xai.Task.CLASSIFICATION, names)]


def test_pointing_with_lists(caplog: pytest.LogCaptureFixture) -> None:
    game = PointingGame()
    assert isinstance(game, BaseMetric)
    assert game([[0, 1], [0, 0]], [(1, 0, 0, 0)]) == {"pointing_game": 1.0}
    inside = [{"cat": [(0, 0, 2, 2)], "dog": [(0, 0, 0, 0)]}]
    assert game.evaluate(listed(["cat", "dog"]), inside)["pointing_game"] == 0.5
    with caplog.at_level(logging.INFO):
        assert game.evaluate(listed(["cow", "hen"]), inside)["pointing_game"] == 0.0
    assert "Skip pointing game evaluation for this saliency map." in caplog.text
    every: Any = {"per_image_map": [[0, 1], [2, 3]]}
    assert game.evaluate([Explanation(every, "per_image_map", xai.Task.CLASSIFICATION)], inside)["pointing_game"] == 1.0
    for explanations, boxes in ((listed(["cat", "dog"]), []), (listed(None), inside)):
        with pytest.raises(AssertionError):
            game.evaluate(explanations, boxes)
