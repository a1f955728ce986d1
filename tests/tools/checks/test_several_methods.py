"""Several methods on the command line: the report, what is verified, drawn, copied, removed and explained."""

from __future__ import annotations

import json
from pathlib import Path

import openvino as ov
import pytest
from ovxai_tools.cli import bench, explain, transform
from ovxai_tools.demo import shipped as demo

from ovxai_passes.pictures.decoding import read_picture
from tests.support.cli import invoke
from tests.support.extras import needs_pictures

STAR = demo.FOLDER / "03_star.png"
SCENE = sorted((demo.FOLDER / "scenes").glob("*.png"))[0]
TWO = ("--method", "reciprocam", "--method", "eigencam")


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_dry_run_tells_of_each_map() -> None:
    said = invoke(transform.main, "demo:cnn", "--dry-run", *TWO, "--mask", "gaussian").output
    assert "method:       reciprocam, k=0, mask gaussian" in said
    assert "output:       saliency_map_eigencam\nmethod:       eigencam\n" in said
    assert said.count("target layer:") == 2
    assert "cost of all:" in said
    assert "why:          saliency_map_eigencam: " in said


def test_all_maps_are_verified_written_drawn_and_removed() -> None:
    needs_pictures()
    options = (*TWO, "--top-k", 2, "--feature-vector", "--verify", "--image", STAR, "--preview", "preview.png")
    report = json.loads(invoke(transform.main, "demo:cnn", "out.xml", *options, "--json").stdout)
    for name in ("saliency_map", "saliency_map_eigencam"):
        held = [line for line in report["verified"] if line.startswith(f"03_star.png: {name}: ")]
        assert [line.rpartition(": ")[2] for line in held] == [
            "map equal to the naive definition on all 64 positions",
            "map not constant",
        ]
    assert [one["output"] for one in report["further"]] == ["saliency_map_eigencam"]
    assert report["total_cost"] == pytest.approx(report["cost"] + report["further"][0]["cost"], abs=2e-3)
    single = json.loads(
        invoke(transform.main, "demo:cnn", "one.xml", "--image", STAR, "--preview", "one.png", "--json").stdout
    )
    assert (single["further"], single["total_cost"]) == ([], single["cost"])
    rows, row = read_picture(Path("preview.png")), read_picture(Path("one.png"))
    assert rows.shape == (2 * row.shape[0], *row.shape[1:])
    assert "copied" in invoke(transform.main, "out.xml", "copy.xml", *TWO).output
    assert "no effect" not in invoke(transform.main, "--remove", "out.xml", "plain.xml").output
    plain = ov.Core().read_model("plain.xml")
    assert len(plain.outputs) == 1
    measured = json.loads(invoke(bench.main, "demo:cnn", "out.xml", "--runs", 3, "--no-memory", "--json").stdout)
    assert measured["models"][1]["ops_growth"] == report["ops_growth"]


def test_a_preview_of_a_detector_has_a_row_for_each_method() -> None:
    needs_pictures()
    methods = [part for name in ("activationmap", "detclassprobabilitymap", "eigencam") for part in ("--method", name)]
    invoke(transform.main, "demo:detector", "out.xml", *methods, "--image", SCENE, "--preview", "preview.png")
    invoke(transform.main, "demo:detector", "one.xml", "--image", SCENE, "--preview", "one.png")
    assert read_picture(Path("preview.png")).shape[0] == 3 * read_picture(Path("one.png")).shape[0]


@pytest.mark.parametrize(("method", "label"), [(None, "star"), ("reciprocam", "star"), ("eigencam", "all classes")])
def test_pictures_are_explained_by_the_method_asked_for(method: str | None, label: str) -> None:
    needs_pictures()
    invoke(transform.main, "demo:cnn", "out.xml", *TWO)
    asked = ("--method", method) if method else ()
    said = json.loads(invoke(explain.main, "out.xml", STAR, "--output", "maps", "--json", *asked).stdout)
    assert [one["class"] for one in said["explained"]] == [label]


def test_a_method_that_is_not_there() -> None:
    needs_pictures()
    invoke(transform.main, "demo:cnn", "out.xml", *TWO)
    called = ("out.xml", STAR, "--output", "maps", "--json")
    result = invoke(explain.main, *called, "--method", "activationmap", "--method", "reciprocam")
    assert (
        "the model has maps of reciprocam, eigencam: they are taken off here, and --method activationmap"
        in result.stderr
    )
    assert [one["class"] for one in json.loads(result.stdout)["explained"]] == ["all classes", "star"]


def test_given_twice() -> None:
    said = invoke(transform.main, "demo:cnn", "o.xml", "--method", "eigencam", "--method", "eigencam", code=2).output
    assert "method 'eigencam' is given twice" in said


@pytest.mark.parametrize("methods", [(), ("--method", "reciprocam", "--method", "activationmap")])
def test_a_preview_says_what_the_model_saw(methods: tuple[str, ...]) -> None:
    needs_pictures()
    said = invoke(transform.main, "demo:cnn", "out.xml", *methods, "--image", STAR, "--preview", "a.png").output
    assert said.splitlines()[-2].startswith(f"{Path(STAR).name} → star")
    said = invoke(transform.main, "demo:cnn", "again.xml", *methods, "--preview", "b.png").output
    assert said.splitlines()[-2].startswith("00_disc.png → disc")
