"""The definition of scaled maps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_MIDDLE, _REACH = 128, 127  # of signed levels


def scaled_map(raw: Floats, joint: bool = False) -> npt.NDArray[np.uint8]:
    """Raw maps [...,h,w] scaled to 0..255, one by one or (`joint`) image by image; a constant map gives 0."""
    return (unit_map(raw, joint) * 255).astype(np.uint8)


def unit_map(raw: Floats, joint: bool = False) -> Floats:
    """The same, scaled to 0..1 and not rounded."""
    axes = (1, 2, 3) if joint and raw.ndim == 4 else (-2, -1)
    low, high = raw.min(axes, keepdims=True), raw.max(axes, keepdims=True)
    return np.asarray((raw - low) / np.where(high > low, high - low, 1))


def unit_from_zero(beyond: Floats, peak: npt.NDArray[np.floating] | None = None, signed: bool = False) -> Floats:
    """Maps [N,K,h,w] of what is beyond zero, on one scale for all of an image: 0..1, signed -1..1.

    `peak` [N]: the largest value (signed: the largest |value|) of classes that have no map here.
    """
    counted = np.abs(beyond) if signed else np.maximum(beyond, 0)
    largest = counted.max((1, 2, 3))
    if peak is not None:
        largest = np.maximum(largest, peak)
    divisor = np.where(largest > 0, largest, 1)[:, None, None, None]
    return np.asarray((beyond if signed else counted) / divisor)


def signed_levels(unit: Floats) -> npt.NDArray[np.uint8]:
    """Levels 1 to 255 of maps of -1..1; 0 is 128."""
    return np.floor(_MIDDLE + _REACH * unit + 0.5).astype(np.uint8)
