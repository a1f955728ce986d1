"""What a run over many pictures has done, kept so that the same command goes on after an interrupt.

The journal (`common/resumable.py`) has for each picture a line that names its files before they are written, and one
with its maps and what the page shows of it when all of them are there. A picture is complete if it has the second
line, its files are there, and it is still of the size and time that it had.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ovxai_tools.common.resumable import JOURNAL, Line, add_line, kept_lines
from ovxai_tools.pictures.page.shown import ShownPicture
from ovxai_tools.pictures.results.picture_results import PictureResults


@dataclass(frozen=True)
class CompletePicture:
    """One complete picture: its maps, the names of all its files, and where in the journal its line is."""

    stamp: list[int]
    maps: list[Line]
    files: list[str]
    offset: int


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

    def add(self, picture: Path, stamp: list[int], results: PictureResults) -> None:
        """Note that all files of a picture are there; older ones of it are removed.

        `stamp`: the picture's, before it was read.
        """
        before = self.kept.get(_key(picture))
        told = {"told": results.maps, "shown": results.shown.as_values(), "files": results.files}
        self._append({"at": _key(picture), "stamp": stamp, **told})
        for name in set(before.files if before else ()) - set(results.files):
            (self.folder / name).unlink(missing_ok=True)
            self.of.pop(name, None)

    def shown(self, pictures: list[Path]) -> Iterator[tuple[str, ShownPicture]]:
        """What the page shows, by name: of these pictures in their order, then of others that were explained before.

        Names are paths from the folder that all of them are in.
        """
        keys = [
            one for one in dict.fromkeys([*(_key(picture) for picture in pictures), *self.kept]) if one in self.kept
        ]
        names = _names(keys)
        with self.path.open("rb") as file:
            for key in keys:
                file.seek(self.kept[key].offset)
                yield names[key], ShownPicture.of_values(json.loads(file.readline())["shown"])

    def remove(self) -> None:
        """Remove the journal: all is done, or nothing is."""
        self.path.unlink(missing_ok=True)

    def _append(self, values: Line) -> None:
        self._note(values, add_line(self.path, values))

    def _note(self, values: Line, offset: int) -> None:
        self.owned.update(values.get("files", ()))
        if "told" in values:
            key: str = values["at"]
            self.kept[key] = CompletePicture(values["stamp"], values["told"], values["files"], offset)
            self.of.update(dict.fromkeys(values["files"], key))


def _names(keys: list[str]) -> dict[str, str]:
    """Names of pictures: paths from the folder that all of them are in; whole ones where they are on several disks."""
    try:
        above = os.path.commonpath([os.path.dirname(key) for key in keys])
    except ValueError:  # there are none, or Windows gives disks letters
        return {key: key for key in keys}
    return {key: os.path.relpath(key, above) for key in keys}


def _key(picture: Path) -> str:
    return os.path.abspath(picture)


def stamp_of(picture: Path) -> list[int]:
    """What tells that a file is still the same: its size and time; nothing where there is none."""
    try:
        found = picture.stat()
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns]
