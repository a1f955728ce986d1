"""The JET colours, as OpenCV's table has them: blue, cyan, yellow, red."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def jet_table() -> npt.NDArray[np.uint8]:
    """u8 [256,3], RGB: each colour rises and falls by 4 a level, and is 255 in between."""
    level = np.arange(256)
    red = np.where(level < 160, 4 * (level - 96) + 2, np.where(level < 224, 255, 252 - 4 * (level - 224)))
    green = np.where(level < 96, 4 * (level - 32), np.where(level < 160, 255, 252 - 4 * (level - 160)))
    blue = np.where(level < 32, 128 + 4 * level, np.where(level < 96, 255, 254 - 4 * (level - 96)))
    blue[159] = 1  # where the rule gives 2
    return np.clip(np.stack([red, green, blue], 1), 0, 255).astype(np.uint8)
