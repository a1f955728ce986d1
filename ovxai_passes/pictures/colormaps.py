"""The colours that levels of a map are shown in: OpenCV's tables, and grey.

To add one: an entry in `COLORMAPS`, with OpenCV's number, or a table of one's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError
from ovxai_passes.pictures.extras import opencv

Levels = npt.NDArray[np.uint8]

JET = 2
"""OpenCV's number of JET."""


@dataclass(frozen=True)
class Colormap:
    """`number`: OpenCV's; None for grey, the levels themselves."""

    name: str
    number: int | None = None

    def table(self) -> Levels:
        """The colours of the levels 0 to 255, u8 [256,3], RGB. Raises MissingExtraError."""
        levels = np.arange(256, dtype=np.uint8)[:, None]
        if self.number is None:
            return np.repeat(levels, 3, 1)
        found: Levels = opencv("colours").applyColorMap(levels, self.number)
        return np.ascontiguousarray(found[:, 0, ::-1])


def colormap_of(kind: int | str) -> Colormap:
    """A colour map by its name, or by OpenCV's number. Raises OptionError."""
    for one in COLORMAPS:
        if kind == one.name or (one.number is not None and kind == one.number and not isinstance(kind, bool)):
            return one
    known = ", ".join(f"{one.name!r}{f' ({one.number})' if one.number is not None else ''}" for one in COLORMAPS)
    raise OptionError(f"there are no colours of colormap_type={kind!r}: give one of {known}, by name or number")


def colormap(saliency_map: Levels, colormap_type: int | str = JET) -> Levels:
    """Levels [h,w] or [K,h,w] u8 in colours, RGB: [h,w,3] or [K,h,w,3].

    `colormap_type`: a name in `COLORMAPS`, or OpenCV's number of one. Raises OptionError, also for types that are not
    u8, and MissingExtraError.
    """
    return coloured(saliency_map, colormap_of(colormap_type).table())


def coloured(saliency_map: Levels, table: Levels) -> Levels:
    """Levels [h,w] or [K,h,w] u8 in the colours of a table [256,3]. Raises as `colormap`."""
    if saliency_map.dtype != np.uint8:
        raise OptionError(
            f"colours are given to maps of u8, not of {saliency_map.dtype}: scale them first (scaling=True)"
        )
    cv2 = opencv("colours")
    found = np.empty((*saliency_map.shape, 3), np.uint8)
    maps, places = (saliency_map, found) if saliency_map.ndim == 3 else (saliency_map[None], found[None])
    for one, place in zip(maps, places, strict=True):
        cv2.applyColorMap(np.ascontiguousarray(one), table[:, None], dst=place)
    return found


COLORMAPS = (Colormap("jet", JET), Colormap("viridis", 16), Colormap("turbo", 20), Colormap("grey"))
"""The default comes first."""
