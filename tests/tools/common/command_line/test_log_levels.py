"""How much of what is logged is printed."""

from __future__ import annotations

import logging
from typing import Any

import click
import pytest
from ovxai_tools.cli import evaluate, explain, transform

from tests.support.cli import invoke


@pytest.mark.parametrize(
    ("program", "args", "wanted"),
    [
        (transform.main, (), "ERROR"),
        (transform.main, ("-v",), "DEBUG"),
        (transform.main, ("-v", "--log-level", "info"), "INFO"),
        (explain.main, ("none.png", "--output", "o"), "ERROR"),
        (explain.main, ("none.png", "--output", "o", "--log-level", "debug"), "DEBUG"),
        (evaluate.main, ("demo:vit", "--out", "o", "--log-level", "error"), "ERROR"),
    ],
)
def test_levels(program: click.Command, args: tuple[str, ...], wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Any] = []
    monkeypatch.setattr(logging, "basicConfig", lambda **options: said.append(options["level"]))
    invoke(program, "demo:cnn", *args, code=2)  # each stops soon, at what is missing
    assert said == [wanted]


def test_others_are_refused() -> None:
    said = invoke(transform.main, "demo:cnn", "--dry-run", "--log-level", "loud", code=2).output
    assert "'loud' is not one of 'error', 'warning', 'info', 'debug'" in said
