"""Boxes and letters, drawn into pictures in place."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import MissingExtraError
from ovxai_passes.pictures.extras import opencv, pillow
from ovxai_passes.pictures.writing import ascii_of, system_fonts

_log = logging.getLogger(__name__)

Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

_LARGEST, _SMALLEST = 20, 8  # pixels that a line of text is high
_MARGIN = 3
_FONT = 2  # FONT_HERSHEY_DUPLEX
_FIRST_WITH_ALL_LETTERS = 5
_PIXELS_AT_SCALE_1 = 29  # a line of that font
_ASCENT = 0.85  # of a line: what is above its foot


def draw_box(picture: Picture, box: tuple[int, int, int, int], colour: Colour) -> None:
    """The outline of a box x0, y0, x1, y1, two pixels wide, into u8 [H,W,3]. Raises MissingExtraError."""
    opencv("boxes").rectangle(picture, box[:2], box[2:], colour, 2)


def draw_text(  # noqa: PLR0913, PLR0917  # what is written, where and how
    picture: Picture, text: str, place: tuple[int, int], colour: Colour, largest: int = _LARGEST, smooth: bool = True
) -> None:
    """A line of text into u8 [H,W,3]: `place` is x, y of its upper left corner.

    `smooth`: edges between levels, else all letters are of the colour itself. At most `largest` pixels high, smaller
    where it would not fit the width. The font of OpenCV before 5 is ASCII: other letters are drawn by Pillow with a
    font of the system, and without one lose their accents or become "?", which is logged. Raises MissingExtraError.
    """
    room = picture.shape[1] - _MARGIN - place[0]
    cv2 = opencv("letters")
    if not text.isascii() and int(cv2.__version__.split(".")[0]) < _FIRST_WITH_ALL_LETTERS:
        if _drawn_by_pillow(picture, text, place, colour, (largest, room)):
            return
        text = ascii_of(text)
    heights = range(largest, _SMALLEST - 1, -1)
    widths = (cv2.getTextSize(text, _FONT, height / _PIXELS_AT_SCALE_1, 1)[0][0] for height in heights)
    height = next((height for height, width in zip(heights, widths, strict=True) if width <= room), _SMALLEST)
    foot = (place[0], place[1] + round(_ASCENT * height))
    cv2.putText(
        picture, text, foot, _FONT, height / _PIXELS_AT_SCALE_1, colour, 1, cv2.LINE_AA if smooth else cv2.LINE_8
    )


def _drawn_by_pillow(
    picture: Picture, text: str, place: tuple[int, int], colour: Colour, room: tuple[int, int]
) -> bool:
    """Whether there are Pillow and a font with more letters than ASCII."""
    try:
        pil = pillow("letters beyond ASCII")
    except MissingExtraError as error:
        _log.info("%s", error)
        return False
    fonts = system_fonts(pil, range(room[0], _SMALLEST - 1, -2))
    if not fonts:
        _log.info("there is no font for letters beyond ASCII: install DejaVu Sans, or OpenCV 5, which has one")
        return False
    drawn: Any = pil.Image.fromarray(picture)
    draw = pil.ImageDraw.Draw(drawn)
    font = next((font for font in fonts if draw.textlength(text, font) <= room[1]), fonts[-1])
    draw.text(place, text, colour, font)
    picture[:] = np.asarray(drawn)
    return True
