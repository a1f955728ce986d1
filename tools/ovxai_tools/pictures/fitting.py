"""How a picture of another size is fitted to a model's input, and a map of the input brought back onto the picture.

The sizes are those of openvino-model-api 0.4.7: with its aspect a picture is at the upper left or in the middle of the
input, and the rest is of one grey level; or its middle part alone, of the input's aspect, is shown to the model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovxai_passes.pictures.resizing import resize, resize_picture
from ovxai_passes.vocabulary import ResizeType

Levels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Box:
    """A part of a picture, from (`top`, `left`) on."""

    top: int
    left: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """The part as indices."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


@dataclass(frozen=True)
class Fit:
    """The part `shown` of a picture of size `picture` (h, w) lies at `place` in an input of size `taken`.

    `pad`: the grey level of what is left free.
    """

    picture: tuple[int, int]
    taken: tuple[int, int]
    shown: Box
    place: Box
    pad: int = 0

    @classmethod
    def of(cls, picture: tuple[int, int], taken: tuple[int, int], kind: ResizeType, pad: int = 0) -> Fit:
        """The fit of a kind."""
        shown, place = Box(0, 0, *picture), Box(0, 0, *taken)
        if kind is ResizeType.CROP:
            shown = _middle(picture, _scaled(taken, min(picture[0] / taken[0], picture[1] / taken[1]), picture))
        elif kind is not ResizeType.STANDARD:
            inner = _scaled(picture, min(taken[0] / picture[0], taken[1] / picture[1]), taken)
            place = _middle(taken, inner) if kind is ResizeType.LETTERBOX else Box(0, 0, *inner)
        return cls(picture, taken, shown, place, pad)

    def onto_input(self, pixels: Levels) -> Levels:
        """A picture u8 [H,W,C] as the input shows it."""
        part = resize_picture(pixels[self.shown.slices], (self.place.height, self.place.width))
        if part.shape[:2] == self.taken:
            return part
        found = np.full((*self.taken, pixels.shape[2]), self.pad, np.uint8)
        found[self.place.slices] = part
        return found

    def onto_picture(self, levels: Levels) -> Levels:
        """A map [h,w] u8 of the whole input as one of the whole picture; what the model was not shown is 0."""
        if (self.place.height, self.place.width) != self.taken:
            levels = resize(levels, self.taken)[self.place.slices]
        if (self.shown.height, self.shown.width) == self.picture:
            return levels
        found = np.zeros(self.picture, np.uint8)
        found[self.shown.slices] = resize(levels, (self.shown.height, self.shown.width))
        return found


def _scaled(size: tuple[int, int], factor: float, most: tuple[int, int]) -> tuple[int, int]:
    height, width = (max(1, min(round(side * factor), limit)) for side, limit in zip(size, most, strict=True))
    return height, width


def _middle(outer: tuple[int, int], inner: tuple[int, int]) -> Box:
    return Box((outer[0] - inner[0]) // 2, (outer[1] - inner[1]) // 2, *inner)
