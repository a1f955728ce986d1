"""Exit codes, and errors turned into them.

0    done
1    a bug of this program (the only case with a traceback)
2    wrong usage, unreadable input, unwritable or existing output, full disk, missing extra
3    no target found, or the target asked for is unsuitable or too costly
4    verification failed; of ovxai-sweep: a model that is not ok
130  interrupted
"""

from __future__ import annotations

import functools
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import ParamSpec

import click

from ovxai_passes.errors import OvxaiError, TargetNotFoundError, VerificationError

_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))

Parameters = ParamSpec("Parameters")

EXIT_CODES = """\b
Exit codes:
  0    done
  1    a bug of this program (the only case with a traceback)
  2    wrong usage, unreadable input, unwritable or existing output,
       full disk, missing extra
  3    no target found, or the target asked for is unsuitable or too costly
  4    verification failed
  130  interrupted
"""


class OutputError(OvxaiError):
    """A result cannot be written."""


class MissingExtraError(OvxaiError):
    """An optional dependency is not installed."""


def with_exit_codes(program: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Run a program; its errors become a sentence on stderr and an exit code, an interrupt 130."""

    @functools.wraps(program)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        previous = {number: signal.signal(number, _interrupt) for number in _ENDING}
        try:
            program(*args, **kwargs)
        except KeyboardInterrupt:
            click.echo("Interrupted; nothing was written.", err=True)
            sys.exit(130)
        except OvxaiError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(_code(error))
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    return run


def _code(error: OvxaiError) -> int:
    if isinstance(error, TargetNotFoundError):
        return 3
    return 4 if isinstance(error, VerificationError) else 2


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
