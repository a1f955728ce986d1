"""The installed commands. They can be interrupted from their first line on, so nearly all imports are made inside.

A signal that comes while OpenVINO is imported, or while the interpreter shuts down, may not become an exception: it
would surface as a traceback from whatever module is at work. Nothing is half done then, so the process just ends.
"""

from __future__ import annotations

import os
import signal
import sys

_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def ovxai() -> None:
    """ovxai, with its sub-commands."""
    _run("main")


def transform() -> None:
    """ovxai-transform."""
    _run("transform")


def explain() -> None:
    """ovxai-explain."""
    _run("explain")


def sweep() -> None:
    """ovxai-sweep."""
    _run("sweep")


def bench() -> None:
    """ovxai-bench."""
    _run("bench")


def _run(name: str) -> None:
    """Run a command; the process ends afterwards, so handlers are not given back."""
    heard = [number for number in _ENDING if signal.getsignal(number) not in (signal.SIG_IGN, None)]
    for number in heard:
        signal.signal(number, _leave)
    import contextlib  # noqa: PLC0415  # under the handlers, as everything below
    import importlib  # noqa: PLC0415

    from ovxai_tools.common.command_line.completion import complete_colons  # noqa: PLC0415
    from ovxai_tools.common.interrupts import exit_at_once, recording_files  # noqa: PLC0415
    from ovxai_tools.common.signal_handlers import set_handler  # noqa: PLC0415

    with recording_files():
        for number in heard:
            set_handler(number, exit_at_once)
        try:
            complete_colons()
            importlib.import_module(f"ovxai_tools.cli.{name}").main()
        finally:
            with contextlib.suppress(OSError, ValueError):  # told again by the interpreter
                sys.stdout.flush()
            for number in heard:  # all is done and said: what is left is to shut down
                signal.signal(number, signal.SIG_IGN)


def _leave(_number: int, _frame: object) -> None:
    os.write(2, b"Interrupted; nothing was written.\n")
    os._exit(130)
