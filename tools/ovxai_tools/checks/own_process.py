"""Processes of a sweep, one a model: what they tell line by line, in JSON, and what they died of."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

OUT_OF_MEMORY = ("bad_alloc", "MemoryError", "Cannot allocate memory", "can't allocate")
"""What errors say where memory did not suffice."""


@dataclass(frozen=True)
class Ended:
    """A process that has ended: its exit code, None where it took longer than `seconds`."""

    told: dict[str, Any]
    code: int | None
    errors: str
    seconds: float


class OwnProcesses:
    """Runs processes; may be asked by several threads at a time."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def run(self, command: Sequence[str], seconds: float) -> Ended:
        """Run a command to its end, or until the time is over. What it has told by then counts."""
        with _output() as stdout, _output() as stderr:
            process = subprocess.Popen(command, stdout=stdout, stderr=stderr, stdin=subprocess.DEVNULL)
            self._running.add(process)
            if self._stopped:
                process.kill()
            try:
                code: int | None = process.wait(seconds)
            except subprocess.TimeoutExpired:
                code = None
                process.kill()
                process.wait()
            finally:
                self._running.discard(process)
            stdout.seek(0)
            stderr.seek(0)
            return Ended(_parsed(stdout.read()), code, stderr.read(), seconds)

    def stop(self) -> None:
        """End all processes."""
        self._stopped = True
        for process in tuple(self._running):
            process.kill()


def _output() -> IO[str]:
    """A file for what a process says: a reader of another format may print parts of the model, so any bytes."""
    return tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")


def _parsed(lines: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in lines.splitlines():
        try:
            values = json.loads(line)
        except ValueError:  # a reader of another format may print as well
            continue
        if isinstance(values, Mapping):
            found |= values
    return found


def death(ended: Ended) -> dict[str, str]:
    """What a process that ended without a verdict died of."""
    if ended.code is None:
        return {"status": "timeout", "reason": f"not done within {ended.seconds:g} s"}
    last = next((line.strip() for line in reversed(ended.errors.splitlines()) if line.strip()), "")
    if any(sign in ended.errors for sign in OUT_OF_MEMORY) or ended.code == -signal.SIGKILL:
        return {"status": "out of memory", "reason": last or "ended by the system"}
    if ended.code < 0:
        return {"status": "crashed", "reason": f"{signal.Signals(-ended.code).name} {last}".strip()}
    return {"status": "crashed", "reason": last or f"exit code {ended.code}"}


def as_text(value: object) -> str:
    """A cell of a report."""
    return " ".join(str(value).split())
