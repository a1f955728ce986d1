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
from ovxai_passes.option_groups.flags import with_flags
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
                click.echo(f"{colours.error('Error:')} {told(error.wording)}", err=True)
                sys.exit(_code(error))

    return run


def told(text: str) -> str:
    """A sentence with options as the command that runs calls them: by its flags."""
    context = click.get_current_context(silent=True)
    return with_flags(text, None if context is None else _flags_of(context.command))


def _flags_of(command: click.Command) -> dict[str, str]:
    """The flags of a command, by the arguments that they stand for."""
    options = [one for one in command.params if isinstance(one, click.Option)]
    by_name = {one.name or "": "/".join([*one.opts[-1:], *one.secondary_opts[-1:]]) for one in options}
    by_flag = {flag.lstrip("-").replace("-", "_"): flag for one in options for flag in one.opts}
    return {**by_flag, **({"classes": "--targets"} if "targets" in by_name else {}), **by_name}


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
