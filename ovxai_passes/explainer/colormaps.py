"""The colours that levels of a map are shown in: a table each.

To add one: a function that makes its table, and an entry in `COLORMAPS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError

Table = npt.NDArray[np.uint8]

JET = 2
"""OpenCV's number of JET."""


@dataclass(frozen=True)
class Colormap:
    """`table`: makes the colours of the levels 0 to 255, u8 [256,3], RGB. `number`: OpenCV's, where it has one."""

    name: str
    table: Callable[[], Table]
    number: int | None = None


def colormap_of(kind: int | str) -> Colormap:
    """A colour map by its name, or by OpenCV's number. Raises OptionError."""
    for one in COLORMAPS:
        if kind == one.name or (one.number is not None and kind == one.number and not isinstance(kind, bool)):
            return one
    known = ", ".join(repr(one.name) for one in COLORMAPS)
    raise OptionError(f"there are no colours of colormap_type={kind!r}: give one of {known}, or OpenCV's number of one")


def _jet() -> Table:
    """Blue, cyan, yellow, red, as OpenCV's table has them: each colour rises and falls by 4 a level, 255 in between."""
    level = np.arange(256)
    red = np.where(level < 160, 4 * (level - 96) + 2, np.where(level < 224, 255, 252 - 4 * (level - 224)))
    green = np.where(level < 96, 4 * (level - 32), np.where(level < 160, 255, 252 - 4 * (level - 160)))
    blue = np.where(level < 32, 128 + 4 * level, np.where(level < 96, 255, 254 - 4 * (level - 96)))
    blue[159] = 1  # where the rule gives 2
    return np.clip(np.stack([red, green, blue], 1), 0, 255).astype(np.uint8)


def _grey() -> Table:
    """The levels themselves."""
    return np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)


COLORMAPS = (Colormap("jet", _jet, JET), Colormap("grey", _grey))
"""The default comes first."""
