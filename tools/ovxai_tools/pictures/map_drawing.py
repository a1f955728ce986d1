"""From maps of one picture to what is shown of them: colours, overlays, and thumbnails of these."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ovxai_passes.pictures.blending import blended
from ovxai_passes.pictures.colormaps import colormap_of, coloured
from ovxai_passes.pictures.levels import scaling
from ovxai_passes.pictures.resizing import resize, resize_picture
from ovxai_tools.pictures.contact_sheet import thumbnail

Levels = npt.NDArray[np.uint8]

COLOURS = "viridis"
"""The colours that commands draw maps in: more is brighter throughout, in grey and for the colour-blind, too."""


@dataclass(frozen=True)
class Style:
    """How maps are drawn and written.

    `weight`: of maps in overlays; `size`: (H, W), None for the picture's; `overlay_kind`: of files, as ".jpg".
    """

    size: tuple[int, int] | None = None
    weight: float = 0.5
    colormap: str = COLOURS
    overlay_kind: str = ".jpg"

    @cached_property
    def table(self) -> Levels:
        """The colours of the levels 0 to 255."""
        return colormap_of(self.colormap).table()


@dataclass(frozen=True)
class DrawnMap:
    """A map: `levels` u8 [H,W] and their colours [256,3]; laid over its picture, and over the thumbnail: u8 [H,W,3]."""

    levels: Levels
    table: Levels
    overlay: Levels
    small: Levels


@dataclass(frozen=True)
class Backdrop:
    """A picture RGB u8 [H,W,3] that maps are laid over."""

    picture: Levels
    style: Style

    @cached_property
    def small(self) -> Levels:
        """The picture as the page shows it."""
        return thumbnail(self.picture)

    def draw(self, levels: Levels, alone: bool = True) -> DrawnMap:
        """A map [h,w] u8, smoothed, and then scaled so that its largest value is 255, if it is scaled `alone`."""
        large = resize(levels, self._shown.shape[:2])
        table = _scaled(self.style.table, int(large.min()), int(large.max())) if alone else self.style.table
        small = resize(levels, self._small_shown.shape[:2])
        return DrawnMap(
            large, table, self._laid(large, table, self._shown), self._laid(small, table, self._small_shown)
        )

    def _laid(self, levels: Levels, table: Levels, behind: Levels) -> Levels:
        result = coloured(levels, table)
        return blended(result, behind, self.style.weight, result)

    @cached_property
    def _shown(self) -> Levels:
        return resize_picture(self.picture, self.style.size or self.picture.shape[:2])

    @cached_property
    def _small_shown(self) -> Levels:
        return self.small if self._shown is self.picture else thumbnail(self._shown)


def _scaled(table: Levels, low: int, high: int) -> Levels:
    """A table of colours for levels before they are scaled to 0..255: 256 are scaled, not those of all pixels."""
    levels = scaling(np.clip(np.arange(256), low, high).astype(np.uint8)[None])[0]
    return table[levels]
