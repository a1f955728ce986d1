"""One command with sub-commands: what it lists, how it ends, and that it imports only what is called."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import openvino as ov
import pytest
from ovxai_tools.cli.main import COMMANDS, main

import ovxai_passes as xai
from tests.fixtures import graphs
from tests.support.cli import invoke

TELL_MODULES = "import sys, atexit; atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
RUN = "from ovxai_tools.cli.console import ovxai; ovxai()"


def run(*args: object, program: str = RUN) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_help_lists_the_commands_with_a_line_each() -> None:
    said = invoke(main, "--help").output
    for name, line in COMMANDS.items():
        assert f"  {name}" in said
        assert line in said
    assert invoke(main, code=2).output == said
    assert set(COMMANDS) == {"transform", "explain", "evaluate", "bench", "sweep"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_own_help(name: str) -> None:
    said = invoke(main, name, "--help").output
    assert said.startswith(f"Usage: main {name} ")
    assert "Exit codes:" in said


def test_the_version() -> None:
    assert invoke(main, "--version").output == f"ovxai, version {xai.__version__}\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("transfrom",), "No such command 'transfrom'. Did you mean 'transform'?"),
        (("Bench", "a"), "Did you mean 'bench'?"),
        (("zzz",), "No such command 'zzz'. Commands: transform, explain, evaluate, bench, sweep."),
        (("--verbos",), "No such option"),
        (("transform", "--verbos"), "No such option"),
        (("transform", "none.xml", "out.xml"), "cannot read none.xml: there is no such file"),
    ],
)
def test_wrong_usage(args: tuple[str, ...], said: str) -> None:
    assert said in invoke(main, *args, code=2).output


def test_exit_codes_pass_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ov.save_model(graphs.cnn(), "in.xml")
    assert "nothing was written" in invoke(main, "transform", "in.xml", "--dry-run").output
    invoke(main, "transform", "in.xml", "out.xml", "--task", "detection", code=3)
    assert not Path("out.xml").exists()


def test_help_imports_nothing_that_takes_long() -> None:
    done = run("--help", program=TELL_MODULES + RUN)
    assert done.returncode == 0
    modules = done.stderr.split()
    assert "ovxai_tools.cli.main" in modules
    assert not {"openvino", "numpy", "networkx", "ovxai_passes", "ovxai_patterns"} & set(modules)
    assert not {f"ovxai_tools.cli.{name}" for name in COMMANDS} & set(modules)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_imports_no_other(name: str) -> None:
    done = run(name, "--help", program=TELL_MODULES + RUN)
    assert done.returncode == 0
    others = {f"ovxai_tools.cli.{other}" for other in COMMANDS if other != name}
    assert not others & set(done.stderr.split())


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "ovxai_tools", "transform", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert xai.__version__ in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_at_work(tmp_path: Path, number: signal.Signals) -> None:
    ov.save_model(graphs.cnn(), tmp_path / "in.xml")
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # background jobs ignore it
        "import time, ovxai_tools.checks.transformation as work\n"
        "def slow(*_):\n print('ready', flush=True); time.sleep(60)\n"
        f"work.verify = slow\n{RUN}"
    )
    command = [sys.executable, "-c", program, "transform", "in.xml", "out.xml", "--verify"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, b"Interrupted; nothing was written.\n")
    assert sorted(os.listdir(tmp_path)) == ["in.bin", "in.xml"]
