"""The demo pictures, the demo model, and what its maps point at."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from ovxai_tools import demo
from ovxai_tools.shapes import LABELS, SIDE, make_picture

import ovxai_passes as xai
from tests.test_transform import call

HELD_OUT = 1_000_000


def test_pictures_depend_on_their_number_alone() -> None:
    first, again, other = make_picture(7), make_picture(7), make_picture(8)
    np.testing.assert_array_equal(first.pixels, again.pixels)
    assert (first.label, first.box) == (again.label, again.box)
    assert not np.array_equal(first.pixels, other.pixels)


def test_pictures_hold_every_label_and_their_box() -> None:
    pictures = [make_picture(number) for number in range(200)]
    assert set(Counter(picture.label for picture in pictures)) == set(range(len(LABELS)))
    for picture in pictures:
        x0, y0, x1, y1 = picture.box
        assert 0 <= x0 < x1 <= 1
        assert 0 <= y0 < y1 <= 1
        assert picture.pixels.shape == (SIDE, SIDE, 3)
        assert 10 / SIDE < max(x1 - x0, y1 - y0) < 32 / SIDE


def test_the_shipped_model_is_small_and_says_how_good_it_is() -> None:
    path = demo.model_path("demo:cnn")
    size = path.stat().st_size + path.with_suffix(".bin").stat().st_size
    assert size <= 600 * 1024
    model = ov.Core().read_model(path)
    assert model.get_rt_info(["model_info", "labels"]).astype(str).split() == list(LABELS)
    assert float(model.get_rt_info(["demo", "accuracy"]).astype(str)) >= 0.95
    assert len(demo.pictures()) == 12


def test_the_demo_model_answers_and_points_at_the_object() -> None:
    augmented = xai.insert_xai(demo.model_path("demo:cnn"))
    pictures = [make_picture(number) for number in range(HELD_OUT, HELD_OUT + 200)]
    images = np.stack([picture.pixels for picture in pictures]).transpose(0, 3, 1, 2).astype(np.float32)
    results = ov.compile_model(augmented, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(images)
    right = [int(scores.argmax()) == picture.label for scores, picture in zip(results[0], pictures, strict=True)]
    assert np.mean(right) >= 0.95
    inside = []
    for picture, maps in zip(pictures, results["saliency_map"], strict=True):
        saliency = maps[picture.label]
        row, column = np.unravel_index(saliency.argmax(), saliency.shape)
        x, y = (column + 0.5) / saliency.shape[1], (row + 0.5) / saliency.shape[0]
        x0, y0, x1, y1 = picture.box
        inside.append(x0 <= x <= x1 and y0 <= y <= y1)
    assert np.mean(np.array(inside)[right]) >= 0.9


def test_the_readme_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = pytest.importorskip("PIL.Image", reason="the preview needs Pillow: pip install 'ovxai-passes[image]'")
    monkeypatch.chdir(tmp_path)
    report = json.loads(call("demo:cnn", "saliency.xml", "--preview", "saliency.png", "--verify", "--json").stdout)
    assert report["method"] == "reciprocam"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["saliency.bin", "saliency.png", "saliency.xml"]
    with image.open("saliency.png") as picture:
        assert picture.size == (3 * 256 + 16, 280)
        pixels = np.asarray(picture)
    assert len(np.unique(pixels[:256, 264:520].reshape(-1, 3), axis=0)) > 10, "the map is in colours"
    call("demo:cnn", "other.xml", "--preview", "saliency.png", code=2)
    assert not (tmp_path / "other.xml").exists()
