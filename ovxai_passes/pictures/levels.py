"""The values of a map as grey levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.finish.scale import LIFT

Array = npt.NDArray[Any]

_AT_ONCE = 16  # classes, so that what is computed in between stays small


def scaling(saliency_map: Array, cast_to_uint8: bool = True, max_value: int = 255) -> Array:
    """Maps [h,w] or [K,h,w], each scaled to 0..`max_value` by its least and largest value; a constant map gives 0.

        (x - min) / (max - min) * max_value

    u8, truncated, or f32 without `cast_to_uint8`.
    """
    maps = saliency_map[None] if saliency_map.ndim == 2 else saliency_map
    result = np.empty(maps.shape, np.uint8 if cast_to_uint8 else np.float32)
    for start in range(0, len(maps), _AT_ONCE):
        part = maps[start : start + _AT_ONCE].astype(np.float32, copy=False)
        low = part.min((1, 2), keepdims=True)
        span = part.max((1, 2), keepdims=True) - low
        unit = part - low
        unit /= np.where(span > 0, span, np.float32(1))
        unit *= np.float32(max_value)  # last: the largest value is exactly 1 before
        result[start : start + len(part)] = unit
    return result[0] if saliency_map.ndim == 2 else result


def as_levels(unit: Array) -> npt.NDArray[np.uint8]:
    """The levels of maps that are scaled already, 0..1 of any float type."""
    return np.asarray(unit.astype(np.float32) * 255 + np.float32(LIFT), np.uint8)


scale = scaling
"""The same function, where `scaling` is the name of an argument."""
