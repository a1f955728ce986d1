"""Two packages timed at the same tasks: each in a process of its own, in turns, so that a busy moment hits both."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import IO

from ovxai_passes.errors import OptionError
from ovxai_tools.checks import side_by_side_worker


@dataclass(frozen=True)
class Side:
    """A package, and the interpreter that has it."""

    python: str
    package: str


@dataclass(frozen=True)
class TaskTimes:
    """Medians of a task, in seconds, of each side."""

    task: str
    seconds: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """How many times as long the first side takes as the last one."""
        return self.seconds[0] / self.seconds[-1]


class _Worker:
    """A process that does tasks when it is told to."""

    def __init__(self, side: Side, process: subprocess.Popen[str]) -> None:
        self._side, self._in, self._out = side, process.stdin, process.stdout
        self.tasks = self._line().split("\t")

    def seconds(self, task: str) -> float:
        """Do a task once."""
        _written(self._in, f"{task}\n")
        return float(self._line())

    def _line(self) -> str:
        line = "" if self._out is None else self._out.readline()
        if not line:
            raise OptionError(
                f"{self._side.python} does not do the tasks with {self._side.package}: see what it said above; "
                "it needs the package, numpy and OpenCV"
            )
        return line.rstrip("\n")


def _written(stream: IO[str] | None, text: str) -> None:
    if stream is not None:
        stream.write(text)
        stream.flush()


def compared(
    sides: list[Side], model: Path, pictures: Path, rounds: int, only: tuple[str, ...] = ()
) -> Iterator[TaskTimes]:
    """The times of each task that both know and whose name holds one of `only`, as they are known.

    `pictures`: an .npz of `small` and `large` u8 [N,H,W,3]. A first run of each warms up. Raises OptionError.
    """
    with ExitStack() as stack:
        workers = [stack.enter_context(_running(side, model, pictures)) for side in sides]
        for task in workers[0].tasks:
            if only and not any(part in task for part in only):
                continue
            times: list[list[float]] = [[] for _ in workers]
            for number in range(rounds + 1):
                order = range(len(workers)) if number % 2 else reversed(range(len(workers)))
                for place in order:
                    seconds = workers[place].seconds(task)
                    if number:
                        times[place].append(seconds)
            yield TaskTimes(task, tuple(median(one) for one in times))


@contextmanager
def _running(side: Side, model: Path, pictures: Path) -> Iterator[_Worker]:
    command = [side.python, side_by_side_worker.__file__, side.package, str(model), str(pictures)]
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    except OSError as error:
        raise OptionError(f"cannot run {side.python}: {error.strerror}") from error
    with process:
        try:
            yield _Worker(side, process)
        finally:
            process.kill()
