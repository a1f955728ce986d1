"""What a notebook shows of an explanation and of a report, and figures of a size that fits."""

from __future__ import annotations

import base64
import importlib
import re
import sys
from typing import Any

import numpy as np
import pytest
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.shapes import LABELS

import ovxai_passes as xai
from ovxai_passes.explainer import Explanation, Prediction
from ovxai_passes.model_info.read import read_model
from tests.support.extras import needs_pictures


def explained(count: int = 2, names: list[str] | None = None) -> Explanation:
    maps = np.random.default_rng(0).integers(0, 256, (1, count, 4, 6), np.uint8)
    return Explanation(maps, -1, xai.Task.CLASSIFICATION, names, {0: Prediction(0, 0.97)})


def test_the_text_of_an_explanation() -> None:
    assert repr(explained(2, ["disc", "star"])) == (
        "<Explanation, classification: 2 maps 4x6 grey: disc (0), 0.97, star (1)>"
    )
    assert repr(explained(8)) == "<Explanation, classification: 8 maps 4x6 grey: 0, 0.97, 1, 2, 3, 4, and 3 more>"
    assert repr(Explanation(np.zeros((1, 4, 6), np.uint8), -1, xai.Task.DETECTION)) == (
        "<Explanation, detection: 1 map of all classes 4x6 grey>"
    )
    assert repr(Explanation({}, -1, xai.Task.DETECTION)) == "<Explanation: no maps>"


def test_pictures_of_an_explanation() -> None:
    needs_pictures()
    cv2 = importlib.import_module("cv2")
    explanation = explained(14, ["<b>", *"abcdefghijklm"])
    shown = str(explanation._repr_html_())
    assert shown.count("<img") == 12
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
    assert "2 more are not shown" in shown
    first = base64.b64decode(str(re.findall(r"base64,([^\"]+)", shown)[0]))
    tile = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_COLOR)
    assert tile.shape == (176, 264, 3)
    wanted = cv2.resize(explanation.saliency_map[0], (264, 176))
    assert np.abs(tile[..., 0].astype(int) - wanted).mean() < 5
    sheet = cv2.imdecode(np.frombuffer(explanation._repr_png_() or b"", np.uint8), cv2.IMREAD_COLOR)
    assert sheet.shape == (3 * 206, 4 * 272 + 8, 3)


def test_raw_scores_and_colours_are_shown() -> None:
    needs_pictures()
    raw: dict[int | str, Any] = {
        0: np.linspace(-3, 5, 24, dtype=np.float32).reshape(4, 6),
        1: np.full((4, 6, 3), 200, np.uint8),
    }
    explanation = Explanation(raw, -1, xai.Task.CLASSIFICATION)
    assert explanation._repr_png_()
    assert explanation._repr_html_()


def test_without_maps_or_packages_there_is_the_text_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = Explanation({}, -1, xai.Task.DETECTION)
    assert nothing._repr_html_() is None
    assert nothing._repr_png_() is None
    monkeypatch.setitem(sys.modules, "cv2", None)
    assert explained()._repr_html_() is None
    assert explained()._repr_png_() is None


@pytest.mark.parametrize(("count", "columns", "size"), [(1, 4, (6, 4.4)), (2, 4, (12, 4.4)), (8, 4, (16, 2 * 3.067))])
def test_a_figure_is_as_large_as_its_maps_ask_for(
    count: int, columns: int, size: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    matplotlib: Any = pytest.importorskip(
        "matplotlib", reason="plots need matplotlib: pip install 'ovxai-passes[plot]'"
    )
    matplotlib.use("Agg")
    pyplot = importlib.import_module("matplotlib.pyplot")
    figures: list[Any] = []
    monkeypatch.setattr(pyplot, "show", lambda: figures.append(pyplot.gcf()))
    explained(count).plot(num_columns=columns)
    pyplot.close("all")
    np.testing.assert_allclose(figures[0].get_size_inches(), size, rtol=1e-3)
    assert figures[0].axes[0].images[0].get_clim() == (0, 255), "maps of one scale keep it"


def test_a_report_is_read_at_a_glance() -> None:
    report = xai.plan(read_model(demo.model_path("demo:cnn")), xai.Options())
    text = repr(report)
    assert text.startswith("<Report, classification: method reciprocam, target ")
    assert "grid 8x8" in text
    assert len(text) < 300
    table = report._repr_html_()
    assert f"<tr><th>classes</th><td>{len(LABELS)}</td></tr>" in table
    assert "notice" not in table
    assert "<tr><th>notice</th><td>a &lt; b</td></tr>" in report.with_notices("a < b")._repr_html_()
