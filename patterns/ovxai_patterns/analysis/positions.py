"""Position labels of one tensor: which of its elements is about which cell of the grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovxai_patterns.analysis.movement import Labels, collapse

NOWHERE = -1
"""Label of an element that is about no single place."""


@dataclass(frozen=True)
class Positions:
    """Position labels of one tensor.

    `ids`: i32, of the tensor's rank, with size 1 on axes along which they do not vary. `grid`: (h, w).
    """

    ids: Labels
    grid: tuple[int, int]

    @property
    def kept(self) -> int:
        """How many entries along the position axes are no position: class, distillation and register tokens."""
        return int((self.ids == NOWHERE).sum())

    @property
    def is_map(self) -> bool:
        """Whether the tensor holds each cell of the grid exactly once, channels and batch aside."""
        cells = self.ids[self.ids != NOWHERE]
        count = self.grid[0] * self.grid[1]
        return count > 1 and cells.size == count and bool((np.bincount(cells, minlength=count) == 1).all())

    @property
    def without_frame(self) -> Positions:
        """The labels without a frame of padding around them."""
        ids = self.ids
        for axis in range(ids.ndim):
            rest = tuple(other for other in range(ids.ndim) if other != axis)
            filled = np.flatnonzero((ids != NOWHERE).any(rest))
            if filled.size and filled.size == filled[-1] - filled[0] + 1:
                ids = ids.take(filled, axis)
        return Positions(ids, self.grid)

    @property
    def lattice(self) -> tuple[int, int] | None:
        """The two axes along which rows and columns of the grid are laid out, or None."""
        axes = [axis for axis, size in enumerate(self.ids.shape) if size > 1]
        height, width = self.grid
        free = [axis for axis in range(self.ids.ndim) if axis not in axes]
        if not axes or (self.ids < 0).any() or self.ids.size != height * width:
            return None
        if len(axes) == 2:
            rows, columns = axes
        elif height == 1 and axes[0] - 1 in free:
            rows, columns = axes[0] - 1, axes[0]
        elif width == 1 and axes[0] + 1 in free:
            rows, columns = axes[0], axes[0] + 1
        else:
            return None
        raster = np.arange(height * width, dtype=np.int32).reshape(height, width)
        found = self.ids.reshape(self.ids.shape[rows], self.ids.shape[columns])
        return (rows, columns) if found.shape == raster.shape and (found == raster).all() else None


def on_lattice(rank: int, rows: int, columns: int, grid: tuple[int, int]) -> Positions:
    """Positions of a tensor whose axes `rows` and `columns` are the picture's."""
    shape = [1] * rank
    shape[rows], shape[columns] = grid
    return Positions(np.arange(grid[0] * grid[1], dtype=np.int32).reshape(shape), grid)


def merge(positions: Positions, axes: tuple[int, ...]) -> Positions | None:
    """Positions after the elements along `axes` have met in one (size 1 there), or None where no place is left.

    Cells that meet become one cell of a coarser grid where the sets tile the grid in equal blocks.
    """
    ids = positions.ids
    axes = tuple(axis % ids.ndim for axis in axes)
    if all(ids.shape[axis] == 1 for axis in axes):
        return positions
    rest = tuple(axis for axis in range(ids.ndim) if axis not in axes)
    sets = ids.transpose(rest + axes).reshape(-1, int(np.prod([ids.shape[axis] for axis in axes])))
    without = sets < 0
    if (without.any(1) != without.all(1)).any() or without.all():
        return None
    width = positions.grid[1]
    rows, columns = sets // width, sets % width
    top, left = rows.min(1), columns.min(1)
    block_h = np.unique((rows.max(1) - top + 1)[~without.all(1)])
    block_w = np.unique((columns.max(1) - left + 1)[~without.all(1)])
    if block_h.size != 1 or block_w.size != 1:
        return None
    high, wide = int(block_h[0]), int(block_w[0])
    filled = {len(np.unique(row)) for row in sets[~without.all(1)][:: max(1, len(sets) // 64)]}
    aligned = not ((top % high).any() or (left % wide)[~without.all(1)].any())
    grid = (positions.grid[0] // high, width // wide)
    if filled != {high * wide} or not aligned or grid[0] * grid[1] <= 1:
        return None
    coarse = np.where(without.all(1), NOWHERE, (top // high) * grid[1] + left // wide)
    kept_shape = [1 if axis in axes else ids.shape[axis] for axis in range(ids.ndim)]
    return Positions(collapse(coarse.astype(np.int32).reshape(kept_shape)), grid)


def thinned(positions: Positions) -> Positions:
    """Every second, third, ... row and column of a grid, as a grid of its own; other positions as they are."""
    cells = np.unique(positions.ids[positions.ids != NOWHERE])
    height, width = positions.grid
    rows, columns = np.unique(cells // width), np.unique(cells % width)
    if cells.size <= 1 or cells.size == height * width or cells.size != rows.size * columns.size:
        return positions
    steps = [_step(taken, size) for taken, size in ((rows, height), (columns, width))]
    if None in steps or steps == [1, 1]:
        return positions
    number = np.full(height * width, NOWHERE, np.int32)
    number[cells] = np.arange(cells.size)
    ids = np.where(positions.ids == NOWHERE, NOWHERE, number[np.maximum(positions.ids, 0)])
    return Positions(ids.astype(np.int32), (rows.size, columns.size))


def _step(taken: npt.NDArray[np.int32], size: int) -> int | None:
    """How far apart rows (or columns) are that are taken all over a grid, or None where they are not."""
    steps = np.unique(np.diff(taken)) if taken.size > 1 else np.array([1])  # one alone is every row only of one
    step = int(steps[0])
    return step if steps.size == 1 and taken[0] < step and taken[-1] + step >= size else None


def cut_lattice(positions: Positions) -> tuple[int, int] | None:
    """The two axes of a lattice that lacks a row or column at its border (a padding that also shifts), or None."""
    axes = [axis for axis, size in enumerate(positions.ids.shape) if size > 1]
    height, width = positions.grid
    if len(axes) != 2 or (positions.ids < 0).any():
        return None
    ids = positions.ids.reshape([positions.ids.shape[axis] for axis in axes])
    rows, columns = ids // width, ids % width
    first = rows[0, 0], columns[0, 0]
    whole = np.add.outer((np.arange(ids.shape[0]) + first[0]) * width, np.arange(ids.shape[1]) + first[1])
    nearly = height - ids.shape[0] <= 1 and width - ids.shape[1] <= 1
    return (axes[0], axes[1]) if nearly and (whole == ids).all() else None
