"""Maps and pictures of another size, by OpenCV."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError
from ovxai_passes.pictures.extras import opencv

Array = npt.NDArray[Any]

_KINDS = ("uint8", "uint16", "int16", "float32", "float64")
"""The types that OpenCV resizes; others go through f32."""

_LARGEST = 65535


def resize(saliency_map: Array, output_size: tuple[int, int]) -> Array:
    """Maps [h,w] or [K,h,w] of any type, resized bilinearly to (H, W): [H,W] or [K,H,W] of that type.

    As cv2.resize of each (INTER_LINEAR). Needs OpenCV (extra `image`): raises MissingExtraError.
    """
    cv2 = opencv("maps of another size")
    maps = saliency_map[None] if saliency_map.ndim == 2 else saliency_map
    known = maps if maps.dtype.name in _KINDS else maps.astype(np.float32)
    result = np.empty((len(maps), *output_size), known.dtype)
    for one, place in zip(known, result, strict=True):  # one by one: faster than as the channels of a picture
        cv2.resize(np.ascontiguousarray(one), output_size[::-1], dst=place)
    if known is not maps:
        result = (np.rint(result) if np.issubdtype(maps.dtype, np.integer) else result).astype(maps.dtype)
    return result[0] if saliency_map.ndim == 2 else result


def resize_picture(image: Array, size: tuple[int, int], method: str | None = None) -> Array:
    """A picture [H,W] or [H,W,C], resized to (H, W) `size`: what it was, if it is of that size.

    `method`: "linear" (INTER_LINEAR), "nearest"; by default means over pixels where it becomes smaller (INTER_AREA: no
    detail appears that is not there), and INTER_CUBIC where it becomes larger. Raises MissingExtraError.
    """
    if image.shape[:2] == size:
        return image
    cv2 = opencv("pictures of another size")
    smaller = size[0] * size[1] < image.shape[0] * image.shape[1]
    kinds = {"linear": cv2.INTER_LINEAR, "nearest": cv2.INTER_NEAREST}
    kind = kinds[method] if method else cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    known = image if image.dtype.name in _KINDS else image.astype(np.float32)
    try:
        found: Array = cv2.resize(np.ascontiguousarray(known), size[::-1], interpolation=kind)
    except cv2.error as error:
        raise OptionError(
            f"OpenCV does not resize a picture {list(image.shape)}: give [H,W,C], channels last"
        ) from error
    return found.reshape(*size, *image.shape[2:])  # OpenCV drops an axis of one channel


def checked_size(size: Any) -> tuple[int, int]:
    """Height and width in pixels. Raises OptionError."""
    try:
        sizes = np.atleast_1d(np.asarray(size))
    except ValueError:
        sizes = np.zeros(0)
    whole = sizes.shape == (2,) and np.issubdtype(sizes.dtype, np.integer)
    if not whole or sizes.min() < 1 or sizes.max() > _LARGEST:
        raise OptionError(f"output_size is (height, width) in pixels, 1 to {_LARGEST} each, not {size!r}")
    return int(sizes[0]), int(sizes[1])
