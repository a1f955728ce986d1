"""Options from a file: keys are names of flags, kinds are checked, and the command line wins."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import pytest
from ovxai_tools.cli import evaluate, explain, transform
from ovxai_tools.common.command_line.config_file import config_option
from ovxai_tools.common.insertion_options import insertion_options, options_of
from ovxai_tools.common.shared_options import shape_option

from ovxai_passes.options import Options
from tests.support.cli import invoke

if sys.version_info < (3, 11):
    pytest.importorskip("tomli", reason="Python 3.10 reads TOML by the extra config")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def parsed(text: str, *args: object) -> Options:
    found: list[Options] = []

    @click.command()
    @insertion_options
    @shape_option
    @config_option
    def program(shapes: object, **values: Any) -> None:
        found.append(options_of(values))

    Path("ovxai.toml").write_text(text)
    invoke(program, "--config", "ovxai.toml", *args)
    return found[0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", {}),
        ("top-k = 3\nmethod = 'reciprocam'", {"top_k": 3, "method": "reciprocam"}),
        ("method = ['reciprocam', 'activationmap']", {"method": ["reciprocam", "activationmap"]}),
        ("class = ['cat', 3]", {"classes": ["cat", "3"]}),
        ("class = 3", {"classes": ["3"]}),
        ("mean = [1, 2, 3.5]\nscale = 58", {"mean": [1, 2, 3.5], "scale": 58}),
        ("mean = '1,2,3.5'", {"mean": [1, 2, 3.5]}),
        ("rgb = true", {"bgr": False}),
        ("rgb = false", {"bgr": True}),
        ("bgr = true\nno-objectness = true", {"bgr": True, "objectness": False}),
        ("trim = true\nonly-map = false", {"trim": True}),
        ("no-embed-scaling = true", {"embed_scaling": False}),
        ("no-embed-scaling = false", {}),
        ("max-cost = 1", {"max_cost": 1.0}),
        ("preprocess = 'tf'", {"mean": 127.5, "scale": 127.5, "bgr": False}),
        ("shape = '1,3,8,8'", {}),
    ],
)
def test_keys_are_names_of_flags(text: str, wanted: dict[str, object]) -> None:
    assert parsed(text) == Options.checked(**wanted)


def test_the_command_line_wins() -> None:
    text = "top-k = 3\ntrim = true\nmean = 1\nmethod = ['reciprocam', 'vitreciprocam']"
    wanted = Options.checked(top_k=5, trim=True, mean=2, method="layercam")
    assert parsed(text, "--top-k", 5, "--mean", "2", "--method", "layercam") == wanted
    assert parsed("bgr = true", "--rgb") == Options.checked(bgr=False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("topk = 3", "ovxai.toml: 'topk' is no option of main; did you mean 'top-k' or 'task'?"),
        ("top_k = 3", "'top_k' is no option"),
        ("config = 'b.toml'", "'config' is no option"),
        ("[transform]\ntop-k = 3", "'transform' is no option"),
        ("top-k = '3'", "top-k takes a whole number, not '3'"),
        ("top-k = true", "top-k takes a whole number, not True"),
        ("top-k = [1, 2]", "top-k takes one value, not [1, 2]"),
        ("top-k = 0", "'--top-k': 0 is not in the range x>=1"),
        ("max-cost = 'all'", "max-cost takes a number, not 'all'"),
        ("trim = 1", "trim is true or false, not 1"),
        ("method = 3", "method takes one of 'reciprocam', "),
        ("method = 'none'", "'--method': 'none' is not one of"),
        ("labels = 3", "labels takes a path in quotes, not 3"),
        ("mean = true", "mean takes a text or a number, not True"),
        ("bgr = true\nrgb = true", "rgb says again what another key says"),
        ("mean = 1\npreprocess = 'tf'", "--preprocess tf says what --mean says"),
        ("top-k = ", "ovxai.toml: it is no TOML: "),
    ],
)
def test_what_is_wrong_is_told_with_its_key(text: str, said: str) -> None:
    Path("ovxai.toml").write_text(text)
    output = invoke(transform.main, "demo:cnn", "out.xml", "--config", "ovxai.toml", code=2).output
    assert said in " ".join(output.split())
    assert "Traceback" not in output
    assert not Path("out.xml").exists()


def test_files_that_are_none() -> None:
    Path("bytes.toml").write_bytes(b"\xff\xfe")
    for name, said in (
        ("none.toml", "No such file"),
        ("bytes.toml", "it is no text in UTF-8"),
        (".", "Is a directory"),
    ):
        assert said in invoke(transform.main, "demo:cnn", "--dry-run", "--config", name, code=2).output


@pytest.mark.parametrize(
    ("program", "args", "text", "said"),
    [
        (transform.main, ("demo:cnn",), "dry-run = true\njson = true", '"task": "classification"'),
        (explain.main, ("demo:cnn", "none.png"), "output = 'o'", "cannot read the picture none.png"),
        (evaluate.main, ("demo:cnn", "demo:vit"), "out = 'o'", "name one model, not 2"),
    ],
    ids=["transform", "explain", "evaluate"],
)
def test_three_commands_take_it(program: click.Command, args: tuple[str, ...], text: str, said: str) -> None:
    Path("ovxai.toml").write_text(text)
    code = 0 if program is transform.main else 2
    assert said in invoke(program, *args, "--config", "ovxai.toml", code=code).output


def test_no_file_is_looked_for() -> None:
    for name in ("ovxai.toml", "pyproject.toml", ".ovxai.toml", "config.toml"):
        Path(name).write_text("topk = 3")
    invoke(transform.main, "demo:cnn", "--dry-run")


def test_it_does_not_go_with_what_reads_no_options() -> None:
    Path("ovxai.toml").write_text("top-k = 3")
    said = invoke(transform.main, "demo:cnn", "out.xml", "--remove", "--config", "ovxai.toml", code=2).output
    assert "--remove goes without --config" in said
