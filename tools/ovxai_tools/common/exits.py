"""Errors turned into exit codes: what these mean is in `command_line/exit_codes.py`.

Interrupts are SIGINT, SIGTERM and SIGHUP.
"""

from __future__ import annotations

import contextlib
import functools
import io
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn, ParamSpec

import click

from ovxai_passes.errors import OvxaiError, TargetNotFoundError, VerificationError
from ovxai_tools.common.command_line import colours
from ovxai_tools.common.command_line.exit_codes import FAILED, NO_TARGET, USAGE
from ovxai_tools.common.interrupts import INTERRUPTED, handling_signals, interrupt_message, recording_files

Parameters = ParamSpec("Parameters")


class OutputError(OvxaiError):
    """A result cannot be written."""


def with_exit_codes(program: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Run a program; its errors become a sentence on stderr and an exit code, an interrupt 130."""

    @functools.wraps(program)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        interrupted = leaving = False

        def interrupt(_signal: int, _frame: FrameType | None) -> None:
            nonlocal interrupted
            interrupted = True
            if not leaving:
                raise KeyboardInterrupt

        with recording_files(), _printing_anything(), handling_signals(interrupt):
            try:
                program(*args, **kwargs)
            except KeyboardInterrupt:
                leaving = True
                _leave()
            except Exception as error:
                leaving = True
                if interrupted:  # the runtime turns what is raised in its callbacks into errors of its own
                    _leave()
                if not isinstance(error, OvxaiError):
                    raise
                click.echo(f"{colours.error('Error:')} {error}", err=True)
                sys.exit(_code(error))

    return run


def _leave() -> NoReturn:
    click.echo(interrupt_message(), err=True)
    sys.exit(INTERRUPTED)


@contextlib.contextmanager
def _printing_anything() -> Iterator[None]:
    """What the terminal's encoding does not have (names of files may be any bytes) is printed as escapes."""
    stream = sys.stdout
    if not isinstance(stream, io.TextIOWrapper):
        yield
        return
    errors = stream.errors
    stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        stream.reconfigure(errors=errors)


def _code(error: OvxaiError) -> int:
    if isinstance(error, TargetNotFoundError):
        return NO_TARGET
    return FAILED if isinstance(error, VerificationError) else USAGE
