"""Boxes in a file a picture: Pascal VOC (XML) and YOLO (text)."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from ovxai_passes.errors import OptionError
from ovxai_tools.evaluation.data.boxes import BoxesByPicture, ObjectBox, checked_box


def voc_boxes(source: Path, files: list[Path]) -> BoxesByPicture:
    """Boxes of `annotation` files of VOC: names of classes, corners in pixels from 1 on. Raises OptionError."""
    found: dict[str, tuple[ObjectBox, ...]] = {}
    for file in files:
        try:
            root = ElementTree.fromstring(file.read_bytes())
            width, height = (float(root.findtext(f"size/{one}", "0")) for one in ("width", "height"))
            name = root.findtext("filename") or file.stem
            objects = [
                (one.findtext("name", ""), [float(one.findtext(f"bndbox/{key}", "nan")) for key in _VOC_CORNERS])
                for one in root.iter("object")
            ]
        except (OSError, ElementTree.ParseError, ValueError) as error:
            raise OptionError(f"cannot read {file} as annotations of VOC: {error}") from error
        if root.tag != "annotation" or width <= 0 or height <= 0:
            raise OptionError(f"{file} is no annotation of VOC with the picture's size: <annotation> with <size>")
        found[Path(name).name] = tuple(
            checked_box(label, ((x0 - 1) / width, (y0 - 1) / height, x1 / width, y1 / height), str(file))
            for label, (x0, y0, x1, y1) in objects
        )
    return BoxesByPicture(str(source), found)


_VOC_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def yolo_boxes(source: Path, files: list[Path]) -> BoxesByPicture:
    """Boxes of text files of YOLO, lines of class, middle x, y, width, height as fractions. Raises OptionError."""
    found: dict[str, tuple[ObjectBox, ...]] = {}
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise OptionError(f"cannot read the boxes in {file}: {error}") from error
        rows = [(f"{file}, line {number}", line.split()) for number, line in enumerate(lines, 1) if line.strip()]
        found[file.stem] = tuple(_yolo_box(where, parts) for where, parts in rows)
    return BoxesByPicture(str(source), found, by_stem=True)


def _yolo_box(where: str, parts: list[str]) -> ObjectBox:
    try:
        if len(parts) != 5:
            raise ValueError
        label, (x, y, width, height) = int(parts[0]), map(float, parts[1:])
    except ValueError:
        raise OptionError(
            f"{where}: {' '.join(parts)!r} is no box of YOLO: give class number, middle x, y, width, height"
        ) from None
    return checked_box(label, (x - width / 2, y - height / 2, x + width / 2, y + height / 2), where)
