"""ovxai-explain with several models or methods, and its page as one file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ovxai_tools.cli.explain import main
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.page.images import FOLDER

from tests.support.cli import invoke
from tests.support.extras import needs_pictures

needs_pictures()

STAR = demo.FOLDER / "03_star.png"


def test_methods_are_shown_beside_each_other(tmp_path: Path) -> None:
    methods = ("--method", "eigencam", "--method", "reciprocam")
    said = json.loads(invoke(main, "demo:cnn", STAR, "--output", tmp_path, *methods, "--json").stdout)
    assert [(one["method"], one["class"]) for one in said["explained"]] == [
        ("eigencam", "all classes"),
        ("reciprocam", "star"),
    ]
    assert said["explained"][1]["files"][0] == "03_star_star_reciprocam_map.png"
    page = (tmp_path / "index.html").read_text()
    assert re.findall("<h3>(.*?)</h3>", page) == ["picture", "eigencam", "reciprocam"]
    assert "data-differs" not in page, "a map of all classes is of no other class"


def test_models_are_shown_beside_each_other(tmp_path: Path) -> None:
    call = ("demo:cnn", STAR, "--output", tmp_path, "--compare", "demo:vit", "--overlay-weight", "0.25")
    assert re.search(r"03_star.png: star, .* \[demo:vit, vitreciprocam\]", invoke(main, *call).output)
    page = (tmp_path / "index.html").read_text()
    assert re.findall("<h3>(.*?)</h3>", page) == ["picture", "demo:cnn, reciprocam", "demo:vit, vitreciprocam"]
    assert "What demo:cnn and demo:vit say of 1 picture, and why" in page
    assert "<dd>--overlay-weight 0.25</dd>" in page


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--compare", "demo:cnn"), 2, "--compare demo:cnn is there twice"),
        (("--method", "eigencam", "--method", "eigencam"), 2, "--method eigencam is there twice"),
        (("--compare", "demo:vit", "--method", "vitreciprocam"), 3, "Error: demo:cnn: vitreciprocam with k=1 needs"),
        (("--compare", "none.xml"), 2, "none.xml"),
    ],
)
def test_what_cannot_be_compared(tmp_path: Path, options: tuple[str, ...], code: int, said: str) -> None:
    assert said in invoke(main, "demo:cnn", STAR, "--output", tmp_path / "out", *options, code=code).output
    assert not (tmp_path / "out").exists()


def test_one_file_holds_all_that_is_shown(tmp_path: Path) -> None:
    invoke(main, "demo:cnn", STAR, "--output", tmp_path, "--single-file", "--size", "20x30")
    assert not (tmp_path / FOLDER).exists()
    page = (tmp_path / "index.html").read_text()
    assert set(re.findall(r'(?:src|data-heat)="(.{22})', page)) == {"data:image/jpeg;base64"}
    assert "<dd>--size 20x30</dd>" in page


def test_the_head_of_the_page_tells_options_and_no_paths(tmp_path: Path) -> None:
    labels = tmp_path / "names.txt"
    labels.write_text("\n".join(f"a {number}" for number in range(8)))
    options = ("--labels", labels, "--bgr", "--mean", "1,2.5,3", "--targets", "a 3,4", "-q")
    invoke(main, "demo:cnn", STAR, "--output", tmp_path / "out", *options)
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<dd>--mean 1,2.5,3 --bgr</dd>" in page
    assert "<dd>a 3, 4, in every picture</dd>" in page
    assert "<dd>reciprocam</dd>" in page
    assert str(tmp_path) not in page
