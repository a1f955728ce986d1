"""Which tensor tells the grid of a target at another size of the picture."""

from __future__ import annotations

from dataclasses import dataclass

from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.layout import Layout, picture_axes


@dataclass(frozen=True)
class GridSource:
    """The tensor whose sizes along `axes` (rows, columns) tell the grid of a target, at inference too.

    `exact`: whether these sizes are the grid. They are not where no tensor holds the grid on two axes: the source is
    the picture then, of which it is only known that a picture of the same sizes has the same grid. `sizes`: those at
    which the model was analysed.
    """

    tensor: TensorId
    axes: tuple[int, int]
    exact: bool
    sizes: tuple[int, int]


def grid_source(layout: Layout, target: TensorId) -> GridSource:
    """The target itself where it holds the grid on two axes, else the nearest tensor that its positions come from.

    Where there is none (patches that were never laid out on two axes), the picture. A tensor of as large a grid that
    positions do not come from (a context of fixed size) tells nothing.
    """
    assert layout.positions(target) is not None, "a target has positions"
    open_ends, seen = {target}, set[TensorId]()
    while open_ends:
        tensor = max(open_ends)
        open_ends.remove(tensor)
        seen.add(tensor)
        axes = _axes(layout, tensor, target)
        if axes is not None:
            positions = layout.positions(tensor)
            assert positions is not None, "asked for the axes of positions"
            return GridSource(tensor, axes, True, positions.grid)
        open_ends |= {source for source in layout.graph.inputs_of(tensor[0]) if _is_above(layout, source, target, seen)}
    return picture_source(layout)


def _is_above(layout: Layout, source: TensorId, target: TensorId, seen: set[TensorId]) -> bool:
    """Whether a tensor has the target's positions, as far as their grid says."""
    above, known = layout.positions(source), layout.positions(target)
    return above is not None and known is not None and above.grid == known.grid and source not in seen


def _axes(layout: Layout, tensor: TensorId, target: TensorId) -> tuple[int, int] | None:
    """The axes of rows and columns, where a tensor has the grid's sizes along both."""
    positions, output = layout.positions(tensor), layout.graph.output(tensor)
    is_target = tensor == target or (tensor not in layout.pictures and output.get_element_type().is_real())
    if positions is None or positions.lattice is None or not is_target:
        return None
    shape = output.get_partial_shape()
    sizes = tuple(shape[axis].get_length() if shape[axis].is_static else 0 for axis in positions.lattice)
    return positions.lattice if sizes == positions.grid else None


def picture_source(layout: Layout) -> GridSource:
    """The picture, of whose sizes the grid is only known to be a function."""
    picture = layout.pictures[0]
    axes = picture_axes(layout.graph.ops[picture[0]])
    assert axes is not None, "pictures have axes"
    shape = layout.graph.output(picture).get_shape()
    return GridSource(picture, axes, False, (shape[axes[0]], shape[axes[1]]))
