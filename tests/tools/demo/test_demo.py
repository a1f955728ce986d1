"""The demo pictures, the demo model, and what its maps point at."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.cli import gallery
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.shapes import LABELS, SIDE, make_pair, make_picture

from ovxai_passes.pictures.decoding import read_picture
from tests.support.cli import invoke
from tests.support.extras import needs_pictures
from tests.tools.cli.test_transform import call

WEIGHTS = Path(__file__).resolve().parents[3] / "tools" / "weights"


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


@pytest.mark.parametrize(("name", "accurate"), [("cnn", 0.95), ("vit", 0.92)])
def test_the_shipped_model_is_small_and_says_how_good_it_is(name: str, accurate: float) -> None:
    path = demo.model_path(f"demo:{name}")
    size = path.stat().st_size + path.with_suffix(".bin").stat().st_size
    assert size <= 600 * 1024
    model = ov.Core().read_model(path)
    assert model.get_rt_info(["model_info", "labels"]).astype(str).split() == list(LABELS)
    assert float(model.get_rt_info(["demo", "accuracy"]).astype(str)) >= accurate
    assert len(demo.pictures()) == 12


@pytest.mark.parametrize("name", ["cnn", "vit"])
def test_the_shipped_model_is_what_its_stored_weights_give(name: str, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the export needs torch: pip install 'ovxai-passes[zoo]'")
    needs_pictures()
    train_demo = importlib.import_module("ovxai_tools.demo.train")
    train_demo.export_stored(WEIGHTS / f"{name}.npz", tmp_path / f"{name}.xml")
    made, shipped = (ov.Core().read_model(folder / f"{name}.xml") for folder in (tmp_path, demo.FOLDER))
    kinds = [[node.get_type_name() for node in model.get_ordered_ops()] for model in (made, shipped)]
    assert kinds[0] == kinds[1]
    for one, other in zip(made.get_ordered_ops(), shipped.get_ordered_ops(), strict=True):
        if one.get_type_name() == "Constant":
            np.testing.assert_array_equal(one.get_data(), other.get_data())
    assert made.get_rt_info(["demo", "accuracy"]).astype(str) == shipped.get_rt_info(["demo", "accuracy"]).astype(str)


def test_two_objects_in_one_picture() -> None:
    left, right = make_pair(3, (1, 4))
    np.testing.assert_array_equal(left.pixels, right.pixels)
    assert (left.label, right.label) == (1, 4)
    assert left.box[2] <= right.box[0] + 0.1
    assert not np.array_equal(left.pixels, make_pair(4, (1, 4))[0].pixels)


def test_gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_pictures()
    monkeypatch.chdir(tmp_path)
    invoke(gallery.main, "demo:cnn", "out.png")
    assert read_picture(Path("out.png")).shape == (3 * 332, 4 * 256 + 5 * 10, 3)
    assert "it exists" in invoke(gallery.main, "demo:cnn", "out.png", code=2).output
    assert "two of disc" in invoke(gallery.main, "demo:cnn", "other.png", "--labels", "cat,dog", code=2).output
    assert [path.name for path in tmp_path.iterdir()] == ["out.png"]


def test_the_readme_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_pictures()
    monkeypatch.chdir(tmp_path)
    report = json.loads(call("demo:cnn", "saliency.xml", "--preview", "saliency.png", "--verify", "--json").stdout)
    assert report["method"] == "reciprocam"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["saliency.bin", "saliency.png", "saliency.xml"]
    pixels = read_picture(Path("saliency.png"))
    assert pixels.shape == (332, 3 * 256 + 4 * 10, 3)
    assert len(np.unique(pixels[26:282, 276:532].reshape(-1, 3), axis=0)) > 10, "the map is in colours"
    call("demo:cnn", "other.xml", "--preview", "saliency.png", code=2)
    assert not (tmp_path / "other.xml").exists()
