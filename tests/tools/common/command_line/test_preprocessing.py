"""Preprocessing by name stands for its numbers, which are those of their sources."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import openvino as ov
import pytest
from ovxai_tools.cli import evaluate, explain, transform
from ovxai_tools.common.command_line.preprocessing import PREPROCESSINGS, expanded
from ovxai_tools.common.insertion_options import info_options
from ovxai_tools.demo import shipped as demo

from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.preparation import Preparation
from tests.support.cli import invoke
from tests.support.extras import needs_pictures

PIXELS = np.array([0.0, 128.0, 255.0])
SOURCES: dict[str, Callable[[Any], Any]] = {  # as published, of red, green, blue from 0 to 255
    "imagenet": lambda x: (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225],
    "caffe": lambda x: x[::-1] - [103.939, 116.779, 123.68],
    "tf": lambda x: x / 127.5 - 1,
    "0-1": lambda x: x / 255,
    "clip": lambda x: (x / 255 - [0.48145466, 0.4578275, 0.40821073]) / [0.26862954, 0.26130258, 0.27577711],
}


@pytest.mark.parametrize("one", PREPROCESSINGS, ids=lambda one: one.name)
def test_numbers_are_those_of_the_source(one: Any) -> None:
    pixels = PIXELS[::-1] if one.bgr else PIXELS
    np.testing.assert_allclose((pixels - one.mean) / one.scale, SOURCES[one.name](PIXELS), rtol=1e-6)


def test_every_source_has_a_name() -> None:
    assert {one.name for one in PREPROCESSINGS} == set(SOURCES)


def test_the_model_is_told_and_says_it_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    invoke(transform.main, "demo:cnn", "out.xml", "--preprocess", "caffe", "-q")
    said = Preparation.from_model(ov.Core().read_model("out.xml"))
    assert (said.mean, said.scale, said.bgr) == ((103.939, 116.779, 123.68), (1.0, 1.0, 1.0), True)


@pytest.mark.parametrize("beside", [("--mean", "1"), ("--scale", "1"), ("--bgr",), ("--rgb",)])
@pytest.mark.parametrize(
    ("program", "args"),
    [
        (transform.main, ("demo:cnn", "out.xml")),
        (explain.main, ("demo:cnn", demo.FOLDER / "03_star.png", "--output", "o")),
        (evaluate.main, ("demo:cnn", "--out", "o")),
    ],
    ids=["transform", "explain", "evaluate"],
)
def test_it_goes_without_what_it_stands_for(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    program: click.Command,
    args: tuple[object, ...],
    beside: tuple[str, ...],
) -> None:
    needs_pictures()
    monkeypatch.chdir(tmp_path)
    said = invoke(program, *args, "--preprocess", "tf", *beside, code=2).output
    assert f"--preprocess tf says what {beside[0]} says: leave one of them out" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("args", "from_file", "wanted"),
    [
        (("--preprocess", "tf"), {"mean": "1"}, ((127.5,), (127.5,), False)),
        (("--mean", "1"), {"preprocess": "tf"}, ((1.0,), (127.5,), False)),
        ((), {"preprocess": "0-1"}, ((0.0,), (255.0,), False)),
        ((), {"mean": "1"}, ((1.0,), None, None)),
    ],
)
def test_the_command_line_wins_over_its_file(
    args: tuple[str, ...], from_file: dict[str, str], wanted: tuple[object, ...]
) -> None:
    @click.command()
    @info_options
    def program(**values: Any) -> None:
        found = expanded(values)
        assert "preprocess" not in found
        assert tuple(found[name] for name in ("mean", "scale", "bgr")) == wanted

    program.main([*args], default_map=from_file, standalone_mode=False)


def test_both_in_the_file_are_refused() -> None:
    @click.command()
    @info_options
    def program(**values: Any) -> None:
        expanded(values)

    with pytest.raises(OptionError, match="--preprocess tf says what --mean says"):
        program.main([], default_map={"preprocess": "tf", "mean": "1"}, standalone_mode=False)
