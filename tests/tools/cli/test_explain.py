"""ovxai-explain on the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.cli.explain import main
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures import picture_run
from ovxai_tools.pictures.page.images import FOLDER

import ovxai_passes as xai
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.encoding import write_picture
from tests.fixtures import graphs, other_detector_graphs
from tests.support.cli import invoke
from tests.support.extras import needs_pictures

needs_pictures()

STAR = demo.FOLDER / "03_star.png"
RING = demo.FOLDER / "05_ring.png"
SCENE = sorted((demo.FOLDER / "scenes").glob("*.png"))[0]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != FOLDER)


def test_pictures_become_maps_overlays_and_a_page(tmp_path: Path) -> None:
    said = json.loads(invoke(main, "demo:cnn", STAR, RING, "--output", tmp_path, "--top-k", 2, "--json").stdout)
    assert [one["class"] for one in said["explained"]][::2] == ["star", "ring"]
    assert said["explained"][0]["score"] > 0.5
    assert said["left_out"] == []
    files = [name for one in said["explained"] for name in one["files"]]
    assert names(tmp_path) == sorted([*files, "index.html"])
    assert files[:2] == ["03_star_star_map.png", "03_star_star_overlay.jpg"]
    heat, laid = (read_picture(tmp_path / name) for name in files[:2])
    assert heat.shape == laid.shape == (64, 64, 3)
    assert heat[..., 0].max() > 200
    page = (tmp_path / "index.html").read_text()
    assert page.count("<img") == 6
    assert all((tmp_path / name).is_file() for name in re.findall(r'(?:src|data-heat)="([^"]+)', page))
    assert len(list((tmp_path / FOLDER).iterdir())) == 2 + 4 * 2, "a thumbnail of each picture, overlay and map of each"
    assert "http" not in page
    assert "<title>What demo:cnn says of 2 pictures, and why</title>" in page
    assert "<h2>03_star.png</h2>" in page, "no path of a disk"


def test_of_the_best_classes_impossible_ones_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for least, count in ((0.3, 1), (1.1, 1), (0.0, 8)):
        monkeypatch.setattr(picture_run, "_LEAST", least)
        call = ("demo:cnn", STAR, "--output", tmp_path, "--top-k", 8, "--json", "--force")
        assert len(json.loads(invoke(main, *call).stdout)["explained"]) == count


def test_folders_sizes_colours_and_classes(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(STAR.read_bytes())
    (tmp_path / "notes.txt").write_text("no picture")
    options = ("--targets", "star,5", "--size", "20x30", "--colormap", "grey", "--overlay-weight", 0.2)
    out = tmp_path / "out"
    text = invoke(main, "demo:cnn", tmp_path, "--output", out, *options).output
    assert "a.png: star" in text
    assert "b.png: ring" in text
    assert len(names(out)) == 9
    pixels = read_picture(out / "a_star_map.png")
    assert pixels.shape == (20, 30, 3)
    assert (pixels[..., 0] == pixels[..., 2]).all()


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    result = invoke(main, "demo:cnn", broken, STAR, tmp_path / "none.png", "--output", tmp_path / "out", code=5)
    assert result.output.count("left out: cannot read the picture") == 2
    assert "03_star_star_map.png" in names(tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text()
    assert "cannot read the picture none.png: No such file" in page
    assert str(tmp_path) not in page, "a page is sent"


def test_nothing_is_lost(tmp_path: Path) -> None:
    invoke(main, "demo:cnn", STAR, "--output", tmp_path)
    before = (tmp_path / "index.html").read_bytes()
    assert "it exists" in invoke(main, "demo:cnn", RING, "--output", tmp_path, code=2).output
    assert (tmp_path / "index.html").read_bytes() == before
    assert not (tmp_path / "05_ring_ring_map.png").exists()
    invoke(main, "demo:cnn", RING, "--output", tmp_path, "--force", "-q")
    assert (tmp_path / "05_ring_ring_map.png").exists()


@pytest.mark.parametrize(
    ("call", "said", "code"),
    [
        (("demo:cnn", STAR, "--targets", "cat"), "there is no class named 'cat'", 2),
        (("demo:cnn", STAR, "--targets", "99"), "there is no class 99", 2),
        (("none.xml", STAR), "there is no such file", 2),
        (("demo:cnn", "empty"), "there are no pictures in empty", 2),
        (("demo:cnn", STAR, "--size", "middle"), "takes HEIGHTxWIDTH", 2),
        (("demo:cnn", STAR, "--mean", "1,2"), "--mean takes one number or three: 104 or 104,117,123", 2),
        (("demo:cnn", STAR, "--labels", "none.txt"), "cannot read the labels", 2),
        (("demo:cnn", STAR, "--method", "vitreciprocam"), "needs as many attention blocks", 3),
        (("demo:cnn", STAR, "--targets", " ,"), "names no class", 2),
        (("demo:cnn", STAR, "--size", "20000x20"), "at most 10000x10000", 2),
        (("demo:cnn", STAR, "--black-box", "--scaling", "map"), "--scaling is for maps that are made in the model", 2),
        (("demo:detector", SCENE, "--black-box", "--targets", "cat"), "there is no class named 'cat'", 2),
    ],
)
def test_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: tuple[object, ...], said: str, code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert said in invoke(main, *call, "--output", "out", code=code).output
    assert not list(tmp_path.glob("out/*"))


def test_models_that_have_maps_already(tmp_path: Path) -> None:
    for name, options in (("all", {}), ("best", {"top_k": 2}), ("one", {"explain_method": "activationmap"})):
        ov.save_model(xai.insert_xai(demo.model_path("demo:cnn"), **options), tmp_path / f"{name}.xml")
        text = invoke(main, tmp_path / f"{name}.xml", STAR, "--output", tmp_path / name).output
        assert ("all classes" if name == "one" else "star, 9") in text


def test_black_boxes(tmp_path: Path) -> None:
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    assert "star" in invoke(main, "demo:cnn", STAR, "--output", tmp_path / "a", "--black-box").output
    invoke(main, "demo:detector", SCENE, "--output", tmp_path / "b", "--black-box", "--top-k", 2)
    assert len(names(tmp_path / "b")) == 5


def test_detectors(tmp_path: Path) -> None:
    said = json.loads(invoke(main, "demo:detector", SCENE, "--output", tmp_path, "--top-k", 2, "--json").stdout)
    assert all(one["score"] > 0.5 for one in said["explained"])
    assert len(names(tmp_path)) == 5
    ov.save_model(xai.insert_xai(demo.model_path("demo:detector")), tmp_path / "maps.xml")
    again = json.loads(invoke(main, tmp_path / "maps.xml", SCENE, "--output", tmp_path / "b", "--json").stdout)
    assert again["explained"][0]["class"] == said["explained"][0]["class"]
    ov.save_model(other_detector_graphs.two_stages(), tmp_path / "two.xml")
    assert "all classes" in invoke(main, tmp_path / "two.xml", STAR, "--output", tmp_path / "out").output


def test_equal_names_are_numbered(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.png").write_bytes(STAR.read_bytes())
    invoke(main, "demo:cnn", tmp_path / "a", tmp_path / "b", "--output", tmp_path / "out")
    assert names(tmp_path / "out")[1:] == [
        "same_star_2_map.png",
        "same_star_2_overlay.jpg",
        "same_star_map.png",
        "same_star_overlay.jpg",
    ]


def test_methods_of_models_that_have_maps(tmp_path: Path) -> None:
    ov.save_model(xai.insert_xai(demo.model_path("demo:cnn")), tmp_path / "maps.xml")
    call = (tmp_path / "maps.xml", STAR, "--output")
    ov.save_model(xai.insert_xai(demo.model_path("demo:cnn"), only_map=True), tmp_path / "only.xml")
    refused = ("--output", tmp_path / "a", "--method", "activationmap")
    said = invoke(main, tmp_path / "only.xml", STAR, *refused, code=2).output
    assert "has maps already, of reciprocam" in said
    invoke(main, *call, tmp_path / "b", "--method", "reciprocam")
    invoke(main, *call, tmp_path / "c", "--method", "rise")
    invoke(main, "demo:cnn", STAR, "--output", tmp_path / "d", "--method", "rise")
    maps = [(tmp_path / folder / "03_star_star_map.png").read_bytes() for folder in "bcd"]
    assert maps[1] == maps[2] != maps[0]


def test_boxes_of_a_class(tmp_path: Path) -> None:
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    said = json.loads(
        invoke(
            main, "demo:detector", SCENE, "--output", tmp_path, "--black-box", "--targets", "square", "--json"
        ).stdout
    )
    assert [one["class"] for one in said["explained"]] == ["square"]


def test_pictures_of_any_shape(tmp_path: Path) -> None:
    for name, size in (("dot", (1, 1)), ("thin", (1, 300)), ("high", (300, 1))):
        write_picture(np.full((*size, 3), (255, 0, 0), np.uint8), tmp_path / f"{name}.png")
    assert "wrote 7 files" in invoke(main, "demo:cnn", tmp_path, "--output", tmp_path / "out").output


def test_layouts(tmp_path: Path) -> None:
    ov.save_model(graphs.cnn(), tmp_path / "cnn.xml")
    text = invoke(main, tmp_path / "cnn.xml", STAR, "--output", tmp_path / "out", "--layout", "NCHW", "--bgr").output
    assert "wrote 3 files" in text


def test_an_absent_class_is_dark_and_the_drop_in_defaults_light_it_up(tmp_path: Path) -> None:
    options = ("--targets", "star,disc", "--colormap", "grey")
    for defaults, is_dark in (("measured", True), ("drop-in", False)):
        out = tmp_path / defaults
        invoke(main, "demo:cnn", STAR, "--output", out, *options, "--defaults", defaults)
        assert read_picture(out / "03_star_star_map.png").max() > 240
        assert bool(read_picture(out / "03_star_disc_map.png").max() < 60) is is_dark
    invoke(main, "demo:cnn", STAR, "--output", tmp_path / "same", *options, "--scaling", "map", "--contrast", "none")
    same = [(tmp_path / folder / "03_star_disc_map.png").read_bytes() for folder in ("drop-in", "same")]
    assert same[0] == same[1]


def test_methods_of_gradients_make_maps_of_what_is_asked_for(tmp_path: Path) -> None:
    args = ("demo:cnn", STAR, "--method", "layercam", "--json", "--output")
    said = json.loads(invoke(main, *args, tmp_path / "named", "--targets", "ring").stdout)
    assert [one["class"] for one in said["explained"]] == ["ring"]
    assert len(json.loads(invoke(main, *args, tmp_path / "best", "--top-k", 2).stdout)["explained"]) == 2


def test_a_detector_that_a_black_box_cannot_read(tmp_path: Path, data: Path) -> None:
    said = invoke(main, data / "FastestDet.onnx", SCENE, "--black-box", "--output", tmp_path / "out", code=2).output
    assert said.endswith("Error: --black-box cannot read this detector's output; leave --black-box out\n")
