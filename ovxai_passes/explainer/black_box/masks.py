"""Random masks of RISE: coarse grids, upsampled smoothly and shifted.

    m = clip( U_y[s_y : s_y+H] g U_x[s_x : s_x+W]^T, 0, 1 )
    g [c,c] of 0 and 1,  U bicubic, from c cells to (c + 1) cell sizes

Petsiuk et al., RISE, arXiv 1806.07421, section 3.2; cells, sizes and shifts as in openvino_xai 1.1.0. A mask depends on
the seed and its number alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_SHARPNESS = -0.75  # of the cubic kernel, as in OpenCV


@dataclass(frozen=True)
class RandomMasks:
    """`count` masks [H,W] of `cells` x `cells`, each cell kept with probability `prob`."""

    size: tuple[int, int]
    count: int
    cells: int
    prob: float
    seed: int

    def blocks(self, at_once: int) -> Iterator[Floats]:
        """All masks in order, at most so many at once: [B,H,W]."""
        grids, shifts = self._drawn()
        ups = [_bicubic(self.cells, (self.cells + 1) * cell) for cell in self._cell]
        for start in range(0, self.count, at_once):
            block = slice(start, start + at_once)
            rows, columns = (
                np.stack([up[shift : shift + size] for shift in shifts[block, axis]])
                for axis, (up, size) in enumerate(zip(ups, self.size, strict=True))
            )
            masks = np.matmul(np.matmul(rows, grids[block]), columns.transpose(0, 2, 1))
            yield np.clip(masks, 0, 1, out=masks)

    @property
    def _cell(self) -> tuple[int, int]:
        return -(-self.size[0] // self.cells), -(-self.size[1] // self.cells)

    def _drawn(self) -> tuple[Floats, npt.NDArray[np.int64]]:
        random = np.random.default_rng(self.seed)
        grids = random.random((self.count, self.cells, self.cells)) < self.prob
        shifts = np.stack([random.integers(0, cell, self.count) for cell in self._cell], 1)
        return grids.astype(np.float32), shifts


def _bicubic(cells: int, size: int) -> Floats:
    """Bicubic weights [size,cells] between the middles of cells; beyond the outer ones the border is repeated."""
    places = (np.arange(size) + 0.5) * cells / size - 0.5
    low = np.floor(places).astype(int)
    weights = np.zeros((size, cells), np.float64)
    for tap in range(-1, 3):
        distance = np.abs(places - (low + tap))
        near = (_SHARPNESS + 2) * distance**3 - (_SHARPNESS + 3) * distance**2 + 1
        far = _SHARPNESS * (distance**3 - 5 * distance**2 + 8 * distance - 4)
        value = np.where(distance <= 1, near, np.where(distance < 2, far, 0))
        np.add.at(weights, (np.arange(size), np.clip(low + tap, 0, cells - 1)), value)
    return weights.astype(np.float32)
