"""Which tensor tells the grid of a target at another size of the picture."""

from __future__ import annotations

import networkx as nx

from ovxai_patterns.graph import TensorId
from ovxai_patterns.layout import Layout, picture_axes
from ovxai_patterns.site import GridSource


def grid_source(layout: Layout, target: TensorId) -> GridSource:
    """The target itself where it holds the grid on two axes, else the deepest tensor above it that does.

    Where there is none (patches that were never laid out on two axes), the picture.
    """
    positions = layout.positions(target)
    assert positions is not None, "a target has positions"
    if positions.lattice is not None:
        return GridSource(target, positions.lattice, True, positions.grid)
    for tensor in sorted(nx.ancestors(layout.graph.data_edges, target), reverse=True):
        above = layout.positions(tensor)
        if above is None or above.grid != positions.grid or tensor in layout.pictures:
            continue
        if above.lattice is not None and layout.graph.output(tensor).get_element_type().is_real():
            return GridSource(tensor, above.lattice, True, above.grid)
    return picture_source(layout)


def picture_source(layout: Layout) -> GridSource:
    """The picture, of whose sizes the grid is only known to be a function."""
    picture = layout.pictures[0]
    axes = picture_axes(layout.graph.ops[picture[0]])
    assert axes is not None, "pictures have axes"
    shape = layout.graph.output(picture).get_shape()
    return GridSource(picture, axes, False, (shape[axes[0]], shape[axes[1]]))
