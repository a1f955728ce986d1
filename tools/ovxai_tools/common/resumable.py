"""A folder of results that a run fills, and its journal, so that the same command goes on after an interrupt.

The journal, `unfinished.jsonl`, lies in the folder as long as there is something to go on with. Its lines are JSON; the
first one says of what the results are (model and options). A line that was cut off counts for nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ovxai_tools.common.exits import OutputError
from ovxai_tools.common.files import staging
from ovxai_tools.common.locks import BusyError, locked

JOURNAL = "unfinished.jsonl"

Line = dict[str, Any]


@contextlib.contextmanager
def result_folder(folder: Path, command: str) -> Iterator[Path]:
    """The folder, made where it is not there, locked while the block runs, and removed again if nothing came into it.

    Yields a folder inside to make files in. `command`: who writes. Raises OutputError, also where another process of
    the command is writing there.
    """
    with _made(folder):
        try:
            lock = folder / f".{command.replace(' ', '-')}.lock"
            with locked(lock, wait=False), staging(folder) as staged:
                yield staged
        except BusyError:
            raise OutputError(
                f"cannot write to {folder}: another {command} is writing there; choose another folder"
            ) from None


@contextlib.contextmanager
def _made(folder: Path) -> Iterator[None]:
    made = [one for one in (folder, *folder.absolute().parents) if not one.exists()]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot write to {folder}: {error.strerror}; choose another folder") from error
        yield
    finally:
        for one in made:
            with contextlib.suppress(OSError):  # it holds something
                one.rmdir()


def kept_lines(path: Path, about: Line) -> Iterator[tuple[int, Line]]:
    """The lines of a journal behind its first one, each with where it begins; what was cut off is taken away.

    A journal about something else, or none, is begun anew: there are no lines. Raises OSError.
    """
    if _first_line(path) != about:
        path.write_text(json.dumps(about) + "\n", encoding="ascii")
        return
    end = 0
    with path.open("rb") as file:
        for line in file:
            values = _parsed(line)
            if values is None:
                break
            if end:
                yield end, values
            end += len(line)
    os.truncate(path, end)


def add_line(path: Path, values: Line) -> int:
    """Add a line to a journal; returns where it begins. Raises OSError."""
    with path.open("ab") as file:
        offset = file.seek(0, os.SEEK_END)
        file.write(json.dumps(values).encode("ascii") + b"\n")
    return offset


def check_folder(folder: Path, about: Line, page: str, force: bool) -> None:
    """Raise OutputError where results cannot be written to `folder`, before any work is done.

    `page`: the file that a finished run has written. What can be gone on with is no hindrance.
    """
    there = next((one for one in (folder, *folder.absolute().parents) if one.exists()), folder)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        reason = "is not ours to write to" if there.is_dir() else "is no folder"
        raise OutputError(f"cannot write to {folder}: {there} {reason}; choose another folder")
    if force:
        return
    first = _first_line(folder / JOURNAL)
    if first is None and (folder / page).exists():
        raise OutputError(f"cannot write {folder / page}: it exists; choose another folder or give --force")
    if first is not None and first != about:
        raise OutputError(
            f"cannot go on in {folder}: it holds the unfinished results of {_difference(first, about)}; give the same "
            "command again, choose another folder, or give --force to begin anew"
        )


def _difference(first: Line, about: Line) -> str:
    if first.get("version") != about.get("version"):
        return "another version of this program"
    if first.get("model") != about.get("model"):
        return "another model"
    before, now = first.get("options") or {}, about["options"]
    missing = object()
    names = sorted(name for name in {**before, **now} if before.get(name, missing) != now.get(name, missing))
    return f"other options ({', '.join(names)})"


def _first_line(path: Path) -> Line | None:
    """What a journal is about; None where there is none, {} where it cannot be results."""
    try:
        with path.open("rb") as file:
            return _parsed(file.readline()) or {}
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutputError(f"cannot read {path}: {error.strerror}; choose another folder") from error


def _parsed(line: bytes) -> Line | None:
    if line.endswith(b"\n"):
        with contextlib.suppress(ValueError):
            values = json.loads(line)
            return values if isinstance(values, dict) else None
    return None
