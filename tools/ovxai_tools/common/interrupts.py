"""Signals that end a program: when they may, and what has been written when they do.

Needs the standard library only: commands import this before anything else.
"""

from __future__ import annotations

import contextlib
import contextvars
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from ovxai_tools.common.signal_handlers import set_handler

ENDING: tuple[int, ...] = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Some systems have no SIGHUP."""
INTERRUPTED = 130
_NAMED = 3

Handler = Callable[[int, FrameType | None], Any]

_written: contextvars.ContextVar[dict[Path, None] | None] = contextvars.ContextVar("written", default=None)


@contextlib.contextmanager
def recording_files() -> Iterator[dict[Path, None]]:
    """The files that are published inside the block, in order; of the outermost block, where there are several."""
    known = _written.get()
    if known is not None:
        yield known
        return
    known = {}
    token = _written.set(known)
    try:
        yield known
    finally:
        _written.reset(token)


def record_files(paths: Sequence[Path]) -> None:
    """Note what has been published, for the sentence that an interrupt ends with."""
    known = _written.get()
    if known is not None:
        known.update(dict.fromkeys(paths))


def interrupt_message() -> str:
    """What an interrupt ends with: what is there."""
    paths = list(_written.get() or ())
    if not paths:
        return "Interrupted; nothing was written."
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return f"Interrupted; written before that: {', '.join(str(path) for path in paths[:_NAMED])}{more}."


@contextlib.contextmanager
def handling_signals(handler: Handler) -> Iterator[None]:
    """Signals that end a program call `handler` inside the block; those that are ignored (nohup) stay so."""
    if threading.current_thread() is not threading.main_thread():  # only there handlers are set and called
        yield
        return
    previous = {number: signal.getsignal(number) for number in ENDING}
    try:
        for number, before in previous.items():
            if before not in (signal.SIG_IGN, None):
                set_handler(number, handler)
        yield
    finally:
        for number, before in previous.items():
            if before not in (signal.SIG_IGN, None):
                set_handler(number, before)


@contextlib.contextmanager
def deferring_signals() -> Iterator[None]:
    """Signals that end a program wait until the block is done, and are given then: the outermost of several blocks."""
    before = {number: signal.getsignal(number) for number in ENDING}
    if all(handler in (signal.SIG_IGN, None) or isinstance(handler, _Later) for handler in before.values()):
        yield
        return
    later = _Later(before)
    try:
        with handling_signals(later):
            try:
                yield
            finally:
                later.done = True
    finally:
        for number in dict.fromkeys(later.waiting):
            _give(number)


@dataclass
class _Later:
    """A handler that keeps signals for later; `before`: the handlers that they are for."""

    before: dict[int, Any]
    waiting: list[int] = field(default_factory=list)
    done: bool = False

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        if self.done:  # while the handlers are given back
            set_handler(number, self.before[number])
            _give(number)
        else:
            self.waiting.append(number)


def _give(number: int) -> None:
    handler = signal.getsignal(number)
    if callable(handler):
        handler(number, None)
    else:
        signal.raise_signal(number)


def exit_at_once(_number: int, _frame: FrameType | None) -> None:
    """End the process at once with the sentence: a handler for when no work is under way."""
    os.write(2, f"{interrupt_message()}\n".encode(errors="backslashreplace"))
    os._exit(INTERRUPTED)
