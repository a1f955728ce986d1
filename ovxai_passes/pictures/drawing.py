"""Boxes and letters, drawn into pictures in place."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import MissingExtraError
from ovxai_passes.pictures.extras import opencv, pillow

_log = logging.getLogger(__name__)

Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

_LARGEST, _SMALLEST = 20, 8  # pixels that a line of text is high
_MARGIN = 3
_FONT = 2  # FONT_HERSHEY_DUPLEX
_PIXELS_AT_SCALE_1 = 29  # a line of that font
_ASCENT = 0.85  # of a line: what is above its foot


def draw_box(picture: Picture, box: tuple[int, int, int, int], colour: Colour) -> None:
    """The outline of a box x0, y0, x1, y1, two pixels wide, into u8 [H,W,3]. Raises MissingExtraError."""
    opencv("boxes").rectangle(picture, box[:2], box[2:], colour, 2)


def draw_text(picture: Picture, text: str, place: tuple[int, int], colour: Colour, largest: int = _LARGEST) -> None:
    """A line of text into u8 [H,W,3]: `place` is x, y of its upper left corner.

    At most `largest` pixels high, smaller where it would not fit the width. OpenCV's font is ASCII: other letters are
    drawn by Pillow, and without it become "?", which is logged. Raises MissingExtraError.
    """
    room = picture.shape[1] - _MARGIN - place[0]
    if not text.isascii():
        try:
            return _drawn_by_pillow(picture, text, place, colour, (largest, room))
        except MissingExtraError as error:
            _log.info("%s", error)
            text = text.encode("ascii", "replace").decode()
    cv2 = opencv("letters")
    heights = range(largest, _SMALLEST - 1, -1)
    widths = (cv2.getTextSize(text, _FONT, height / _PIXELS_AT_SCALE_1, 1)[0][0] for height in heights)
    height = next((height for height, width in zip(heights, widths, strict=True) if width <= room), _SMALLEST)
    foot = (place[0], place[1] + round(_ASCENT * height))
    cv2.putText(picture, text, foot, _FONT, height / _PIXELS_AT_SCALE_1, colour, 1, cv2.LINE_AA)
    return None


def _drawn_by_pillow(
    picture: Picture, text: str, place: tuple[int, int], colour: Colour, room: tuple[int, int]
) -> None:
    pil = pillow("letters beyond ASCII")
    drawn: Any = pil.Image.fromarray(picture)
    draw = pil.ImageDraw.Draw(drawn)
    fonts = [pil.ImageFont.load_default(size) for size in range(room[0], _SMALLEST - 1, -2)]
    font = next((font for font in fonts if draw.textlength(text, font) <= room[1]), fonts[-1])
    draw.text(place, text, colour, font)
    picture[:] = np.asarray(drawn)
