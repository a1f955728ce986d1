"""Running a command line many times, each in a process of its own that starts at once.

A server that has imported the program, and nothing else, forks a process for each call: what ends it, hangs it or is
left behind by it is seen as a user would see it, without the second that imports take.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

import openvino

PRELOADED = ["tests.support.forked", "ovxai_tools.cli.transform"]
MEMORY = 8 << 30  # bytes of address space
UNTOLD = 255
"""What multiprocessing says where the server, asked by several threads, did not hand it a process's exit code."""


@dataclass(frozen=True)
class Ended:
    """How a call ended: the exit code (negative: the signal; None: it hung and was killed), and what it printed."""

    code: int | None
    said: str


def call(program: str, argument: list[str] | str | None, folder: Path, seconds: float) -> Ended:
    """Run `module:function` with command-line arguments (or none) in `folder`; its words go to a file beside it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    said, ended = folder.with_suffix(".said"), folder.with_suffix(".code")
    process = context.Process(target=_run, args=(program, argument, str(folder), str(said), str(ended)))
    process.start()
    process.join(seconds)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
    process.close()
    if code == UNTOLD and ended.exists():
        code = int(ended.read_text())
    ended.unlink(missing_ok=True)
    text = said.read_text(errors="replace") if said.exists() else ""
    said.unlink(missing_ok=True)
    return Ended(code, text)


def read(path: str) -> None:
    """A program that reads a model, and nothing more."""
    openvino.Core().read_model(path)


def _run(program: str, argument: list[str] | str | None, folder: str, said: str, ended: str) -> None:
    """What the new process does; it ends here."""
    import resource  # noqa: PLC0415  # POSIX's, as forks are

    descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.chdir(folder)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    code = 1
    try:
        module, name = program.split(":")
        getattr(importlib.import_module(module), name)(*([] if argument is None else [argument]))
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    Path(ended).write_text(str(code), encoding="ascii")
    os._exit(code)
