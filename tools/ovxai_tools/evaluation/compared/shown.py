"""What a model is shown: pictures as large as its input, each with a class, and boxes in the input's pixels."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovxai_passes.pictures.resizing import resize
from ovxai_tools.pictures.fitting import Box, Fit

Levels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Corners = tuple[float, float, float, float]


@dataclass(frozen=True)
class Shown:
    """A picture u8 [H,W,3] of the input's size and a class. `place`: the part of the input that the picture is at.

    `boxes`: of objects of the class, x0, y0, x1, y1 in pixels of the input. `key`: names it; decides on what is random.
    """

    key: str
    pixels: Levels
    target: int
    place: Box
    boxes: tuple[Corners, ...] = ()

    def rng(self, seed: int) -> np.random.Generator:
        """Random numbers for this picture and class: the same for the same seed, whatever else is measured."""
        return np.random.default_rng((seed, zlib.crc32(self.key.encode()), self.target))

    @property
    def inside(self) -> Flags:
        """Which pixels of the input have their middle in a box, [H,W]."""
        height, width = self.pixels.shape[:2]
        y, x = np.arange(height)[:, None] + 0.5, np.arange(width)[None] + 0.5
        found = np.zeros((height, width), np.bool_)
        for x0, y0, x1, y1 in self.boxes:
            found |= (x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)
        return found


def shown_of(key: str, picture: Levels, fit: Fit, target: int, boxes: Sequence[Corners]) -> Shown:
    """A picture fitted to the input; `boxes` as fractions of the picture."""
    return Shown(key, fit.onto_input(picture), target, fit.place, tuple(_in_input(box, fit) for box in boxes))


def _in_input(box: Corners, fit: Fit) -> Corners:
    """A box of fractions of the picture in pixels of the input, cut to what is shown."""
    height, width = fit.picture
    x0, x1 = (
        fit.place.left + min(max((x * width - fit.shown.left) / fit.shown.width, 0.0), 1.0) * fit.place.width
        for x in (box[0], box[2])
    )
    y0, y1 = (
        fit.place.top + min(max((y * height - fit.shown.top) / fit.shown.height, 0.0), 1.0) * fit.place.height
        for y in (box[1], box[3])
    )
    return x0, y0, x1, y1


def above_zero(saliency: Floats, zero: float | None = None) -> Floats:
    """A map as evidence, from 0 up: less its `zero`, and not below.

    None: less its least value, for raw scores, and maps that are scaled by themselves, do not say where their zero is.
    Only a constant map is 0 everywhere then.
    """
    values = saliency.astype(np.float32)
    return np.maximum(values - (values.min() if zero is None else np.float32(zero)), 0)


def as_large(saliency: Floats, size: tuple[int, int]) -> Floats:
    """A map [h,w], bilinear to `size` (H, W)."""
    return resize(saliency, size)
