"""Which picture files a command line means, and whether they can be read and written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ovxai_passes.errors import OptionError
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.encoding import KINDS, can_write
from ovxai_passes.pictures.extras import opencv, pillow
from ovxai_tools.common.exits import OutputError

PICTURES = (".avif", ".bmp", ".gif", ".jp2", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""The endings of names that are looked for in folders."""


def check_extras() -> None:
    """Raises MissingExtraError where pictures cannot be worked on, before any work is done."""
    opencv("pictures")
    pillow("pictures")


def check_picture_name(path: Path) -> None:
    """Raises OutputError where a picture cannot be written as what its name says, MissingExtraError."""
    if not can_write(path.suffix):
        raise OutputError(
            f"cannot write {path}: give a name that ends in one of {' '.join(KINDS)}, which says its kind"
        )


def picture_files(paths: Sequence[Path]) -> list[Path]:
    """Files, and the pictures in folders, in the order of their names, each once.

    Raises OptionError where none of them can be read. Some may be unreadable: whoever reads them says so.
    """
    found: list[Path] = []
    for path in paths:
        try:
            if path.is_dir():
                found += sorted(one for one in path.iterdir() if one.suffix.lower() in PICTURES)
            else:
                found.append(path)
        except OSError as error:
            raise OptionError(f"cannot read the folder {path}: {error.strerror}") from error
    if not found:
        raise OptionError(f"there are no pictures in {', '.join(map(str, paths))} ({' '.join(PICTURES)})")
    found = list({os.path.abspath(path): path for path in reversed(found)}.values())[::-1]
    _check_some_readable(found)
    return found


def _check_some_readable(files: list[Path]) -> None:
    reasons: list[str] = []
    for path in files:
        try:
            read_picture(path)
        except OptionError as error:
            reasons.append(str(error))
        else:
            return
    more = f", and {len(reasons) - 1} more cannot be read" if len(reasons) > 1 else ""
    raise OptionError(reasons[0] + more)
