"""The files of ovxai-explain: of which kinds they are, and what they show."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from ovxai_tools.cli import explain, gallery, transform
from ovxai_tools.demo import shipped as demo

from ovxai_passes.pictures.colormaps import COLORMAPS, colormap_of
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.encoding import write_picture
from tests.support.cli import invoke
from tests.support.extras import needs_pictures

needs_pictures()

STAR = demo.FOLDER / "03_star.png"
SIGNATURES = {"jpg": b"\xff\xd8\xff", "png": b"\x89PNG"}


@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_overlays_are_of_the_kind_asked_for(tmp_path: Path, kind: str) -> None:
    invoke(explain.main, "demo:cnn", STAR, "--output", tmp_path, "--overlay-format", kind)
    names = sorted(path.name for path in tmp_path.iterdir() if path.is_file())
    assert names == ["03_star_star_map.png", f"03_star_star_overlay.{kind}", "index.html"]
    assert (tmp_path / names[1]).read_bytes().startswith(SIGNATURES[kind])


def test_overlays_are_jpeg_unless_asked_for_otherwise(tmp_path: Path) -> None:
    invoke(explain.main, "demo:cnn", STAR, "--output", tmp_path)
    assert (tmp_path / "03_star_star_overlay.jpg").exists()
    assert (
        "'gif' is not one of 'jpg', 'png'"
        in invoke(explain.main, "demo:cnn", STAR, "--output", tmp_path / "b", "--overlay-format", "gif", code=2).output
    )


def test_an_overlay_is_the_map_and_the_picture_by_its_weight(tmp_path: Path) -> None:
    options = ("--overlay-format", "png", "--overlay-weight", 0.25)
    invoke(explain.main, "demo:cnn", STAR, "--output", tmp_path, *options)
    heat, laid = (read_picture(tmp_path / f"03_star_star_{name}.png") for name in ("map", "overlay"))
    np.testing.assert_allclose(laid, 0.25 * heat.astype(float) + 0.75 * read_picture(STAR), atol=0.51)


@pytest.mark.parametrize("name", [one.name for one in COLORMAPS])
def test_maps_hold_the_colours_asked_for_from_the_least_to_the_largest(tmp_path: Path, name: str) -> None:
    invoke(explain.main, "demo:cnn", STAR, "--output", tmp_path, "--colormap", name, "--scaling", "map")
    heat = {tuple(colour) for colour in read_picture(tmp_path / "03_star_star_map.png").reshape(-1, 3).tolist()}
    table = [tuple(colour) for colour in colormap_of(name).table().tolist()]
    assert heat <= set(table)
    assert {table[0], table[255]} <= heat


def test_maps_and_overlays_of_a_size(tmp_path: Path) -> None:
    wide = np.zeros((300, 900, 3), np.uint8)
    wide[:, 450:] = 255
    write_picture(wide, tmp_path / "wide.png")
    out = tmp_path / "out"
    invoke(explain.main, "demo:cnn", tmp_path / "wide.png", "--output", out, "--size", "70x40", "--targets", "star")
    for name in ("wide_star_map.png", "wide_star_overlay.jpg"):
        assert read_picture(out / name).shape == (70, 40, 3)


@pytest.mark.parametrize("package", ["cv2", "PIL"])
def test_without_a_package_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, package, None)
    for name in ("PIL.Image", "PIL.ImageDraw", "PIL.ImageFont", "PIL.ImageOps") if package == "PIL" else ():
        monkeypatch.setitem(sys.modules, name, None)
    hint = "OpenCV: pip install 'ovxai-passes[image]'" if package == "cv2" else "Pillow: pip install Pillow"
    for program, call in (
        (explain.main, ("demo:cnn", STAR, "--output", "out")),
        (transform.main, ("demo:cnn", "out.xml", "--preview", "p.png")),
        (transform.main, ("demo:cnn", "out.xml", "--image", STAR, "--verify")),
        (gallery.main, ("demo:cnn", "g.png")),
    ):
        said = invoke(program, *call, code=2).output
        assert said == f"Error: pictures need {hint}\n"
    invoke(transform.main, "demo:cnn", "out.xml", "-q")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.bin", "out.xml"]
