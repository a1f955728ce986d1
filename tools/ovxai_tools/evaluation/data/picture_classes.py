"""The class of each picture, from a file."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from ovxai_passes.errors import OptionError


def read_classes(source: Path) -> dict[str, int | str]:
    """Classes by the names of pictures: JSON `{picture: class}`, or lines `picture,class`. Raises OptionError."""
    try:
        text = source.read_text(encoding="utf-8-sig")
        if text.lstrip().startswith("{"):
            found = dict(json.loads(text))
        else:
            found = {row[0].strip(): row[1].strip() for row in csv.reader(text.splitlines()) if row}
    except (OSError, ValueError, IndexError) as error:
        raise OptionError(
            f"cannot read the classes of pictures in {source} ({error}): give JSON {{picture: class}}, or lines "
            "picture,class"
        ) from error
    for name, label in found.items():
        if not isinstance(label, (int, str)) or isinstance(label, bool):
            raise OptionError(f"{source}: {label!r} is no class of {name}: give its number or name")
    if not found:
        raise OptionError(f"there are no classes of pictures in {source}")
    return found
