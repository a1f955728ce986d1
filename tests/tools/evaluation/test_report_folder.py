"""ovxai evaluate --out: a report of a model on pictures, and what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.cli import evaluate
from ovxai_tools.demo.shapes import held_out
from ovxai_tools.demo.shipped import model_path
from ovxai_tools.evaluation.results.rows import Row, RowJournal

from ovxai_passes.model_info.read import read_model
from ovxai_passes.model_info.rt_info import said_in
from ovxai_passes.pictures.encoding import write_picture
from tests.support.cli import invoke
from tests.support.extras import needs_pictures

needs_pictures()

ONE = ("--setting", "method=activationmap")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of shapes, with their boxes and classes beside the folder."""
    folder = tmp_path_factory.mktemp("shapes") / "pictures"
    folder.mkdir()
    shapes = {f"{number}.png": one for number, one in enumerate(held_out(3))}
    for name, one in shapes.items():
        write_picture(one.pixels, folder / name)
    boxes = {name: [[one.label, *one.box]] for name, one in shapes.items()}
    (folder.parent / "boxes.json").write_text(json.dumps(boxes))
    (folder.parent / "labels.json").write_text(json.dumps({name: one.label for name, one in shapes.items()}))
    return folder


def _values(folder: Path) -> list[dict[str, str]]:
    with (folder / "values.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_classifier_on_pictures_of_ones_own(pictures: Path, tmp_path: Path) -> None:
    about = (
        "--images",
        pictures,
        "--boxes",
        pictures.parent / "boxes.json",
        "--labels",
        pictures.parent / "labels.json",
    )
    said = invoke(evaluate.main, "demo:cnn", *about, *ONE, "--grids", 0, "--out", tmp_path / "out").output
    assert said.splitlines()[-1].startswith("for this model: ")
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == [
        "evaluation.json",
        "index.html",
        "values.csv",
    ]
    rows = _values(tmp_path / "out")
    names = list(dict.fromkeys(row["setting"] for row in rows))
    assert [name.split(":")[0] for name in names] == [
        "default",
        "method=activationmap",
        "random",
        "centre",
        "box gaussian",
    ]
    assert len(rows) == 15
    for row in rows:
        assert 0 <= float(row["energy"]) <= 1
        assert 0 <= float(row["lerf"]) <= 1
        assert bool(row["mprt"]) == (row["setting"] in names[:2]), "a baseline has no weights"
    energies = {name: np.mean([float(row["energy"]) for row in rows if row["setting"] == name]) for name in names}
    assert energies["box gaussian"] > energies[names[0]] > energies["random"]


def test_a_detector_on_the_demo_scenes(tmp_path: Path) -> None:
    applied = tmp_path / "best.xml"
    asked = (*ONE, "--limit", 2, "--out", tmp_path / "out", "--apply", applied, "--bgr", "--json")
    told = json.loads(invoke(evaluate.main, "demo:detector", *asked).stdout)
    written = read_model(applied)
    assert said_in(written, "ovxai", "method") in told["verdict"]["setting"]
    assert said_in(written, "model_info", "reverse_input_channels") == "True"
    assert told["notices"] == ["GridPG is measured of classifiers only"]
    assert {"insertion", "deletion", "morf", "lerf"} == set(told["settings"][0]["curves"])
    figures = {one["setting"].split(":")[0]: one["figures"] for one in told["settings"]}
    assert figures["default"]["pointing"]["mean"] == 1
    assert figures["default"]["energy"]["mean"] > figures["centre"]["energy"]["mean"]


def test_grids_of_the_demo_shapes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Twelve pictures are of four classes; what is measured on each picture is left out here."""
    monkeypatch.setattr(
        "ovxai_tools.evaluation.run._OnPictures.rows",
        lambda of, shown: [Row(of.contestant.name, one.key, one.target, {}) for one in shown],
    )
    said = invoke(
        evaluate.main, "demo:cnn", *ONE, "--limit", 12, "--grids", 3, "--out", tmp_path / "out", "--json"
    ).stdout
    told = json.loads(said)
    figures = {one["setting"].split(":")[0]: one["figures"] for one in told["settings"]}
    assert figures["default"]["gridpointing2"]["mean"] > 0.7
    assert figures["default"]["gridpg2"]["mean"] > 0.3 > figures["random"]["gridpg2"]["mean"] > 0.15
    assert figures["method=activationmap"]["gridpg2"]["mean"] == pytest.approx(0.25), "all cells see the same map"


def test_black_boxes_are_compared_where_asked_for(tmp_path: Path) -> None:
    pytest.importorskip("scipy", reason="AISE searches by scipy")
    asked = ("demo:cnn", *ONE, "--limit", 1, "--grids", 0, "--black-box", "speed", "--out", tmp_path / "out", "--json")
    told = json.loads(invoke(evaluate.main, *asked).stdout)
    figures = {one["setting"]: one["figures"] for one in told["settings"]}
    assert figures["rise speed"]["inferences"]["mean"] == 1001
    assert 50 < figures["aise speed"]["inferences"]["mean"] < 500
    assert "mprt" not in figures["rise speed"]
    assert "rise" not in told["verdict"]["setting"], "it is no setting of transform"
    refused = invoke(evaluate.main, "demo:detector", "--black-box", "speed", "--out", tmp_path / "no", code=2).output
    assert "--black-box compares classifiers" in refused


def test_after_an_interrupt_the_same_command_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command = ("demo:detector", *ONE, "--limit", 2, "--out", tmp_path / "out")
    add = RowJournal.add
    measured: list[Row] = []

    def interrupted(self: RowJournal, row: Row) -> None:
        if len(self.rows) == 3 and not measured:
            measured.extend(self.rows.values())
            raise KeyboardInterrupt
        add(self, row)

    monkeypatch.setattr(RowJournal, "add", interrupted)
    assert "holds 3 measured maps" in invoke(evaluate.main, *command, code=130).output
    monkeypatch.setattr(RowJournal, "add", add)
    assert "goes on" not in invoke(evaluate.main, "demo:detector", *command[1:]).output
    rows = {(row["setting"], row["picture"], int(row["class"])): row for row in _values(tmp_path / "out")}
    assert all(rows[one.place]["seconds"] == str(one.values["seconds"]) for one in measured), "not measured again"
    assert "it exists" in invoke(evaluate.main, *command, code=2).output


def test_what_is_asked_for_wrongly(pictures: Path, tmp_path: Path) -> None:
    def refused(*args: object) -> str:
        return invoke(evaluate.main, *args, "--out", tmp_path / "out", code=2).output

    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({f"{number}.png": 0 for number in range(3)}))
    assert "name one model, not 0" in refused()
    assert "--images DIR" in refused(_own_model(tmp_path))
    assert "demo pictures have their own" in refused("demo:cnn", "--labels", labels)
    assert "GridPG compares classes" in refused("demo:cnn", "--images", pictures, "--labels", labels)
    assert "give --boxes" in refused("demo:detector", "--images", pictures)
    assert "no option" in refused("demo:cnn", "--setting", "nonsense")
    assert not (tmp_path / "out").exists()
    assert "give --out" in invoke(evaluate.main, "demo:cnn", "--images", pictures, code=2).output


def test_no_picture_that_is_classified_right(pictures: Path, tmp_path: Path) -> None:
    labels = {f"{number}.png": (one.label + 1) % 4 for number, one in enumerate(held_out(3))}
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    about = ("--images", pictures, "--labels", tmp_path / "labels.json", "--out", tmp_path / "out")
    assert "gets none of 3 pictures right" in invoke(evaluate.main, "demo:cnn", *about, code=2).output


def _own_model(folder: Path) -> Path:
    path = folder / "own.xml"
    ov.save_model(read_model(model_path("demo:cnn")), path, compress_to_fp16=False)
    return path
