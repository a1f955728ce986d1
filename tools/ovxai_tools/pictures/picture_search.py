"""Which files a command line means: files, folders, patterns, lists of them."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ovxai_passes.errors import OptionError
from ovxai_tools.pictures.picture_files import PICTURES

_OF_PATTERNS = frozenset("*?[")


@dataclass(frozen=True)
class PictureSearch:
    """How paths become files. `recursive`: folders with all that is below them, but hidden ones.

    `output`: a folder of results, which are not looked at again where it lies inside one that is searched.
    """

    recursive: bool = False
    output: Path | None = None

    def files(self, paths: Sequence[Path], listed: Path | None = None) -> list[Path]:
        """Files and folders for `picture_files`, those of `paths` first, then those that a file lists.

        Raises OptionError where a pattern or a list means none, and where `recursive` has no effect.
        """
        named = [one for path in paths for one in self._meant(path)]
        named += [] if listed is None else _lines(listed)
        if self.recursive and not any(map(_is_folder, named)):
            raise OptionError("--recursive is for folders, and none is named: leave it out, or name a folder")
        return [one for path in named for one in self._below(path)]

    def _meant(self, path: Path) -> list[Path]:
        """A path, or what fits a pattern: pictures, and folders."""
        text = str(path)
        if not _OF_PATTERNS & set(text) or os.path.lexists(path):
            return [path]
        fitting = [Path(one) for one in sorted(glob.glob(text, recursive=True))]
        found = [one for one in fitting if (_is_picture(one) or _is_folder(one)) and not self._is_result(one)]
        if not found:
            raise OptionError(f"no picture and no folder fits the pattern {text}")
        return found

    def _below(self, path: Path) -> list[Path]:
        """A path, or the pictures below a folder where these are wanted."""
        return list(self._walked(path)) if self.recursive and _is_folder(path) else [path]

    def _walked(self, path: Path) -> Iterator[Path]:
        for folder, below, names in os.walk(path):
            here = Path(folder)
            below[:] = sorted(one for one in below if not one.startswith(".") and not self._is_result(here / one))
            yield from (here / name for name in sorted(names) if _is_picture(here / name))

    def _is_result(self, path: Path) -> bool:
        if self.output is None:
            return False
        place, results = (Path(os.path.abspath(one)) for one in (path, self.output))
        return place == results or results in place.parents


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURES


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)


def _lines(listed: Path) -> list[Path]:
    """The paths that stand in a file, one a line. Raises OptionError."""
    try:
        text = listed.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise OptionError(f"cannot read the list {listed}: {error.strerror}") from error
    paths = [Path(line) for line in text.splitlines() if line.strip()]
    if not paths:
        raise OptionError(f"there are no pictures in the list {listed}: write a path on each line")
    if "\0" in text:
        raise OptionError(f"the list {listed} is no text: write a path on each line")
    return paths
