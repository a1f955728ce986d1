"""Calling command lines in tests."""

from __future__ import annotations

import click
import click.testing


def invoke(program: click.Command, *args: object, code: int = 0) -> click.testing.Result:
    """Run a program in this process; its exit code has to be `code`, and an error of its own is raised here."""
    result = click.testing.CliRunner().invoke(program, [str(arg) for arg in args])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result
