"""The maps whose cells, row by row, are the tokens of a tensor: what tells a grid's height and width at inference."""

from __future__ import annotations

from dataclasses import dataclass

from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.layout import Layout

_MAP = 4  # axes


@dataclass(frozen=True)
class GridMap:
    """A tensor that has the grid's rows and columns along two axes of its own."""

    tensor: TensorId
    axes: tuple[int, int]


def map_above(layout: Layout, tensor: TensorId) -> GridMap | None:
    """The nearest map above a tensor that has its grid; None where there is none."""
    known = layout.positions(tensor)
    if known is None:
        return None
    graph = layout.graph
    open_ends, seen = {tensor}, set[TensorId]()
    while open_ends:
        one = max(open_ends)
        open_ends.remove(one)
        seen.add(one)
        positions = layout.positions(one)
        if positions is None or positions.grid != known.grid:
            continue
        shape = graph.output(one).get_partial_shape()
        if positions.lattice is not None and len(shape) == _MAP and _spans(shape, positions.lattice, known.grid):
            return GridMap(one, positions.lattice)
        open_ends |= {source for source in graph.inputs_of(one[0]) if source not in seen}
    return None


def _spans(shape: object, axes: tuple[int, int], grid: tuple[int, int]) -> bool:
    return tuple(shape[axis].get_length() for axis in axes) == grid  # type: ignore[index]  # a PartialShape
