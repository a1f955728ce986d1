"""Which tensor tells the grid of a target at another size of the picture."""

from __future__ import annotations

from dataclasses import dataclass

from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.grid_maps import grid_axes, on_the_grid_of
from ovxai_patterns.analysis.layout import PositionLayout, picture_axes


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


def grid_source(layout: PositionLayout, target: TensorId) -> GridSource:
    """The target itself where it holds the grid on two axes, else the nearest tensor that its positions come from.

    Where there is none (patches that were never laid out on two axes), the picture. A tensor of as large a grid that
    positions do not come from (a context of fixed size) tells nothing.
    """
    assert layout.positions(target) is not None, "a target has positions"
    for tensor in on_the_grid_of(layout, target):
        axes = grid_axes(layout, tensor)
        if axes is not None and (tensor == target or _tells_sizes(layout, tensor)):
            positions = layout.positions(tensor)
            assert positions is not None, "asked for the axes of positions"
            return GridSource(tensor, axes, True, positions.grid)
    return picture_source(layout)


def _tells_sizes(layout: PositionLayout, tensor: TensorId) -> bool:
    """Whether a tensor above the target is a feature map: of floats, and not the picture itself."""
    return tensor not in layout.pictures and bool(layout.graph.output(tensor).get_element_type().is_real())


def picture_source(layout: PositionLayout) -> GridSource:
    """The picture, of whose sizes the grid is only known to be a function."""
    picture = layout.pictures[0]
    axes = picture_axes(layout.graph.ops[picture[0]])
    assert axes is not None, "pictures have axes"
    shape = layout.graph.output(picture).get_shape()
    return GridSource(picture, axes, False, (shape[axes[0]], shape[axes[1]]))
