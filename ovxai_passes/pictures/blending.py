"""A map in colours, laid over a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError
from ovxai_passes.pictures.arrays import as_bhwc, in_levels
from ovxai_passes.pictures.extras import opencv

Array = npt.NDArray[Any]

_CHANNELS = (1, 3, 4)


def overlay(saliency_map: Array, input_image: Array, overlay_weight: float = 0.5, cast_to_uint8: bool = True) -> Array:
    """Coloured maps [H,W,3] or [K,H,W,3] laid over a picture [H,W,C] (or a batch of one) of values 0..255, or of u16.

        overlay_weight * map + (1 - overlay_weight) * picture, to the nearest level

    u8, or f32 without `cast_to_uint8`. `overlay_weight`: of the maps, 0 to 1. Raises OptionError, MissingExtraError.
    """
    maps = saliency_map[None] if saliency_map.ndim == 3 else saliency_map
    behind = background(input_image)
    if maps.shape[1:] != behind.shape:
        raise OptionError(
            f"maps {list(maps.shape[1:3])} are not as large as the picture {list(behind.shape[:2])}: resize one of them"
        )
    result = np.empty(maps.shape, np.uint8 if cast_to_uint8 else np.float32)
    for one, place in zip(maps, result, strict=True):
        blended(np.ascontiguousarray(one), behind, overlay_weight, place)
    return result[0] if saliency_map.ndim == 3 else result


def background(input_image: Array) -> Array:
    """A picture as maps are laid over it: [H,W,3], u8, or f32 where its values are no bytes. Raises OptionError."""
    image = as_bhwc(input_image)[0]
    if image.shape[-1] not in _CHANNELS:
        raise OptionError(
            f"maps are laid over pictures of 1, 3 or 4 channels, not of {image.shape[-1]}: give original_input_image"
        )
    shown = in_levels(image[..., :3])
    shown = shown if shown.dtype == np.uint8 else shown.astype(np.float32)
    return np.ascontiguousarray(np.broadcast_to(shown, (*shown.shape[:2], 3)))


def blended(above: Array, behind: Array, weight: float, result: Array) -> Array:
    """A map [H,W,3] over a `background`, into `result`, u8 or f32, which is returned; `above` may be `result`."""
    cv2 = opencv("overlays")
    if above.dtype == behind.dtype == result.dtype:
        cv2.addWeighted(above, weight, behind, 1 - weight, 0, dst=result)
        return result
    sums: Array = cv2.addWeighted(above.astype(np.float32), weight, behind.astype(np.float32), 1 - weight, 0)
    result[:] = np.clip(np.rint(sums) if result.dtype == np.uint8 else sums, 0, 255)
    return result
