"""From a picture file of any kind to upright RGB of 8 bits.

By Pillow alone, which is as fast as OpenCV at it. OpenCV's libjpeg and libpng write onto the terminal what they think
of a file, of healthy ones too ("libpng warning: iCCP ..."), and no level of its log keeps them from it; of what is cut
off it gives the part that is there.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError
from ovxai_passes.pictures.extras import pillow

Picture = npt.NDArray[np.uint8]

MOST_PIXELS = 100_000_000
"""Larger pictures are refused by their header: RGB takes 3 bytes a pixel, an overlay four times as much."""

_WHITE_16 = (1 << 16) - 1
_BITS_PER_SAMPLE = 258  # a tag of TIFF
_TRANSPARENT = ("PA", "LA", "La", "RGBA", "RGBa")


def read_picture(path: Path) -> Picture:
    """A picture file as RGB u8 [H,W,3], upright as its camera says, what is transparent on white.

    Grey of 16 bits is scaled; of several frames the first is taken. Raises OptionError, also for pictures of more than
    `MOST_PIXELS`, and MissingExtraError.
    """
    pil = pillow("picture files")
    try:
        with _file(path) as file, _header(io.BytesIO(file.read()), pil) as picture:  # Pillow reads in small pieces
            return _decoded(picture, pil)
    except _UnreadableError as error:
        raise OptionError(f"cannot read the picture {path}: {error}") from None
    except Exception as error:  # Pillow raises many types for what is no picture
        raise OptionError(f"cannot read the picture {path}: {_reason(error)}") from error


class _UnreadableError(Exception):
    """Says why."""


def _reason(error: Exception) -> str:
    if type(error).__name__ == "UnidentifiedImageError":  # it says which object of Python it has read
        return "it is of no kind that is read here"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


@contextlib.contextmanager
def _file(path: Path) -> Iterator[Any]:
    """A file opened for reading, without waiting for who writes into a pipe."""
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise _UnreadableError("it is a folder, pipe or device, no file")
        yield file


@contextlib.contextmanager
def _header(file: Any, pil: Any) -> Iterator[Any]:
    """Pillow's picture, of which only the header is read as yet; its size is one that is taken."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pil.Image.DecompressionBombWarning)  # the limit below is the one that counts
        try:
            picture = pil.Image.open(file)
        except pil.Image.DecompressionBombError:
            raise _UnreadableError(_too_large("its size")) from None
        with picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _UnreadableError(_too_large(f"{picture.width}x{picture.height} pixels"))
            yield picture


def _too_large(what: str) -> str:
    return f"{what} is more than the {MOST_PIXELS // 1_000_000} million pixels that are taken; make it smaller"


def _decoded(picture: Any, pil: Any) -> Picture:
    picture.load()
    upright = picture
    with contextlib.suppress(Exception):  # a broken note of the camera breaks no picture
        upright = pil.ImageOps.exif_transpose(picture) or picture
    if upright.mode in ("I", "F") or upright.mode.startswith("I;"):
        return np.repeat(_levels(upright, _white(picture))[..., None], 3, 2)
    if "transparency" in upright.info or upright.mode in _TRANSPARENT:
        seen = upright.convert("RGBA")  # what is behind a transparent pixel is not its colour: white is, on a page
        upright = pil.Image.alpha_composite(pil.Image.new("RGBA", seen.size, "white"), seen)
    return np.array(upright if upright.mode == "RGB" else upright.convert("RGB"))


def _white(picture: Any) -> int:
    """The number that stands for white in a grey picture of more than 8 bits."""
    bits = getattr(picture, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))  # scanners write TIFFs of 10 and 12 bits
    return (1 << min(max(int(bits[0]), 1), 16)) - 1 if bits else _WHITE_16


def _levels(picture: Any, white: int) -> Picture:
    """Grey of more than 8 bits, scaled (Pillow itself cuts off what is above 255)."""
    values = np.asarray(picture)
    low, high = values.min(), values.max()
    most = (1.0 if high <= 1 else 255.0) if picture.mode == "F" else float(white)
    if not (low >= 0 and high <= most):  # not a number is neither
        raise _UnreadableError(
            f"its grey values, {low:g} to {high:g}, do not say which of them is white; save it with 8 or 16 bits"
        )
    scaled = values.astype(np.float32)
    scaled *= 255 / most
    scaled += 0.5
    return scaled.astype(np.uint8)
