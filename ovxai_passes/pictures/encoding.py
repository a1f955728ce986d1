"""Pictures as files, by OpenCV; kinds that it does not write, by Pillow."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError
from ovxai_passes.pictures.extras import opencv, pillow

Picture = npt.NDArray[np.uint8]

KINDS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
"""The endings of names that say a kind of picture."""

_QUALITY = 95


def can_write(kind: str) -> bool:
    """Whether pictures of a kind, as ".png", can be written here. Raises MissingExtraError."""
    return kind.lower() in KINDS and (_by_opencv(kind) or _by_pillow(kind))


def encoded(picture: Picture, kind: str, quality: int = _QUALITY, smooth: bool = False) -> bytes:
    """A picture u8 [H,W,3] RGB or [H,W] as the bytes of a file.

    `kind`: as ".png"; `quality`: of JPEG, 0 to 100. `smooth`: it is a map, whose PNG is then half as large and a
    quarter faster to make. Raises OptionError for kinds that cannot be written, MissingExtraError.
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
    _, found = cv2.imencode(kind, shown, _flags(cv2, kind, quality, smooth))
    return bytes(found)


def write_picture(picture: Picture, path: Path) -> None:
    """A picture u8 [H,W,3] RGB or [H,W] as a file of the kind that its name says. Raises OSError, as `encoded`."""
    path.write_bytes(encoded(picture, path.suffix))


def _flags(cv2: Any, kind: str, quality: int, smooth: bool) -> list[int]:
    if kind in (".jpg", ".jpeg"):
        return [cv2.IMWRITE_JPEG_QUALITY, quality]
    if kind == ".png" and smooth:  # differences of neighbours, in which deflate finds repetitions even at its fastest
        return [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB, cv2.IMWRITE_PNG_COMPRESSION, 1]
    return []


def _by_opencv(kind: str) -> bool:
    if kind.lower() == ".gif":  # OpenCV's palettes are coarse
        return False
    return bool(opencv("pictures").haveImageWriter(f"picture{kind}"))


def _by_pillow(kind: str) -> bool:
    image = pillow(f"pictures of kind {kind}").Image
    return image.registered_extensions().get(kind.lower()) in image.SAVE
