"""Whenever a command is interrupted, it ends with exit code 130 and a sentence that says what is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openvino as ov
import pytest
from ovxai_tools.checks import transformation
from ovxai_tools.cli import transform
from ovxai_tools.common.report_printing import print_report

from ovxai_passes.insert import insert
from tests.fixtures import graphs
from tests.support.cli import invoke

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")

HEARING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # background jobs ignore it


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a model in it."""
    monkeypatch.chdir(tmp_path)
    ov.save_model(graphs.cnn(), "in.xml")
    return tmp_path


def interrupted(function: Callable[..., Any], after: bool = False) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs) if after else None
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0)
        return result if after else function(*args, **kwargs)

    return call


def test_before_the_files_are_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformation, "insert", interrupted(insert))
    assert invoke(transform.main, "in.xml", "out.xml", code=130).output == "Interrupted; nothing was written.\n"
    assert sorted(os.listdir()) == ["in.bin", "in.xml"]


def test_after_the_files_are_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transform, "print_report", interrupted(print_report))
    said = invoke(transform.main, "in.xml", "out.xml", code=130).output
    assert said == "Interrupted; written before that: out.bin, out.xml.\n"
    assert sorted(os.listdir()) == ["in.bin", "in.xml", "out.bin", "out.xml"]


def test_an_interrupt_that_the_runtime_has_turned_into_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def turned(*_args: object) -> None:
        try:
            interrupted(lambda: None)()
        except KeyboardInterrupt:
            raise RuntimeError("Exception from src/core/src/pass: KeyboardInterrupt") from None

    monkeypatch.setattr(transformation, "insert", turned)
    assert invoke(transform.main, "in.xml", "out.xml", code=130).output == "Interrupted; nothing was written.\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("command", ["transform", "ovxai"])
def test_while_modules_are_imported(tmp_path: Path, command: str, number: signal.Signals) -> None:
    (tmp_path / "click").mkdir()
    (tmp_path / "click" / "__init__.py").write_text(
        "import time\nprint('ready', flush=True)\ntry:\n    time.sleep(60)\n"
        "except BaseException as error:\n    raise ImportError('initialization failed') from error\n"
    )
    path = os.pathsep.join([str(tmp_path), *sys.path])
    program = f"{HEARING}from ovxai_tools.cli.console import {command}; {command}()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "in.xml", "out.xml"],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, b"Interrupted; nothing was written.\n")


def test_the_installed_commands_are_these() -> None:
    text = (Path(__file__).resolve().parents[3] / "pyproject.toml").read_text()
    for name in ("bench", "explain", "sweep", "transform"):
        assert f'ovxai-{name} = "ovxai_tools.cli.console:{name}"' in text
    assert 'ovxai = "ovxai_tools.cli.console:ovxai"' in text


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the plugin sets up no stack for signals")
def test_handlers_survive_plugins_that_have_gone() -> None:
    program = (
        "import os, signal, openvino as ov\n"
        "from openvino import opset13 as ops\n"
        "from ovxai_tools.common.exits import with_exit_codes\n"
        "image = ops.parameter([1, 4]); model = ov.Model([ops.relu(image)], [image])\n"
        "@with_exit_codes\n"
        "def run():\n"
        " first, second = (ov.compile_model(model, 'CPU') for _ in range(2)); del first; del second\n"
        " os.kill(os.getpid(), signal.SIGTERM)\n"
        "run()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (130, b"Interrupted; nothing was written.\n")


def test_names_that_are_no_text_are_told(folder: Path) -> None:
    name = os.fsdecode(b"no\xff.xml")
    assert r"cannot read no\udcff.xml: there is no such file" in invoke(transform.main, name, "o.xml", code=2).output
    ov.save_model(graphs.cnn(), "in.xml")
    text = invoke(transform.main, "in.xml", os.fsdecode(b"out\xff.xml")).output
    assert r"wrote out\udcff.xml" in text
