"""Boxes from a file or folder of any known kind, told apart by what is in it."""

from __future__ import annotations

import json
from pathlib import Path

from ovxai_passes.errors import OptionError
from ovxai_tools.evaluation.data.boxes import BoxesByPicture
from ovxai_tools.evaluation.data.json_boxes import coco_boxes, own_boxes
from ovxai_tools.evaluation.data.text_boxes import voc_boxes, yolo_boxes

_KINDS = (
    "a JSON file {picture: [[class, x0, y0, x1, y1], ...]}, a JSON file of COCO, or a folder of XML files of VOC or of "
    "text files of YOLO"
)
_NOT_BOXES = "classes.txt"  # names of classes, which labelling tools write beside the boxes


def read_boxes(source: Path) -> BoxesByPicture:
    """The boxes in a file or folder. Raises OptionError."""
    if source.is_dir():
        return _of_folder(source)
    try:
        text = source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise OptionError(f"cannot read the boxes in {source}: {reason}; give {_KINDS}") from error
    first = text.lstrip()[:1]
    if first == "<":
        return voc_boxes(source, [source])
    if first != "{":
        return yolo_boxes(source, [source])
    try:
        content = json.loads(text)
    except ValueError as error:
        raise OptionError(f"cannot read the boxes in {source}: it is no JSON ({error})") from error
    return coco_boxes(source, content) if {"images", "annotations"} <= content.keys() else own_boxes(source, content)


def _of_folder(folder: Path) -> BoxesByPicture:
    files = sorted(folder.iterdir())
    xml = [file for file in files if file.suffix.lower() == ".xml"]
    texts = [file for file in files if file.suffix.lower() == ".txt" and file.name != _NOT_BOXES]
    if bool(xml) == bool(texts):
        there = "both XML and text files" if xml else "neither XML nor text files"
        raise OptionError(f"cannot read boxes in {folder}: there are {there}; give {_KINDS}")
    return voc_boxes(folder, xml) if xml else yolo_boxes(folder, texts)
