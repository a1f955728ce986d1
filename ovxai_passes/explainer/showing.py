"""Maps with titles, shown: as a figure, in windows, in notebooks."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import MissingExtraError, OptionError
from ovxai_passes.pictures.encoding import encoded
from ovxai_passes.pictures.extras import opencv
from ovxai_passes.pictures.levels import scaling
from ovxai_passes.pictures.resizing import resize_picture
from ovxai_passes.pictures.writing import fitted, write

Array = npt.NDArray[Any]
Levels = npt.NDArray[np.uint8]

MOST_SHOWN = 12
"""Maps that a notebook shows by itself."""

_TILE, _GAP, _HEAD, _LETTERS = 176, 8, 22, 13  # pixels
_COLUMNS = 4
_WIDEST, _LARGEST_TILE, _TITLE = 16.0, 4.0, 0.4  # inches of a figure, of a map, of what is above it
_QUALITY = 90


@dataclass(frozen=True)
class TitledMap:
    """A map [h,w] or [h,w,3], and what is written above it."""

    title: str
    saliency: Array

    @property
    def aspect(self) -> float:
        """Width over height."""
        return float(self.saliency.shape[1] / self.saliency.shape[0])


def plot_figure(maps: Sequence[TitledMap], most_columns: int) -> None:
    """Show maps in a figure as large as their number asks for. Raises MissingExtraError."""
    try:
        from matplotlib import pyplot  # noqa: PLC0415  # an optional extra, imported where used
    except ImportError as error:
        raise MissingExtraError("plots are drawn by matplotlib: pip install 'ovxai-passes[plot]'") from error
    columns = max(1, min(most_columns, len(maps)))
    rows = max(1, math.ceil(len(maps) / columns))
    aspect = min(max(maps[0].aspect, 0.25), 4.0) if maps else 1.0
    width = min(_LARGEST_TILE * max(aspect, 1.0), _WIDEST / columns)
    size = (columns * width, rows * (width / aspect + _TITLE))
    figure, axes = pyplot.subplots(rows, columns, figsize=size, squeeze=False)
    for axis in axes.flat[len(maps) :]:
        axis.set_visible(False)
    for axis, one in zip(axes.flat, maps, strict=False):
        ends = (
            {"vmin": 0, "vmax": 255} if one.saliency.dtype == np.uint8 else {}
        )  # or each map would be scaled by itself
        axis.imshow(one.saliency, **({"cmap": "gray", **ends} if one.saliency.ndim == 2 else {}))
        axis.axis("off")
        axis.set_title(one.title)
    figure.tight_layout()
    pyplot.show()


def open_windows(maps: Sequence[TitledMap]) -> None:
    """Show maps in a window each, one after the other. Raises MissingExtraError, OptionError."""
    cv2 = opencv("windows of backend 'cv'")
    try:
        for one in maps:
            levels = levels_of(one.saliency)
            cv2.imshow(one.title, levels[..., ::-1] if levels.ndim == 3 else levels)
            cv2.waitKey(0)
        cv2.destroyAllWindows()
    except cv2.error as error:
        raise OptionError(
            "this OpenCV opens no windows (opencv-python-headless has none): install opencv-python in its place, "
            "or use backend='matplotlib'"
        ) from error


def png_of(maps: Sequence[TitledMap]) -> bytes:
    """The first maps side by side with their titles, as a PNG. Raises MissingExtraError."""
    tiles = [_tile(one) for one in maps[:MOST_SHOWN]]
    columns, widest = min(_COLUMNS, len(tiles)), max(tile.shape[1] for tile in tiles)
    rows = math.ceil(len(tiles) / columns)
    sheet = np.full((rows * (_HEAD + _TILE + _GAP), columns * (widest + _GAP) + _GAP, 3), 255, np.uint8)
    for place, (one, tile) in enumerate(zip(maps, tiles, strict=False)):
        top, left = place // columns * (_HEAD + _TILE + _GAP), _GAP + place % columns * (widest + _GAP)
        text, size = fitted(one.title, _LETTERS, widest)
        write(sheet, text, (left, top + 4), size)
        sheet[top + _HEAD : top + _HEAD + _TILE, left : left + tile.shape[1]] = tile
    return encoded(sheet, ".png")


def html_of(heading: str, maps: Sequence[TitledMap]) -> str:
    """A heading and the first maps with their titles, as HTML that needs nothing else. Raises MissingExtraError."""
    figures = "".join(
        f'<figure style="margin:0"><figcaption>{html.escape(one.title)}</figcaption>'
        f'<img alt="{html.escape(one.title)}" src="data:image/jpeg;base64,'
        f'{base64.b64encode(encoded(_tile(one), ".jpg", _QUALITY)).decode()}"></figure>'
        for one in maps[:MOST_SHOWN]
    )
    more = f"<p>{len(maps) - MOST_SHOWN} more are not shown</p>" if len(maps) > MOST_SHOWN else ""
    shown = f'<div style="display:flex;flex-wrap:wrap;gap:{_GAP}px">{figures}</div>'
    return f"<p>{html.escape(heading)}</p>{shown}{more}"


def levels_of(saliency: Array) -> Levels:
    """A map as levels: of real numbers that are none, cut off at 0 and 255."""
    return saliency if saliency.dtype == np.uint8 else np.clip(saliency, 0, 255).astype(np.uint8)


def _tile(one: TitledMap) -> Levels:
    """A map as large as notebooks show it, RGB; raw scores by their own range."""
    saliency = one.saliency
    levels = (
        saliency if saliency.dtype == np.uint8 else scaling(saliency) if saliency.ndim == 2 else levels_of(saliency)
    )
    width = max(1, min(4 * _TILE, round(_TILE * one.aspect)))
    large = resize_picture(levels, (_TILE, width), "linear")
    return np.repeat(large[..., None], 3, 2) if large.ndim == 2 else large
