"""Maps of one picture, saved, shown and named."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ovxai_tools.demo.shapes import LABELS

import ovxai_passes as xai
from ovxai_passes.explainer import (
    Explanation,
)


def test_names_of_saved_maps(picture: Any, explainer: xai.Explainer, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="maps are saved by Pillow: pip install 'ovxai-passes[image]'")
    named = explainer(picture, targets=[0, 3], label_names=list(LABELS), overlay=True)
    named.save(tmp_path / "a")
    named.save(tmp_path / "b", prefix="image_target_")
    named.save(tmp_path / "c", postfix="_class_map")
    named.save(tmp_path / "d", prefix="image_", postfix="_conf_", confidence_scores={0: 0.854, 3: 0.1})
    explainer(picture, targets=[3]).save(str(tmp_path / "e"))
    twice = explainer(picture, label_names=["a/b", "a_b", *"cdefgh"])
    twice.save(tmp_path / "f")
    names = {folder.name: sorted(path.name for path in folder.iterdir()) for folder in tmp_path.iterdir()}
    assert names == {
        "a": ["disc.jpg", "star.jpg"],
        "b": ["image_target_disc.jpg", "image_target_star.jpg"],
        "c": ["disc_class_map.jpg", "star_class_map.jpg"],
        "d": ["image_disc_conf_0.85.jpg", "image_star_conf_0.10.jpg"],
        "e": ["3.jpg"],
        "f": ["a_b_0.jpg", "a_b_1.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg", "g.jpg", "h.jpg"],
    }
    with image.open(tmp_path / "a" / "star.jpg") as saved:
        difference = np.asarray(saved, int) - named.saliency_map[3].astype(int)
    assert np.abs(difference).mean() < 8, "colours are kept"


def test_plots(picture: Any, explainer: xai.Explainer, monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib = pytest.importorskip(
        "matplotlib", reason="plots are drawn by matplotlib: pip install 'ovxai-passes[plot]'"
    )
    matplotlib.use("Agg")
    pyplot = importlib.import_module("matplotlib.pyplot")
    shown: list[int] = []
    monkeypatch.setattr(pyplot, "show", lambda: shown.append(sum(axis.get_visible() for axis in pyplot.gcf().axes)))
    explanation = explainer(picture, label_names=list(LABELS))
    explanation.plot()
    explanation.plot(targets=["star", "disc"], num_columns=3)
    explanation.plot(targets=[0, 99], max_num_plots=1)
    assert shown == [8, 2, 1]
    pyplot.close("all")
    with pytest.raises(xai.OptionError, match="there is no backend 'svg'"):
        explanation.plot(backend="svg")


def test_plots_in_windows(picture: Any, explainer: xai.Explainer, monkeypatch: pytest.MonkeyPatch) -> None:
    cv2 = pytest.importorskip("cv2", reason="windows are opened by OpenCV")
    windows: list[str] = []
    monkeypatch.setattr(cv2, "imshow", lambda title, _: windows.append(title))
    monkeypatch.setattr(cv2, "waitKey", lambda _: 0)
    monkeypatch.setattr(cv2, "destroyAllWindows", lambda: None)
    explainer(picture, targets=[0, 3], label_names=list(LABELS)).plot(backend="cv")
    assert windows == ["Class disc (0)", "Class star (3)"]


def test_an_explanation_of_what_is_no_map() -> None:
    for saliency in (np.zeros((2, 3, 4, 4)), np.zeros((4, 4)), np.zeros((1, 0, 4, 4))):
        with pytest.raises(xai.OptionError):
            Explanation(saliency, -1, xai.Task.CLASSIFICATION)
