"""The worked example of patterns/README.md, run as it stands there, and `--pattern`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openvino as ov
import pytest
from ovxai_tools.cli.transform import main

from tests.fixtures.own.heads import weighed_positions
from tests.house.imports import ROOT
from tests.support.cli import invoke

SECTION = re.compile(r"^## A pattern of your own\n(.*?)^## ", re.M | re.S)
CODE = re.compile(r"^```python\n(.*?)^```", re.M | re.S)


def blocks() -> list[str]:
    section = SECTION.search((ROOT / "patterns" / "README.md").read_text(encoding="utf-8"))
    assert section is not None
    return CODE.findall(section[1])


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the example saved as house.py, a model that it fits, and one that it nearly fits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    sys.modules.pop("house", None)
    Path("house.py").write_text(blocks()[0], encoding="utf-8")
    ov.save_model(weighed_positions(), "in.xml", compress_to_fp16=False)
    ov.save_model(weighed_positions(shares="sigmoid"), "sigmoid.xml", compress_to_fp16=False)
    yield tmp_path
    sys.modules.pop("house", None)


def test_the_example_runs_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"model": weighed_positions()}
    for block in blocks():
        exec(compile(block, "patterns/README.md", "exec"), names)
    info = names["model_xai"].get_rt_info(["ovxai"]).astype(dict)
    assert info["found_by"].astype(str) == "house head"
    assert info["target"].astype(str) == "features"
    (match,) = names["look"].matches
    assert (match["target"].get_shape(), match["weights"].get_shape()) == ([1, 6, 4, 4], [1, 1, 16])
    assert "[1,6,4,4]" in capsys.readouterr().out


def test_the_example_is_short() -> None:
    lines = [line for line in blocks()[0].splitlines() if line.strip()]
    assert len(lines) <= 15


def test_a_pattern_on_the_command_line(house: Path) -> None:
    said = invoke(main, "in.xml", "--dry-run", "--pattern", "house:HouseHead").output
    assert "found by:     house head\n" in said
    assert "named by pattern 'house head': features (Relu [1,6,4,4])" in said
    assert "found by:     dataflow\n" in invoke(main, "in.xml", "--dry-run").output
    assert "found by" not in invoke(main, "in.xml", "--dry-run", "--target-layer", "features").output
    invoke(main, "in.xml", "out.xml", "--pattern", "house:HouseHead", "--verify")
    invoke(main, "out.xml", "copy.xml", "--pattern", "house:HouseHead")


def test_one_that_matches_nothing_tells_the_nearest_miss(house: Path) -> None:
    said = invoke(main, "sigmoid.xml", "out.xml", "--pattern", "house:HouseHead", code=3).output
    assert "pattern 'house head' matches nowhere; nearest: Sigmoid" in said
    assert "is not Softmax" in said
    assert "leave --pattern out" in said
    assert not Path("out.xml").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--pattern", "house:Nobody"), "module 'house' has no class 'Nobody'"),
        (("--pattern", "nobodys_house:Head"), "cannot import the module 'nobodys_house'"),
        (("--pattern", "house"), "'house' is not MODULE:CLASS"),
        (("--pattern", "house:attribute"), "takes classes derived from GraphPattern"),
        (
            ("--pattern", "house:HouseHead", "--target-layer", "features"),
            "--pattern and --target-layer do not go together",
        ),
    ],
)
def test_wrong_usage(house: Path, args: tuple[str, ...], said: str) -> None:
    output = invoke(main, "in.xml", "out.xml", *args, code=2).output
    assert said in output
    assert "Traceback" not in output
