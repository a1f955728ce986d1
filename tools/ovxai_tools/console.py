"""The installed commands. They can be interrupted from their first line on, so all imports are made inside.

A signal that comes while OpenVINO is imported, or while the interpreter shuts down, may not become an exception: it would
surface as a traceback from whatever module is at work. Nothing is half done then, so the process just ends.
"""

from __future__ import annotations

import contextlib
import importlib
import signal
import sys

from ovxai_tools.interrupts import ENDING, leave, remembering


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
    for number in ENDING:
        if signal.getsignal(number) not in (signal.SIG_IGN, None):
            signal.signal(number, leave)
    with remembering():
        try:
            importlib.import_module(f"ovxai_tools.{name}").main()
        finally:
            with contextlib.suppress(OSError, ValueError):  # told again by the interpreter
                sys.stdout.flush()
            for number in ENDING:  # all is done and said: what is left is to shut down
                signal.signal(number, signal.SIG_IGN)
