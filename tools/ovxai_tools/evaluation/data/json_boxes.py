"""Boxes of all pictures in one JSON file: ours, and that of COCO."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from ovxai_passes.errors import OptionError
from ovxai_tools.evaluation.data.boxes import BoxesByPicture, ObjectBox, checked_box


def own_boxes(source: Path, content: dict[str, Any]) -> BoxesByPicture:
    """Boxes of `{file: [[class, x0, y0, x1, y1], ...]}`: class by number or name, fractions. Raises OptionError."""
    found: dict[str, tuple[ObjectBox, ...]] = {}
    for name, rows in content.items():
        where = f"{source}, {name}"
        if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == 5 for row in rows):
            raise OptionError(f"{where}: give a list of [class, x0, y0, x1, y1], not {str(rows)[:60]}")
        for label, *_ in rows:
            if not isinstance(label, (int, str)) or isinstance(label, bool):
                raise OptionError(f"{where}: {label!r} is no class: give its number or name")
        found[name] = tuple(checked_box(label, corners, where) for label, *corners in rows)
    return BoxesByPicture(str(source), found)


def coco_boxes(source: Path, content: dict[str, Any]) -> BoxesByPicture:
    """Boxes of `images`, `annotations` and `categories` of COCO; crowds are left out. Raises OptionError."""
    by_picture: dict[str, list[ObjectBox]] = defaultdict(list)
    try:
        names = {one["id"]: str(one["name"]) for one in sorted(content["categories"], key=lambda one: one["id"])}
        images = {one["id"]: one for one in content["images"]}
        for image in images.values():
            by_picture[Path(image["file_name"]).name] = []
        for number, one in enumerate(content["annotations"]):
            if one.get("iscrowd"):
                continue
            image = images[one["image_id"]]
            (x, y, w, h), width, height = one["bbox"], image["width"], image["height"]
            corners = (x / width, y / height, (x + w) / width, (y + h) / height)
            box = checked_box(names[one["category_id"]], corners, f"{source}, annotation {number}")
            by_picture[Path(image["file_name"]).name].append(box)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        if isinstance(error, OptionError):
            raise
        raise OptionError(f"{source} is no file of COCO annotations ({type(error).__name__}: {error})") from error
    return BoxesByPicture(
        str(source), {name: tuple(some) for name, some in by_picture.items()}, False, tuple(names.values())
    )
