"""Masks over the positions of a target."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from ovxai_patterns.analysis.positions import Positions

from ovxai_passes.vocabulary import Mask

_BELL = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], np.float32) / 16
_DOT = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], np.float32)


def grid_masks(mask: Mask, grid: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Masks [h*w,h,w], f32: one for every position, in raster order.

    One-hot: 1 at the position. Gaussian: the 3x3 bell [1 2 1; 2 4 2; 1 2 1]/16 around it, cut at the border and not
    renormalised (Byun and Lee, ViT-ReciproCAM, arXiv 2310.02588, section 3).
    """
    height, width = grid
    if mask is Mask.ONE_HOT:
        return np.eye(height * width, dtype=np.float32).reshape(-1, height, width)
    wide = np.zeros((height * width, height + 2, width + 2), np.float32)
    for row in range(height):
        for column in range(width):
            wide[row * width + column, row : row + 3, column : column + 3] = _BELL
    return wide[:, 1:-1, 1:-1].copy()


def one_target_mask(mask: Mask, positions: Positions, place: int) -> npt.NDArray[np.float32]:
    """Mask number `place` of `target_masks` alone: all of them would be large for grids of many positions."""
    height, width = positions.grid
    wide = np.zeros((height + 2, width + 2), np.float32)
    row, column = divmod(place, width)
    wide[row : row + 3, column : column + 3] = _DOT if mask is Mask.ONE_HOT else _BELL
    weights = wide[1:-1, 1:-1].reshape(-1)[np.maximum(positions.ids, 0)]
    return np.where(positions.ids >= 0, weights, np.float32(1))


def target_masks(mask: Mask, positions: Positions) -> npt.NDArray[np.float32]:
    """Masks [h*w, ...], f32, that multiply a target: of its rank, size 1 on batch and channel axes.

    Kept tokens weigh 1.
    """
    flat = grid_masks(mask, positions.grid).reshape(-1, positions.grid[0] * positions.grid[1])
    weights = flat[:, np.maximum(positions.ids, 0)]
    return np.where(positions.ids >= 0, weights, np.float32(1))
