"""Lines of text in pictures, by Pillow: in its own font, and letters beyond ASCII in one of the system."""

from __future__ import annotations

import contextlib
import math
import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.pictures.extras import pillow

Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

BLACK, WHITE, GREY = (20, 20, 20), (255, 255, 255), (96, 96, 96)

_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf", "arial.ttf")
_WITH_MORE_LETTERS = ("NotoSansCJK-Regular.ttc", "Arial Unicode.ttf", "msyh.ttc", "meiryo.ttc")
_NO_LETTER = "\uffff"
_SMALLEST = 10  # pixels that letters are high, where they are made smaller to fit
_CUT = "..."
_INSET = 5  # pixels of a plate beside its text
_LINE = 1.3  # of a letter's size
_FINER = 4


def system_fonts(pil: Any, sizes: range) -> list[Any]:
    """The first known font that the system has, in these sizes, or none."""
    for name in _FONTS:
        with contextlib.suppress(OSError):
            return [pil.ImageFont.truetype(name, size) for size in sizes]
    return []


def ascii_of(text: str) -> str:
    """Text without accents, and "?" for letters that are none of ASCII even then."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return plain.encode("ascii", "replace").decode()


def width_of(text: str, size: int) -> int:
    """How wide a line is, in pixels. Raises MissingExtraError."""
    font, shown = _font(text, size)
    return math.ceil(font.getlength(shown) / _FINER)


def fitted(text: str, size: int, room: int) -> tuple[str, int]:
    """A line and the size of its letters: smaller where it is wider than `room` pixels, and cut where that is too wide.

    Raises MissingExtraError.
    """
    size = next((one for one in range(size, _SMALLEST, -1) if width_of(text, one) <= room), min(size, _SMALLEST))
    if width_of(text, size) <= room:
        return text, size
    kept = next((count for count in range(len(text), 0, -1) if width_of(text[:count] + _CUT, size) <= room), 0)
    return (text[:kept] + _CUT if kept else ""), size


def write(picture: Picture, text: str, place: tuple[int, int], size: int, colour: Colour = BLACK) -> None:
    """A line of text into u8 [H,W,3], in place: `place` is x, y of its upper left corner, `size` that of its letters.

    What is beyond the picture is left out. Raises MissingExtraError.
    """
    pil = pillow("letters")
    font, shown = _font(text, size)
    high, wide = round(size * _LINE), width_of(text, size)
    part = picture[place[1] : place[1] + high, place[0] : place[0] + wide]
    if not part.size:
        return
    mask = pil.Image.new("L", (wide * _FINER, high * _FINER))  # finer first: letters keep their distances
    pil.ImageDraw.Draw(mask).text((0, size * _FINER), shown, 255, font, anchor="ls")
    share = np.asarray(mask.reduce(_FINER), np.float32)[: part.shape[0], : part.shape[1], None] / 255
    part[:] = np.rint(part * (1 - share) + np.array(colour, np.float32) * share)


def write_on_plate(
    picture: Picture, text: str, place: tuple[int, int], size: int, colours: tuple[Colour, Colour] = (WHITE, BLACK)
) -> None:
    """A line of text on a plate, which is read on any photograph; moved and made smaller so that it lies in this one.

    `colours`: of the letters and of the plate. Raises MissingExtraError.
    """
    height, width = picture.shape[:2]
    text, size = fitted(text, size, width - 2 * _INSET)
    wide, high = width_of(text, size) + 2 * _INSET, round(size * _LINE) + _INSET
    left, top = max(0, min(place[0], width - wide)), max(0, min(place[1], height - high))
    picture[top : top + high, left : left + wide] = colours[1]
    write(picture, text, (left + _INSET, top + _INSET // 2), size, colours[0])


def _font(text: str, size: int) -> tuple[Any, str]:
    """A font in which a line can be written, and the line, without accents where the system has no font for them."""
    pil = pillow("letters")
    for name in () if text.isascii() else (*_FONTS, *_WITH_MORE_LETTERS):
        with contextlib.suppress(OSError):
            font = pil.ImageFont.truetype(name, size * _FINER)
            if _has_all(font, text):
                return font, text
    return pil.ImageFont.load_default(size * _FINER), ascii_of(text)


def _has_all(font: Any, text: str) -> bool:
    """Whether no letter would be the box that stands for what a font lacks."""
    lacking = bytes(font.getmask(_NO_LETTER))
    return all(bytes(font.getmask(one)) != lacking for one in set(text) - {" "})
