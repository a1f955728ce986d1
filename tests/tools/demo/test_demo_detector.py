"""The demo detector, its scenes, and what is made of a detector's output."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.cli import gallery
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.average_precision import Truth, average_precision_50, map_50
from ovxai_tools.demo.scenes import LARGE_SIDE, SIDE, Scene, make_scene
from ovxai_tools.demo.shapes import HELD_OUT, LABELS

from ovxai_passes.explainer.boxes import Detection, detections_of
from ovxai_passes.pictures.decoding import read_picture
from tests.support.cli import invoke
from tests.support.extras import needs_pictures
from tests.tools.cli.test_transform import call

WEIGHTS = Path(__file__).resolve().parents[3] / "tools" / "weights"


@pytest.fixture(scope="module")
def hundred() -> list[Scene]:
    return [make_scene(number) for number in range(HELD_OUT, HELD_OUT + 100)]


def test_scenes_depend_on_their_number_alone() -> None:
    first, again, other = make_scene(7), make_scene(7), make_scene(8)
    np.testing.assert_array_equal(first.pixels, again.pixels)
    assert (first.labels, first.boxes) == (again.labels, again.boxes)
    assert not np.array_equal(first.pixels, other.pixels)


def test_scenes_hold_small_and_large_objects_and_their_boxes(hundred: list[Scene]) -> None:
    assert {label for scene in hundred for label in scene.labels} == set(range(len(LABELS)))
    assert {len(scene.labels) for scene in hundred} == {1, 2, 3}
    large = []
    for scene in hundred:
        assert scene.pixels.shape == (SIDE, SIDE, 3)
        assert len(scene.labels) == len(scene.boxes)
        for x0, y0, x1, y1 in scene.boxes:
            assert 0 <= x0 < x1 <= 1
            assert 0 <= y0 < y1 <= 1
            longer = SIDE * max(x1 - x0, y1 - y0)
            assert abs(longer - LARGE_SIDE) >= 1.9, "neither small nor large"
            large.append(longer > LARGE_SIDE)
    assert 0.3 < np.mean(large) < 0.7


def test_the_shipped_detector_is_small_and_says_how_good_it_is() -> None:
    path = demo.model_path("demo:detector")
    assert path.stat().st_size + path.with_suffix(".bin").stat().st_size <= 900_000
    model = ov.Core().read_model(path)
    assert model.get_rt_info(["model_info", "labels"]).astype(str).split() == list(LABELS)
    assert model.get_rt_info(["model_info", "model_type"]).astype(str) == "YOLOv8"
    assert float(model.get_rt_info(["demo", "map50"]).astype(str)) >= 0.85
    assert (model.input().any_name, str(model.input().partial_shape)) == ("image", f"[?,3,{SIDE},{SIDE}]")
    assert model.get_parameters()[0].layout == ov.Layout("NCHW")
    assert (model.output().any_name, str(model.output().partial_shape)) == ("detections", "[?,12,180]")


def test_the_shipped_detector_is_what_its_stored_weights_give(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the export needs torch: pip install 'ovxai-passes[zoo]'")
    needs_pictures()
    train_demo = importlib.import_module("ovxai_tools.demo.train")
    train_demo.export_stored(WEIGHTS / "detector.npz", tmp_path / "detector.xml")
    made, shipped = (ov.Core().read_model(folder / "detector.xml") for folder in (tmp_path, demo.FOLDER))
    for one, other in zip(made.get_ordered_ops(), shipped.get_ordered_ops(), strict=True):
        assert one.get_type_name() == other.get_type_name()
        if one.get_type_name() == "Constant":
            np.testing.assert_array_equal(one.get_data(), other.get_data())
    assert made.get_rt_info(["demo", "map50"]).astype(str) == shipped.get_rt_info(["demo", "map50"]).astype(str)


def test_the_detector_finds_what_is_there(hundred: list[Scene]) -> None:
    compiled = ov.compile_model(ov.Core().read_model(demo.model_path("demo:detector")), "CPU")
    images = np.stack([scene.pixels for scene in hundred]).transpose(0, 3, 1, 2).astype(np.float32)
    found = [detections_of(output, 0.01) for output in compiled(images)[0]]
    truth = [
        [
            Truth((x0 * SIDE, y0 * SIDE, x1 * SIDE, y1 * SIDE), label)
            for label, (x0, y0, x1, y1) in zip(scene.labels, scene.boxes, strict=True)
        ]
        for scene in hundred
    ]
    assert map_50(found, truth) >= 0.8
    cells_fine = (SIDE // 8) ** 2
    for label in (0, 1):  # 0: small, by the fine level; 1: large, by the coarse one
        sized = [[one for one in picture if (max(_sides(one)) > LARGE_SIDE) == bool(label)] for picture in truth]
        by_level = [[one for one in picture if (one.cell >= cells_fine) == bool(label)] for picture in found]
        assert map_50(by_level, sized) >= 0.8


def _sides(one: Truth) -> tuple[float, float]:
    return one.box[2] - one.box[0], one.box[3] - one.box[1]


def test_shipped_scenes() -> None:
    needs_pictures()
    scenes = demo.scenes()
    assert len(scenes) == 8
    assert {label for scene in scenes for label in scene.labels} == set(LABELS)
    for scene in scenes:
        assert len(scene.labels) == len(scene.boxes)
        assert read_picture(scene.path).shape == (SIDE, SIDE, 3)
    assert len(list((demo.FOLDER / "scenes").glob("*.png"))) == 8


def test_where_a_classifier_is_needed_the_detector_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_pictures()
    monkeypatch.chdir(tmp_path)
    output = invoke(gallery.main, "demo:detector", "out.png", code=2).output
    assert "a classifier is needed here: demo:cnn or demo:vit" in output


def test_the_readme_command_for_detectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_pictures()
    monkeypatch.chdir(tmp_path)
    report = json.loads(call("demo:detector", "out.xml", "--preview", "out.png", "--verify", "--json").stdout)
    assert (report["task"], report["method"], report["grid"]) == ("detection", "detclassprobabilitymap", [23, 23])
    assert [level["grid"] for level in report["levels"]] == [[12, 12], [6, 6]]
    assert any("as they are alone" in line for line in report["verified"])
    assert read_picture(Path("out.png")).shape == (332, 3 * 256 + 4 * 10, 3)


def test_detections_by_hand() -> None:
    """Two classes, five cells: a box, one of its class over it, one of the other class there, a far and a weak one."""
    output = np.array(
        [
            [10, 11, 10, 40, 60],  # centre x
            [20, 20, 20, 40, 60],  # centre y
            [8, 8, 8, 4, 4],  # width
            [10, 10, 10, 6, 4],  # height
            [0.9, 0.8, 0.1, 0.0, 0.2],
            [0.2, 0.3, 0.7, 0.95, 0.1],
        ],
        np.float32,
    )
    found = detections_of(output, 0.5)
    assert [(one.cell, one.label) for one in found] == [(3, 1), (0, 0), (2, 1)]
    assert found[1].box == (6, 15, 14, 25)
    assert found[1].score == pytest.approx(0.9)
    assert [one.cell for one in detections_of(output, 0.5, overlap=0.8)] == [3, 0, 1, 2], "7/9 of the area is shared"
    assert [one.cell for one in detections_of(output, 0.15)] == [3, 0, 2, 4]
    assert detections_of(output, 0.99) == []


def _found(score: float, left: float, label: int = 0) -> Detection:
    return Detection((left, 0, left + 10, 10), label, score, 0)


def test_average_precision_by_hand() -> None:
    truth = [[Truth((0, 0, 10, 10), 0), Truth((50, 0, 60, 10), 0)], [Truth((0, 0, 10, 10), 0)]]
    # Right, wrong place, right, taken already; the third object is not found: precision 1 and 2/3 at two of 3 recalls.
    found = [[_found(0.9, 1), _found(0.8, 30), _found(0.6, 0)], [_found(0.7, 0)]]
    assert average_precision_50(found, truth, 0) == pytest.approx((1 + 2 / 3) / 3)
    # Wrong first: the best precision from each recall on counts, 2/3 at both.
    found = [[_found(0.9, 30), _found(0.8, 0), _found(0.7, 50)], []]
    assert average_precision_50(found, truth, 0) == pytest.approx((2 / 3 + 2 / 3) / 3)
    assert average_precision_50([[_found(0.9, 5.1)], []], truth, 0) == 0, "an overlap of 0.32"
    assert average_precision_50([[], []], truth, 0) == 0
    assert np.isnan(average_precision_50([[], []], truth, 1))


def test_map_50_is_the_mean_of_classes_that_are_there() -> None:
    truth = [[Truth((0, 0, 10, 10), 0), Truth((50, 0, 60, 10), 2)]]
    assert map_50([[_found(0.9, 0), _found(0.8, 50, label=1)]], truth) == 0.5
    assert map_50([[_found(0.9, 0), _found(0.8, 50, label=2), _found(0.3, 20, label=5)]], truth) == 1
