"""Pictures and maps side by side above a caption. Needs the extra `image` (Pillow)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ovxai_passes.explainer import visualizer

if TYPE_CHECKING:
    from PIL import Image

_TILE = 256

Levels = npt.NDArray[np.uint8]


def triptych(picture: Image.Image, levels: Levels, caption: str) -> Image.Image:
    """The picture, its map [h,w] u8, and the map laid over the picture, side by side above a caption."""
    return strip([picture, cells(levels), overlay(picture, levels)], picture.width / picture.height, caption)


def cells(levels: Levels) -> Image.Image:
    """A map [h,w] u8 in colours, cell by cell."""
    from PIL import Image  # noqa: PLC0415  # an optional extra, imported where used

    return Image.fromarray(visualizer.colormap(levels)).resize((_TILE, _TILE), Image.Resampling.NEAREST)


def overlay(picture: Image.Image, levels: Levels) -> Image.Image:
    """A map [h,w] u8, smoothed, laid over a picture, each half."""
    from PIL import Image  # noqa: PLC0415  # an optional extra, imported where used

    size = (_tile_width(picture.width / picture.height), _TILE)
    heat = visualizer.colormap(visualizer.resize(levels, size[::-1]))
    return Image.fromarray(visualizer.overlay(heat, np.asarray(picture.resize(size, Image.Resampling.BICUBIC))))


def strip(parts: list[Image.Image], aspect: float, caption: str) -> Image.Image:
    """Pictures of one aspect (width / height) side by side above a caption."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415  # an optional extra, imported where used

    width, gap, bar = _tile_width(aspect), 8, 24
    sheet = Image.new("RGB", (len(parts) * width + (len(parts) - 1) * gap, _TILE + bar), "white")
    for place, part in enumerate(parts):
        sharp = Image.Resampling.NEAREST if part.size == (_TILE, _TILE) else Image.Resampling.BICUBIC
        sheet.paste(part.resize((width, _TILE), sharp), (place * (width + gap), 0))
    ImageDraw.Draw(sheet).text((4, _TILE + 5), caption, "black", ImageFont.load_default(13))
    return sheet


def _tile_width(aspect: float) -> int:
    return max(1, min(4 * _TILE, round(_TILE * aspect)))
