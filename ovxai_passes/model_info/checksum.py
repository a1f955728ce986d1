"""The checksum of the weights, in the model that belongs to them.

An OpenVINO model is two files, and no file system replaces two files at once: a machine that stops between them leaves
the .xml of one model beside the .bin of another. So the .xml ends with a comment that holds the SHA-256 of its .bin.
Other programs skip the comment, and a program that saves the pair anew leaves it out, so it never speaks of other
weights than those that it was written for.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

_COMMENT = b"<!-- ovxai-passes: the .bin of this file has SHA-256 %s -->\n"
_FOUND = re.compile(rb"<!-- ovxai-passes: the \.bin of this file has SHA-256 ([0-9a-f]{64}) -->\s*\Z")
_TAIL = 512  # bytes: the comment, and what an editor may put behind it
_CHUNK = 1 << 20


def add_checksum(path: Path) -> None:
    """Append the checksum of its .bin to an .xml that has none yet. Raises OSError."""
    digest = file_digest(path.with_suffix(".bin"))
    with path.open("ab") as file:
        file.write(b"\n" + _COMMENT % digest.encode())


def checksum_in(path: Path) -> str | None:
    """The checksum that an .xml gives for its .bin, or None. Raises OSError."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        found = _FOUND.search(file.read())
    return found[1].decode() if found else None


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal: about a second for each 1.5 GB. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
