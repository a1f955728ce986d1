"""Boxes of objects, by the pictures that they are of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ovxai_passes.errors import OptionError


@dataclass(frozen=True)
class ObjectBox:
    """An object: its class, by number or by name, and x0, y0, x1, y1 as fractions of width and height."""

    label: int | str
    corners: tuple[float, float, float, float]


@dataclass(frozen=True)
class BoxesByPicture:
    """Boxes by the name of a picture's file, or where `by_stem` by its name without ending.

    `source`: the file or folder that they are from. `label_order`: the names of the source's classes in the order of
    their numbers, where it says them.
    """

    source: str
    boxes: Mapping[str, tuple[ObjectBox, ...]]
    by_stem: bool = False
    label_order: tuple[str, ...] = ()


def checked_box(label: int | str, corners: Sequence[Any], where: str) -> ObjectBox:
    """A box of fractions, cut to the picture. Raises OptionError where it is none; `where`: named in the error."""
    try:
        x0, y0, x1, y1 = (float(one) for one in corners)
    except (TypeError, ValueError):
        raise OptionError(f"{where}: {list(corners)!r} is no box: give x0, y0, x1, y1") from None
    if not all(map(math.isfinite, (x0, y0, x1, y1))) or x0 >= x1 or y0 >= y1:
        raise OptionError(
            f"{where}: the box {x0:g}, {y0:g}, {x1:g}, {y1:g} is empty: x0 < x1 and y0 < y1 are asked for"
        )
    if max(abs(one) for one in (x0, y0, x1, y1)) > 2:
        raise OptionError(
            f"{where}: the box {x0:g}, {y0:g}, {x1:g}, {y1:g} is in pixels: give fractions of width and height"
        )
    left, top, right, bottom = (min(max(one, 0.0), 1.0) for one in (x0, y0, x1, y1))
    if left >= right or top >= bottom:
        raise OptionError(f"{where}: the box {x0:g}, {y0:g}, {x1:g}, {y1:g} lies outside of its picture")
    return ObjectBox(label, (left, top, right, bottom))
