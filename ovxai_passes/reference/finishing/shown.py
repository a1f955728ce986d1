"""The definitions of what is made of a scaled map: another size, pictures of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.uint8]


def resized(maps: npt.NDArray[np.generic], size: tuple[int, int]) -> Floats:
    """Maps [...,h,w] at a size (H, W): each value lies between the four cells about it, as near as it is to each."""
    found = np.asarray(maps, np.float64)
    for axis, length in zip((-2, -1), size, strict=True):
        cells = found.shape[axis]
        places = np.clip((np.arange(length) + 0.5) * cells / length - 0.5, 0, cells - 1)
        first = np.minimum(places.astype(int), max(cells - 2, 0))
        share = (places - first).reshape((-1, 1) if axis == -2 else (-1,))
        after = np.minimum(first + 1, cells - 1)
        found = np.take(found, first, axis) * (1 - share) + np.take(found, after, axis) * share
    return found


def picture_of(
    value: npt.NDArray[np.generic], axes: tuple[int, int], mean: Sequence[float], scale: Sequence[float], bgr: bool
) -> Floats:
    """The picture [N,H,W,3], RGB, 0..255, that (pixels - mean) / scale has made an input of; `axes`: height, width."""
    channel_axis = ({1, 2, 3} - set(axes)).pop()
    laid = np.transpose(np.asarray(value, np.float64), (0, *axes, channel_axis))
    pixels = np.clip(np.rint(laid * np.asarray(scale) + np.asarray(mean)), 0, 255)
    if pixels.shape[-1] == 1:
        return np.repeat(pixels, 3, -1)
    return pixels[..., 2::-1] if bgr else pixels[..., :3]


def laid_over(colours: Levels, picture: Floats, weight: float) -> Floats:
    """Colours [N,k,H,W,3] or [N,H,W,3] with a weight over a picture [N,H,W,3]."""
    behind = picture[:, None] if colours.ndim == 5 else picture
    return weight * colours.astype(np.float64) + (1 - weight) * behind
