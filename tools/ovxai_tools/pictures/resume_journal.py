"""What a run over many pictures has done, kept so that the same command goes on after an interrupt.

The journal (`common/resumable.py`) has for each picture a line that names its files before they are written, and one
with its maps and its part of the page when all of them are there. A picture is complete if it has the second line, its
files are there, and it is still of the size and time that it had.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ovxai_tools.common.resumable import JOURNAL, Line, add_line, kept_lines


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
        return self.folder / JOURNAL

    def begin(self) -> None:
        """Read what is there if it is of the same model and options, else begin anew."""
        for offset, values in kept_lines(self.path, self.about):
            self._note(values, offset)

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
        self._note(values, add_line(self.path, values))

    def _note(self, values: Line, offset: int) -> None:
        self.owned.update(values.get("files", ()))
        if "told" in values:
            key: str = values["at"]
            kept = self.kept[key] = CompletePicture(values["stamp"], values["told"], offset)
            self.owned.update(kept.files)
            self.of.update(dict.fromkeys(kept.files, key))


def _key(picture: Path) -> str:
    return os.path.abspath(picture)


def stamp_of(picture: Path) -> list[int]:
    """What tells that a file is still the same: its size and time; nothing where there is none."""
    try:
        found = picture.stat()
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns]
