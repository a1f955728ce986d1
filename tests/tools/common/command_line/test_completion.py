"""Completion in shells: commands, options, choices, demo models, files; in bash with its colons, run by bash itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import FishComplete, ShellComplete, ZshComplete
from ovxai_tools.cli.main import COMMANDS, main
from ovxai_tools.common.command_line.completion import ColonBashComplete

SHELLS: list[type[ShellComplete]] = [ColonBashComplete, ZshComplete, FishComplete]


def completed(line: str, monkeypatch: pytest.MonkeyPatch, shell: type[ShellComplete] = ZshComplete) -> list[Any]:
    """What is proposed for the last word of a line, as `ovxai transform demo:c`."""
    words = line.split(" ")
    monkeypatch.setenv("COMP_WORDS", line if shell is not FishComplete else " ".join(words[:-1]))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1) if shell is not FishComplete else words[-1])
    complete = shell(main, {}, "ovxai", "_OVXAI_COMPLETE")
    return complete.get_completions(*complete.get_completion_args())


def values(line: str, monkeypatch: pytest.MonkeyPatch, shell: type[ShellComplete] = ZshComplete) -> list[str]:
    return [one.value for one in completed(line, monkeypatch, shell) if one.type == "plain"]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("ovxai e", ["explain", "evaluate"]),
        ("ovxai --v", ["--version"]),
        ("ovxai explain --bat", ["--batch"]),
        ("ovxai explain --preset ", ["speed", "balance", "quality"]),
        ("ovxai transform --method layer", ["layercam", "layercam-share"]),
        ("ovxai bench d", ["demo:cnn", "demo:vit", "demo:detector"]),
        ("ovxai none ", []),
    ],
)
def test_what_is_proposed(
    monkeypatch: pytest.MonkeyPatch, shell: type[ShellComplete], line: str, wanted: list[str]
) -> None:
    found = values(line, monkeypatch, shell)
    assert found[: len(wanted)] == wanted if line == "ovxai none " else found == wanted


def test_commands_come_with_their_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {one.value: one.help for one in completed("ovxai ", monkeypatch)} == COMMANDS


def test_a_model_is_a_file_or_a_demo_model_that_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one.type for one in completed("ovxai explain ", monkeypatch)] == ["file"]
    assert "file" in [one.type for one in completed("ovxai explain d", monkeypatch)]
    assert values("ovxai explain demo:d", monkeypatch) == ["demo:detector"]


def test_a_configuration_file_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert values("ovxai explain --config none.toml --preset q", monkeypatch) == ["quality"]


@pytest.mark.parametrize(
    ("words", "cword", "wanted"),
    [
        (("ovxai", "transform", "demo", ":", "c"), 4, ["cnn"]),
        (("ovxai", "transform", "demo", ":"), 3, ["cnn", "vit", "detector"]),
        (("ovxai", "transform", "de"), 2, ["demo:cnn", "demo:vit", "demo:detector"]),
        (("ovxai", "explain", "demo", ":", "cnn", "a.png", "--preset", "b"), 7, ["balance"]),
    ],
)
def test_bash_splits_words_at_colons(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], cword: int, wanted: list[str]
) -> None:
    monkeypatch.setenv("COMP_WORDS", "\n".join(words))
    monkeypatch.setenv("COMP_CWORD", str(cword))
    complete = ColonBashComplete(main, {}, "ovxai", "_OVXAI_COMPLETE")
    found = complete.get_completions(*complete.get_completion_args())
    assert [one.value for one in found if one.type == "plain"] == wanted


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_a_demo_model(tmp_path: Path) -> None:
    program = tmp_path / "ovxai"
    program.write_text(f"#!{sys.executable}\nfrom ovxai_tools.cli.console import ovxai\novxai()\n")
    program.chmod(0o755)
    script = (
        'eval "$(_OVXAI_COMPLETE=bash_source ovxai)"\n'
        "compopt() { :; }\n"  # which bash has for completions that are under way alone
        "COMP_WORDS=(ovxai transform demo : v); COMP_CWORD=4\n"
        '_ovxai_completion ovxai; echo "${COMPREPLY[*]}"\n'
        "complete -p ovxai\n"
    )
    surroundings = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], env=surroundings, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["vit", "complete -o nosort -F _ovxai_completion ovxai"]
    assert done.stderr == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_gets_its_script(shell: type[ShellComplete]) -> None:
    assert "_OVXAI_COMPLETE" in shell(main, {}, "ovxai", "_OVXAI_COMPLETE").source()
