"""From a picture file of any kind to upright RGB of 8 bits.

Pillow reads the header (size, kind of pixels, how the camera was held), OpenCV decodes. What OpenCV does not read, and
grey of more than 8 bits, whose white depends on the file, is decoded by Pillow.
"""

from __future__ import annotations

import contextlib
import os
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError
from ovxai_passes.pictures.extras import opencv, pillow

Picture = npt.NDArray[np.uint8]

MOST_PIXELS = 100_000_000
"""Larger pictures are refused by their header: RGB takes 3 bytes a pixel, an overlay four times as much."""

_WHITE_16 = (1 << 16) - 1
_BITS_PER_SAMPLE = 258  # a tag of TIFF
_ORIENTATION = 274  # a tag of EXIF
_PNG_NOTES = (b"eXIf", b"Orientation", b"profile type exif")
_SILENT = 0
_END_OF_JPEG, _SCAN_OF_JPEG = b"\xff\xd9", b"\xff\xda"
_TRANSPARENT = ("PA", "LA", "La", "RGBA", "RGBa")
_OPAQUE = ("1", "L", "P", "RGB", "YCbCr")


def read_picture(path: Path) -> Picture:
    """A picture file as RGB u8 [H,W,3], upright as its camera says, what is transparent on white.

    Grey of 16 bits is scaled; of several frames the first is taken. Raises OptionError, also for pictures of more than
    `MOST_PIXELS`, and MissingExtraError.
    """
    pil = pillow("picture files")
    opencv("picture files")
    try:
        with _file(path) as data:
            return _decoded(data, pil)
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


def _decoded(file: Any, pil: Any) -> Picture:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pil.Image.DecompressionBombWarning)  # the limit below is the one that counts
        try:
            header = pil.Image.open(file)
        except pil.Image.DecompressionBombError:
            raise _UnreadableError(_too_large("its size")) from None
        with header:
            if header.width * header.height > MOST_PIXELS:
                raise _UnreadableError(_too_large(f"{header.width}x{header.height} pixels"))
            file.seek(0)
            data = file.read()
            upright = _turned(header, data)
            found = _by_opencv(data, header)
            if found is None:
                file.seek(0)
                with pil.Image.open(file) as picture:
                    found = _by_pillow(picture, pil)
    return np.ascontiguousarray(upright(found))


def _too_large(what: str) -> str:
    return f"{what} is more than the {MOST_PIXELS // 1_000_000} million pixels that are taken; make it smaller"


def _turned(header: Any, data: bytes) -> Any:
    """From stored pixels to upright ones, as EXIF says."""
    orientation = 1
    if header.format == "PNG" and not any(mark in data for mark in _PNG_NOTES):
        return lambda a: a  # Pillow would decode all of it, to look behind its pixels
    with contextlib.suppress(Exception):  # a broken note of the camera breaks no picture
        orientation = header.getexif().get(_ORIENTATION, 1)
    turns: dict[int, Any] = {
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, -1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90,
    }
    return turns.get(orientation, lambda a: a)


def _by_opencv(data: bytes, header: Any) -> Picture | None:
    """Stored pixels as RGB, or None where Pillow has to do it."""
    transparent = header.mode in _TRANSPARENT or "transparency" in header.info
    if not transparent and header.mode not in _OPAQUE:
        return None
    if header.format == "JPEG" and data.rfind(_END_OF_JPEG) < data.rfind(_SCAN_OF_JPEG):
        return None  # cut off: before 4.11 OpenCV makes the rest grey, without a word
    if header.format == "PNG":
        header.verify()  # its checksums: OpenCV would tell of them on the terminal
    cv2 = opencv("picture files")
    flags = cv2.IMREAD_UNCHANGED if transparent else cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    with _quiet(cv2):
        found = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if found is None or found.dtype != np.uint8 or found.shape[:2] != (header.height, header.width):
        return None
    if not transparent:
        return cv2.cvtColor(found, cv2.COLOR_BGR2RGB)
    return _on_white(found) if found.ndim == 3 and found.shape[2] == 4 else None


def _on_white(found: Picture) -> Picture:
    """BGRA on white, RGB: what is behind a transparent pixel is not its colour; white is, on a page."""
    alpha = found[..., 3:].astype(np.uint32)
    mixed = found[..., 2::-1] * alpha + 255 * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)


@contextlib.contextmanager
def _quiet(cv2: Any) -> Iterator[None]:
    """OpenCV does not write onto the terminal what is wrong with a file: Pillow says it."""
    logs = getattr(cv2.utils, "logging", cv2)  # before 4.11 they are cv2's own
    level = logs.setLogLevel(_SILENT)
    try:
        yield
    finally:
        logs.setLogLevel(level)


def _by_pillow(picture: Any, pil: Any) -> Picture:
    picture.load()
    if picture.mode in ("I", "F") or picture.mode.startswith("I;"):
        return np.repeat(_levels(picture, _white(picture))[..., None], 3, 2)
    if "transparency" in picture.info or picture.mode in _TRANSPARENT:
        seen = picture.convert("RGBA")
        return np.asarray(pil.Image.alpha_composite(pil.Image.new("RGBA", seen.size, "white"), seen).convert("RGB"))
    return np.asarray(picture.convert("RGB"))


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
