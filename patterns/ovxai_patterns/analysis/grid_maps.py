"""The maps whose cells, row by row, are the tokens of a tensor: what tells a grid's height and width at inference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.layout import PositionLayout

_MAP = 4  # axes


@dataclass(frozen=True)
class GridMap:
    """A tensor that has the grid's rows and columns along two axes of its own."""

    tensor: TensorId
    axes: tuple[int, int]


def map_above(layout: PositionLayout, tensor: TensorId) -> GridMap | None:
    """The nearest map above a tensor that has its grid; None where there is none."""
    for one in on_the_grid_of(layout, tensor):
        axes = grid_axes(layout, one)
        if axes is not None and len(layout.graph.output(one).get_partial_shape()) == _MAP:
            return GridMap(one, axes)
    return None


def on_the_grid_of(layout: PositionLayout, tensor: TensorId) -> Iterator[TensorId]:
    """A tensor and those above it that its positions come from, as far as their grid says: the nearest first."""
    known = layout.positions(tensor)
    open_ends, seen = ({tensor} if known is not None else set()), set[TensorId]()
    while open_ends:
        one = max(open_ends)
        open_ends.remove(one)
        seen.add(one)
        yield one
        for source in layout.graph.inputs_of(one[0]):
            positions = layout.positions(source)
            if source not in seen and positions is not None and known is not None and positions.grid == known.grid:
                open_ends.add(source)


def grid_axes(layout: PositionLayout, tensor: TensorId) -> tuple[int, int] | None:
    """The axes of rows and columns, where a tensor has the grid's sizes along both."""
    positions = layout.positions(tensor)
    if positions is None or positions.lattice is None:
        return None
    shape = layout.graph.output(tensor).get_partial_shape()
    sizes = tuple(shape[axis].get_length() if shape[axis].is_static else 0 for axis in positions.lattice)
    return positions.lattice if sizes == positions.grid else None
