"""Pictures and maps side by side above a caption. Pictures are RGB u8 [H,W,3]. Needs the extra `image`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ovxai_passes.pictures.blending import overlay
from ovxai_passes.pictures.colormaps import colormap
from ovxai_passes.pictures.drawing import draw_text
from ovxai_passes.pictures.resizing import resize, resize_picture

_TILE = 256
_GAP, _BAR = 8, 24
_LETTERS = 15  # pixels that a line is high

Levels = npt.NDArray[np.uint8]


def triptych(picture: Levels, levels: Levels, caption: str) -> Levels:
    """The picture, its map [h,w] u8, and the map laid over the picture, side by side above a caption."""
    return strip([picture, cells(levels), laid_over(picture, levels)], _aspect(picture), caption)


def cells(levels: Levels) -> Levels:
    """A map [h,w] u8 in colours, cell by cell."""
    return resize_picture(colormap(levels), (_TILE, _TILE), "nearest")


def laid_over(picture: Levels, levels: Levels) -> Levels:
    """A map [h,w] u8, smoothed, laid over a picture, each half."""
    size = (_TILE, _tile_width(_aspect(picture)))
    return overlay(colormap(resize(levels, size)), resize_picture(picture, size))


def strip(parts: list[Levels], aspect: float, caption: str) -> Levels:
    """Pictures of one aspect (width / height) side by side above a caption."""
    width = _tile_width(aspect)
    sheet = np.full((_TILE + _BAR, len(parts) * (width + _GAP) - _GAP, 3), 255, np.uint8)
    for place, part in enumerate(parts):
        sharp = "nearest" if part.shape[:2] == (_TILE, _TILE) else None
        left = place * (width + _GAP)
        sheet[:_TILE, left : left + width] = resize_picture(part, (_TILE, width), sharp)
    draw_text(sheet, caption, (4, _TILE + 5), (0, 0, 0), _LETTERS)
    return sheet


def rows(strips: list[Levels]) -> Levels:
    """Strips of one width below each other."""
    return np.concatenate(strips)


def _aspect(picture: Levels) -> float:
    return picture.shape[1] / picture.shape[0]


def _tile_width(aspect: float) -> int:
    return max(1, min(4 * _TILE, round(_TILE * aspect)))
