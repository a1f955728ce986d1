"""`ovxai transform --remove`: the original model again."""

from __future__ import annotations

from pathlib import Path

import openvino as ov
import pytest
from ovxai_tools.cli.transform import main

from tests.fixtures import graphs
from tests.support.cli import invoke
from tests.support.same_model import described, information


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ov.save_model(graphs.vit(), "in.xml")
    invoke(main, "in.xml", "out.xml", "--top-k", "2", "--feature-vector")


def test_the_model_is_as_it_was() -> None:
    said = invoke(main, "--remove", "out.xml", "plain.xml").output
    assert said == "removed the map of out.xml: wrote plain.xml, plain.bin\n"
    core = ov.Core()
    plain, before = core.read_model("plain.xml"), core.read_model("in.xml")
    assert described(plain) == described(before)
    assert information(plain) == information(before)
    assert Path("plain.bin").read_bytes() == Path("in.bin").read_bytes()


def test_files_are_not_written_over_without_force() -> None:
    Path("plain.xml").write_text("mine", encoding="utf-8")
    assert "plain.xml" in invoke(main, "--remove", "out.xml", "plain.xml", code=2).output
    assert Path("plain.xml").read_text(encoding="utf-8") == "mine"
    invoke(main, "--remove", "out.xml", "plain.xml", "--force")
    assert "saliency_map" not in Path("plain.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("--remove", "in.xml", "plain.xml"), 2, "there is nothing to remove"),
        (("--remove", "out.xml", "plain.xml", "--top-k", "3"), 2, "--remove goes without --top-k"),
        (("--remove", "out.xml", "plain.xml", "--dry-run"), 2, "--remove goes without --dry-run"),
        (("--remove", "out.xml"), 2, "OUT.xml is missing"),
        (("--remove", "out.xml", "out.xml"), 2, "it is an input"),
        (("--remove", "out.xml", "plain.onnx"), 2, "a name that ends in .xml"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(args: tuple[str, ...], code: int, said: str) -> None:
    output = invoke(main, *args, code=code).output
    assert said in output
    assert "Traceback" not in output
    assert not Path("plain.xml").exists()
    assert not Path("plain.bin").exists()
