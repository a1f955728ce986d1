"""Pictures as files, by OpenCV; kinds that it does not write, by Pillow."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError
from ovxai_passes.pictures.extras import opencv, pillow

Picture = npt.NDArray[np.uint8]

KINDS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
"""The endings of names that say a kind of picture."""

_QUALITY = 95
_HEADER, _KIND_OF_COLOURS = slice(16, 29), 25  # of a PNG: places of bytes


def can_write(kind: str) -> bool:
    """Whether pictures of a kind, as ".png", can be written here. Raises MissingExtraError."""
    return kind.lower() in KINDS and (_by_opencv(kind) or _by_pillow(kind))


def encoded(picture: Picture, kind: str, quality: int = _QUALITY) -> bytes:
    """A picture u8 [H,W,3] RGB or [H,W] as the bytes of a file. `kind`: as ".png"; `quality`: of JPEG, 0 to 100.

    Raises OptionError for kinds that cannot be written, MissingExtraError.
    """
    kind = kind.lower()
    if kind not in KINDS:
        raise OptionError(f"pictures are not written as {kind!r}: there is {' '.join(KINDS)}")
    if not _by_opencv(kind):
        file = io.BytesIO()
        image = pillow(f"pictures of kind {kind}").Image
        image.fromarray(picture).save(file, image.registered_extensions()[kind])
        return file.getvalue()
    cv2 = opencv("pictures")
    shown = picture if picture.ndim == 2 else cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2BGR)
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality] if kind in (".jpg", ".jpeg") else []
    _, found = cv2.imencode(kind, shown, flags)
    return bytes(found)


def encoded_map(levels: Picture, table: Picture) -> bytes:
    """A smooth map u8 [H,W] in the colours of a table [256,3] as a PNG: its pixels are places in a palette.

    A quarter of the bytes of the same colours pixel by pixel, in a third of the time. Raises MissingExtraError.
    """
    cv2 = opencv("pictures")
    # OpenCV stores differences of neighbours, in which deflate is to look for more than repeated bytes
    flags = [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT]
    grey = bytes(cv2.imencode(".png", np.ascontiguousarray(levels), flags)[1])
    header = grey[_HEADER.start : _KIND_OF_COLOURS] + b"\3" + grey[_KIND_OF_COLOURS + 1 : _HEADER.stop]
    return (
        grey[: _HEADER.start - 8]  # the signature of the format; OpenCV writes no palettes, so grey becomes one
        + _chunk(b"IHDR", header)
        + _chunk(b"PLTE", np.ascontiguousarray(table, np.uint8).tobytes())
        + grey[_HEADER.stop + 4 :]
    )


def encoded_small(picture: Picture, colours: int | None = None) -> bytes:
    """A picture u8 [H,W,3] RGB as a PNG of few bytes, whatever time it takes; of so many colours, or of all it has.

    By Pillow, for OpenCV writes no palettes. Raises MissingExtraError.
    """
    pil = pillow("small pictures")
    image = pil.Image.fromarray(picture)
    if colours is not None:
        image = image.quantize(colours, dither=pil.Image.Dither.NONE)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _chunk(name: bytes, body: bytes) -> bytes:
    """A part of a PNG: its length, its name, and a checksum of these."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def write_picture(picture: Picture, path: Path) -> None:
    """A picture u8 [H,W,3] RGB or [H,W] as a file of the kind that its name says. Raises OSError, as `encoded`."""
    path.write_bytes(encoded(picture, path.suffix))


def _by_opencv(kind: str) -> bool:
    if kind.lower() == ".gif":  # OpenCV's palettes are coarse
        return False
    return bool(opencv("pictures").haveImageWriter(f"picture{kind}"))


def _by_pillow(kind: str) -> bool:
    image = pillow(f"pictures of kind {kind}").Image
    return image.registered_extensions().get(kind.lower()) in image.SAVE
