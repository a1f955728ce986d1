"""What the terminal says of a run."""

from __future__ import annotations

from pathlib import Path

import openvino as ov
from ovxai_tools.cli.explain import main
from ovxai_tools.demo import shipped as demo

import ovxai_passes as xai
from ovxai_passes.model_info.read import read_model
from tests.support.cli import invoke
from tests.support.extras import needs_pictures

needs_pictures()

STAR = demo.FOLDER / "03_star.png"


def test_what_holds_for_all_models_and_what_none_says_comes_first(tmp_path: Path) -> None:
    model = read_model(demo.model_path("demo:cnn"))
    ov.save_model(model, tmp_path / "a.xml")
    names = tmp_path / "names.txt"
    names.write_text("\n".join("abcdefgh"))
    call = (tmp_path / "a.xml", STAR, "--output", tmp_path / "o", "--compare", "demo:vit", "--labels", names)
    text = invoke(main, *call).output
    assert "--labels holds for all 2 models" in text
    unsaid = "nothing says how a.xml takes pictures, so pixels are fed as 0..255 RGB"
    assert -1 < text.find(unsaid) < text.find("03_star.png: ")
    assert text.count("nothing says") == 1, "what demo models take is known"
    page = (tmp_path / "o" / "index.html").read_text()
    assert 'a.xml<span class="unsaid">pixels fed as 0..255 RGB; nothing says how it takes them' in page


def test_dark_maps_of_classes_that_are_asked_for(tmp_path: Path) -> None:
    scene = demo.scenes()[0].path
    text = invoke(main, "demo:detector", scene, "--output", tmp_path, "--targets", "0,1,2,3,4,5,6,7").output
    assert "--scaling map shows where it is" in text
    assert "faint on this scale" in (tmp_path / "index.html").read_text()
    assert "little evidence" not in invoke(main, "demo:detector", scene, "--output", tmp_path, "--force").output


def test_one_file_is_sent_and_numbers_have_names(tmp_path: Path) -> None:
    model = read_model(demo.model_path("demo:cnn"))
    if model.has_rt_info(["model_info"]):
        del model.rt_info["model_info"]
    ov.save_model(xai.insert_xai(model), tmp_path / "a.xml")
    text = invoke(main, tmp_path / "a.xml", STAR, "--output", tmp_path / "o", "--single-file").output
    assert f"send {tmp_path / 'o' / 'index.html'} (" in text
    assert "classes are numbers: --labels FILE names them" in text


def test_the_best_method_is_named(tmp_path: Path) -> None:
    call = ("demo:detector", demo.scenes()[0].path, "--output", tmp_path, "--method", "best")
    assert "best is detclassprobabilitymap here" in invoke(main, *call).output
