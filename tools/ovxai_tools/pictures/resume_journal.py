"""What a run over many pictures has done, kept so that the same command goes on after an interrupt.

`unfinished.jsonl` lies in the folder of results as long as there is something to go on with. Its first line says of
what the results are (model and options). Then, for each picture, a line that names its files before they are written,
and one with its maps and its part of the page when all of them are there. A picture is complete if it has
the second line, its files are there, and it is still of the size and time that it had. A line that was cut off counts
for nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ovxai_tools.common.exits import OutputError

NAME = "unfinished.jsonl"

Line = dict[str, Any]


@dataclass(frozen=True)
class CompletePicture:
    """One complete picture: its maps, and where in the journal its line is."""

    stamp: list[int]
    maps: list[Line]
    offset: int

    @property
    def files(self) -> list[str]:
        """The names of its files."""
        return [name for one in self.maps for name in one["files"]]


@dataclass
class ResumeJournal:
    """The journal in a folder; `about`: what the results are of. Raises OSError."""

    folder: Path
    about: Line
    kept: dict[str, CompletePicture] = field(default_factory=dict)
    owned: set[str] = field(default_factory=set)
    """Names of files that this run or the interrupted one has written, or was about to."""
    of: dict[str, str] = field(default_factory=dict)
    """Which picture a name of a file is of."""

    @property
    def path(self) -> Path:
        """Where the journal is."""
        return self.folder / NAME

    def begin(self) -> None:
        """Read what is there if it is of the same model and options, else begin anew."""
        if _first_line(self.path) != self.about:
            self.path.write_text(json.dumps(self.about) + "\n", encoding="ascii")
            return
        end = 0
        with self.path.open("rb") as file:
            for line in file:
                values = _parsed(line)
                if values is None:
                    break
                self._note(values, end)
                end += len(line)
        os.truncate(self.path, end)

    def maps_of(self, picture: Path) -> list[Line] | None:
        """The maps of a picture, or None if it is not complete."""
        kept = self.kept.get(_key(picture))
        if kept is None or kept.stamp != stamp_of(picture):
            return None
        return kept.maps if all((self.folder / name).is_file() for name in kept.files) else None

    def is_free(self, name: str, picture: Path) -> bool:
        """Whether no other picture has a file of that name."""
        key = _key(picture)
        return self.of.get(name, key) == key

    def announce(self, picture: Path, files: list[str]) -> None:
        """Note that files are about to appear."""
        self._append({"at": _key(picture), "files": files})

    def add(self, picture: Path, stamp: list[int], maps: list[Line], row: str) -> None:
        """Note that all files of a picture are there; older ones of it are removed.

        `stamp`: the picture's, before it was read; `row`: its part of the page.
        """
        before = self.kept.get(_key(picture))
        self._append({"at": _key(picture), "stamp": stamp, "told": maps, "row": row})
        now = {name for one in maps for name in one["files"]}
        for name in set(before.files if before else ()) - now:
            (self.folder / name).unlink(missing_ok=True)
            self.of.pop(name, None)

    def rows(self, pictures: list[Path]) -> Iterator[str]:
        """The parts of the page: of these pictures in their order, then of others that were explained before."""
        keys = dict.fromkeys([*(_key(picture) for picture in pictures), *self.kept])
        with self.path.open("rb") as file:
            for key in keys:
                if key in self.kept:
                    file.seek(self.kept[key].offset)
                    yield json.loads(file.readline())["row"]

    def remove(self) -> None:
        """Remove the journal: all is done, or nothing is."""
        self.path.unlink(missing_ok=True)

    def _append(self, values: Line) -> None:
        with self.path.open("ab") as file:
            offset = file.seek(0, os.SEEK_END)
            file.write(json.dumps(values).encode("ascii") + b"\n")
        self._note(values, offset)

    def _note(self, values: Line, offset: int) -> None:
        self.owned.update(values.get("files", ()))
        if "told" in values:
            key: str = values["at"]
            kept = self.kept[key] = CompletePicture(values["stamp"], values["told"], offset)
            self.owned.update(kept.files)
            self.of.update(dict.fromkeys(kept.files, key))


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
    first = _first_line(folder / NAME)
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
    names = sorted(name for name in {**before, **now} if before.get(name) != now.get(name))
    return f"other options ({', '.join(names)})"


def _first_line(path: Path) -> Line | None:
    """What a journal is about; None where there is none, {} where it cannot be maps."""
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


def _key(picture: Path) -> str:
    return os.path.abspath(picture)


def stamp_of(picture: Path) -> list[int]:
    """What tells that a file is still the same: its size and time; nothing where there is none."""
    try:
        found = picture.stat()
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns]
