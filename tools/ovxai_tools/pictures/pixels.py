"""From a picture file of any kind to upright RGB of 8 bits. Needs the extra `image` (Pillow)."""

from __future__ import annotations

import contextlib
import os
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from ovxai_passes.errors import OptionError

if TYPE_CHECKING:
    from PIL import Image

MOST_PIXELS = 100_000_000
"""Larger pictures are refused by their header: RGB takes 3 bytes a pixel, an overlay four times as much."""

_WHITE_16 = (1 << 16) - 1
_BITS_PER_SAMPLE = 258  # a tag of TIFF


@contextlib.contextmanager
def picture_file(path: Path) -> Iterator[IO[bytes]]:
    """A file opened for reading, without waiting for who writes into a pipe. Raises OSError, OptionError."""
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise OptionError(f"cannot read the picture {path}: it is a folder, pipe or device, no file")
        yield file


def decoded(file: IO[bytes], path: Path) -> Image.Image:
    """The picture in a file as RGB, upright. Raises OptionError, and what Pillow raises for what is no picture."""
    from PIL import Image, ImageOps  # noqa: PLC0415  # an optional extra, imported where used

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit below is the one that counts
        try:
            picture = Image.open(file)
        except Image.DecompressionBombError as error:
            raise OptionError(f"cannot read the picture {path}: {_too_large('its size')}") from error
    with picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise OptionError(
                f"cannot read the picture {path}: {_too_large(f'{picture.width}x{picture.height} pixels')}"
            )
        picture.load()
        upright = picture
        with contextlib.suppress(Exception):  # a broken note of the camera breaks no picture
            upright = ImageOps.exif_transpose(picture) or picture
        return _rgb(upright, path, _white(picture))


def _too_large(what: str) -> str:
    return f"{what} is more than the {MOST_PIXELS // 1_000_000} million pixels that are taken; make it smaller"


def _white(picture: Image.Image) -> int:
    """The number that stands for white in a grey picture of more than 8 bits."""
    bits = getattr(picture, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))  # scanners write TIFFs of 10 and 12 bits
    return (1 << min(max(int(bits[0]), 1), 16)) - 1 if bits else _WHITE_16


def _rgb(picture: Image.Image, path: Path, white: int) -> Image.Image:
    from PIL import Image  # noqa: PLC0415  # an optional extra, imported where used

    if picture.mode in ("I", "F") or picture.mode.startswith("I;"):
        return Image.fromarray(_levels(picture, path, white)).convert("RGB")
    if "transparency" in picture.info or picture.mode in ("PA", "LA", "La", "RGBA", "RGBa"):
        seen = picture.convert("RGBA")  # what is behind a transparent pixel is not its colour: white is, on a page
        return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")
    return picture.convert("RGB")


def _levels(picture: Image.Image, path: Path, white: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Grey of more than 8 bits, scaled (Pillow itself cuts off what is above 255)."""
    values = np.asarray(picture)
    low, high = values.min(), values.max()
    most = (1.0 if high <= 1 else 255.0) if picture.mode == "F" else float(white)
    if not (low >= 0 and high <= most):  # not a number is neither
        raise OptionError(
            f"cannot read the picture {path}: its grey values, {low:g} to {high:g}, do not say which of them is white; "
            "save it with 8 or 16 bits"
        )
    scaled = values.astype(np.float32)
    scaled *= 255 / most
    scaled += 0.5
    return scaled.astype(np.uint8)
