"""The definition of scaled maps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def scaled_map(raw: Floats, joint: bool = False) -> npt.NDArray[np.uint8]:
    """Raw maps [...,h,w] scaled to 0..255, one by one or (`joint`) image by image; a constant map gives 0."""
    return (unit_map(raw, joint) * 255).astype(np.uint8)


def unit_map(raw: Floats, joint: bool = False) -> Floats:
    """The same, scaled to 0..1 and not rounded."""
    axes = (1, 2, 3) if joint and raw.ndim == 4 else (-2, -1)
    low, high = raw.min(axes, keepdims=True), raw.max(axes, keepdims=True)
    return np.asarray((raw - low) / np.where(high > low, high - low, 1))
