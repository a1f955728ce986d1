"""Pictures and maps side by side, with words around them. Pictures are RGB u8 [H,W,3]. Needs the extra `image`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovxai_passes.pictures.blending import overlay
from ovxai_passes.pictures.colormaps import colormap, colormap_of
from ovxai_passes.pictures.resizing import resize, resize_picture
from ovxai_passes.pictures.writing import BLACK, GREY, Colour, fitted, width_of, write, write_on_plate
from ovxai_tools.pictures.map_drawing import COLOURS
from ovxai_tools.pictures.previews.legend import Legend

Levels = npt.NDArray[np.uint8]

_TILE = 256
_NARROWEST = 160  # a column, so that there is room for words
_GAP, _HEAD, _FOOT = 10, 26, 50
_BAR = 10
_TITLE, _CAPTION, _NOTE = 14, 17, 12  # letters, in pixels


@dataclass(frozen=True)
class Panel:
    """A picture with its title. `badge`: said in its corner."""

    title: str
    picture: Levels
    badge: str = ""


@dataclass(frozen=True)
class Bar:
    """The colours of maps with their legend, below `count` panels from the one at the place `first` on."""

    legend: Legend
    first: int
    count: int = 1


@dataclass(frozen=True)
class Strip:
    """Panels of one size, that of a `tile`, side by side above a caption, a note, and bars of colours."""

    panels: tuple[Panel, ...]
    caption: str
    note: str = ""
    bars: tuple[Bar, ...] = ()
    colours: str = COLOURS

    @property
    def _width(self) -> int:
        return tile(self.panels[0].picture).shape[1]

    @property
    def _column(self) -> int:
        return max(_NARROWEST, self._width)

    def _left(self, place: int) -> int:
        return _GAP + place * (self._column + _GAP)

    def drawn(self) -> Levels:
        """The whole as a picture."""
        sheet = np.full((_HEAD + _TILE + _FOOT, self._left(len(self.panels)), 3), 255, np.uint8)
        for place, panel in enumerate(self.panels):
            self._draw_panel(sheet, panel, self._left(place))
        self._write(sheet, self.caption, (_GAP, _HEAD + _TILE + 4), _CAPTION)
        self._write(sheet, self.note, (_GAP, _HEAD + _TILE + 26), _NOTE, GREY)
        for bar in self.bars:
            self._draw_bar(sheet, bar)
        return sheet

    def _write(self, sheet: Levels, text: str, place: tuple[int, int], size: int, colour: Colour = BLACK) -> None:
        shown, smaller = fitted(text, size, self._column)
        write(sheet, shown, place, smaller, colour)

    def _draw_panel(self, sheet: Levels, panel: Panel, left: int) -> None:
        shown = tile(panel.picture).copy()
        if panel.badge:
            write_on_plate(shown, panel.badge, (6, 6), _CAPTION)
        sheet[_HEAD : _HEAD + _TILE, left : left + shown.shape[1]] = shown
        self._write(sheet, panel.title, (left, 5), _TITLE)

    def _draw_bar(self, sheet: Levels, bar: Bar) -> None:
        left = self._left(bar.first)
        right = self._left(bar.first + bar.count - 1) + self._width
        width, top, legend = max(right - left, self._column), _HEAD + _TILE + 8, bar.legend
        levels = np.linspace(0, 255, width).astype(np.uint8)
        sheet[top : top + _BAR, left : left + width] = colormap_of(self.colours).table()[levels]
        room = (width - _GAP) // (3 if legend.middle else 2)
        for words, share in ((legend.low, 0.0), (legend.middle, 0.5), (legend.high, 1.0)):
            text, size = fitted(words, _NOTE, room)
            write(sheet, text, (left + round(share * (width - width_of(text, size))), top + _BAR + 3), size, GREY)


def tile(picture: Levels) -> Levels:
    """A picture as large as panels show it."""
    return resize_picture(picture, _tile_size(picture))


def map_panel(title: str, picture: Levels, levels: Levels, colours: str = COLOURS, badge: str = "") -> Panel:
    """A map [h,w] u8 of a picture, smooth as in an overlay."""
    return Panel(title, colormap(resize(levels, _tile_size(picture)), colours), badge)


def overlay_panel(title: str, picture: Levels, levels: Levels, colours: str = COLOURS, badge: str = "") -> Panel:
    """A map [h,w] u8 laid over its picture, each half."""
    return Panel(title, overlay(map_panel("", picture, levels, colours).picture, tile(picture)), badge)


def rows(strips: list[Levels]) -> Levels:
    """Strips of one width below each other."""
    return np.concatenate(strips)


def _tile_size(picture: Levels) -> tuple[int, int]:
    return _TILE, max(1, min(4 * _TILE, round(_TILE * picture.shape[1] / picture.shape[0])))
