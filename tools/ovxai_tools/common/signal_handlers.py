"""Signal handlers that survive OpenVINO.

Python's handlers run on the alternate signal stack of the thread, if it has one. The CPU plugin (2025.0 to 2026.4) sets
one up when it is loaded, and puts the one before back when it goes; of two that go in the order in which they came, the
second puts back the first's, which is no more. The next signal then ends the process by a segmentation fault, without a
word. So the flag that asks for that stack is taken off our handlers.
"""

from __future__ import annotations

import contextlib
import functools
import platform
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

_ON_ALTERNATE_STACK = 0x08000000  # SA_ONSTACK of Linux
_KNOWN = ("x86_64", "aarch64")  # where the structure below is the C library's


def set_handler(number: int, handler: Callable[[int, FrameType | None], Any] | int | None) -> None:
    """As `signal.signal`; what is called runs on the ordinary stack."""
    signal.signal(number, handler)
    if callable(handler) and sys.platform == "linux" and platform.machine() in _KNOWN:
        with contextlib.suppress(ImportError, OSError, AttributeError):  # a Python without ctypes
            _use_ordinary_stack(number)


def _use_ordinary_stack(number: int) -> None:
    library, action, reference = _library()
    found = action()
    if library.sigaction(number, None, reference(found)) == 0:
        found.flags &= ~_ON_ALTERNATE_STACK
        library.sigaction(number, reference(found), None)


@functools.cache
def _library() -> tuple[Any, Any, Any]:
    """The C library, its structure for an action, and what makes a pointer to one."""
    import ctypes  # noqa: PLC0415  # not on every system

    class Action(ctypes.Structure):
        _fields_ = (
            ("handler", ctypes.c_void_p),
            ("mask", ctypes.c_ulong * 16),
            ("flags", ctypes.c_int),
            ("restorer", ctypes.c_void_p),
        )

    return ctypes.CDLL(None), Action, ctypes.byref
