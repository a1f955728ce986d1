"""A feature map as rows: what methods that sum over positions or channels start with, and what ends them.

    F ─▶ Transpose? ─▶ Reshape [N,P,C] or [N,C,P] ─▶ the method's own
    values [N,P,...] ─▶ Gather or Slice? ─▶ in raster order, without kept tokens ─▶ Reshape ─▶ S [N,h,w]

The Transpose stands only where channels lie between positions. The Gather stands only where positions are not in
raster order; a guard then refuses other grids.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.grid_source import GridSource
from ovxai_patterns.analysis.positions import NOWHERE, Positions

from ovxai_passes.ops.sizes import any_size, guarded, sizes_of


@dataclass(frozen=True)
class Rows:
    """`value`: [N,C,P] if `channels_first`, else [N,P,C]; P counts kept tokens, too, C is `channels`."""

    value: ov.Node
    channels_first: bool
    channels: int


def as_rows(feature: ov.Node, positions: Positions) -> Rows:
    """A tensor with these positions as rows; its channels are static."""
    ids, shape = positions.ids, feature.get_output_partial_shape(0)
    places = [axis for axis, size in enumerate(ids.shape) if size > 1]
    channels = [axis for axis in range(1, len(shape)) if axis not in places]
    count = int(np.prod([shape[axis].get_length() for axis in channels]))
    channels_first = max(channels, default=0) < min(places)
    if not channels_first and places != list(range(1, len(places) + 1)):
        feature = ops.transpose(feature, ops.constant([0, *places, *channels]))
    flat = [0, count, -1] if channels_first else [0, -1, count]
    return Rows(ops.reshape(feature, ops.constant(flat), special_zero=True), channels_first, count)


def row_inputs(graph: ModelGraph, source: TensorId, positions: Positions, grid: GridSource) -> tuple[ov.Node, ov.Node]:
    """Inputs for the target and for what tells the grid, both of any batch and of any sizes along its axes."""
    target = graph.output(source)
    places = {axis for axis, size in enumerate(positions.ids.shape) if size > 1} | {0}
    if grid.tensor == source:
        places |= set(grid.axes)
    feature = any_size(target, places, "target")
    if grid.tensor == source:
        return feature, feature
    return feature, any_size(graph.output(grid.tensor), {0, *grid.axes}, "sizes")


def in_raster_order(values: ov.Node, positions: Positions, grid: GridSource) -> ov.Node:
    """Values [N,P,...] of the rows, in raster order and without kept tokens."""
    order, kept = _order(positions)
    if not _follows(order, kept, grid):
        return ops.gather(values, ops.constant(order), ops.constant(1))
    if kept:
        return ops.slice(values, *(ops.constant([number]) for number in (kept, np.iinfo(np.int64).max, 1, 1)))
    return values


def is_in_raster_order(positions: Positions, grid: GridSource) -> bool:
    """Whether rows are in raster order as they are, whatever the grid, and all of them are positions."""
    order, kept = _order(positions)
    return not kept and _follows(order, kept, grid)


def as_map(
    values: ov.Node, telling: ov.Node | ov.Output, positions: Positions, grid: GridSource, per_class: bool = False
) -> ov.Output:
    """Values [N,P,1] f32 in raster order as a map [N,h,w], or [N,K,P] as [N,K,h,w] `per_class`.

    `telling`: the input that tells the grid.
    """
    follows, sizes = _follows(*_order(positions), grid), sizes_of(telling, grid.axes)
    kept = ops.constant([0, 0] if per_class else [0])
    pattern = ops.concat([kept, sizes if follows else ops.constant(list(positions.grid))], 0)
    saliency = ops.reshape(values, pattern, special_zero=True).output(0)
    return saliency if follows else guarded(saliency, sizes, grid.sizes)


def _order(positions: Positions) -> tuple[npt.NDArray[np.int64], int]:
    """The rows of the positions in raster order, and how many tokens are kept."""
    kept = int((positions.ids == NOWHERE).sum())
    return np.argsort(positions.ids.reshape(-1), kind="stable")[kept:], kept


def _follows(order: npt.NDArray[np.int64], kept: int, grid: GridSource) -> bool:
    """Whether rows are in raster order behind the kept tokens, whatever the grid."""
    return grid.exact and np.array_equal(order, np.arange(kept, kept + order.size))
