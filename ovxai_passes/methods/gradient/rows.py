"""A feature map and the gradients for it as rows: what weights are computed from, and the map that they give.

    F [N,..] ─▶ rows [N,P,C] or [N,C,P] ─┐
    G [k,N,..] ─▶ rows [k,N,P,C] ────────┴─▶ weights W ─▶ sum over C of W ⊙ F ─▶ S [N,k,h,w]

Kept tokens are left out before anything is summed over positions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.grid_source import GridSource
from ovxai_patterns.analysis.positions import Positions

from ovxai_passes.errors import NoGradientError
from ovxai_passes.gradients.context import Tensor, output_of, rank_of
from ovxai_passes.mapping.rows import Rows, as_map, as_rows, in_raster_order, is_in_raster_order


@dataclass(frozen=True)
class GradientRows:
    """`features` and `gradients`, f32, of shapes that broadcast, with their axes of positions and of channels."""

    features: ov.Node
    gradients: ov.Node
    positions: ov.Node
    channels: ov.Node


Weights: TypeAlias = Callable[[GradientRows], ov.Node]
"""Of a method: what each value of the feature map counts for; of a shape that broadcasts to that of the gradients."""


def weighted_map(
    feature: ov.Output, gradient: Tensor, telling: ov.Output, layout: tuple[Positions, GridSource], weights: Weights
) -> ov.Output:
    """S [N,k,h,w] f32 of a feature map and its gradients, [k,*shape], or of its own shape for one class."""
    positions, grid = layout
    lead = rank_of(gradient) - rank_of(feature)
    own, flat = _rows(feature, layout), _rows(_in_batch(output_of(gradient), lead), layout)
    features, gradients = own.value, flat.value
    first = own.channels_first
    if lead:
        sizes = [flat.channels, -1] if first else [-1, flat.channels]
        front = ops.slice(ops.shape_of(gradient, "i64"), *(ops.constant([number]) for number in (0, 2, 1, 0)))
        gradients = ops.reshape(gradients, ops.concat([front, ops.constant(sizes)], 0), False)
        features = ops.unsqueeze(features, ops.constant([0]))
    axes = ops.constant([-1]), ops.constant([-2])
    rows = GradientRows(features, gradients, *(axes if first else axes[::-1]))
    scores = ops.reduce_sum(ops.multiply(weights(rows), features), rows.channels, False)
    scores = ops.transpose(scores, ops.constant([1, 0, 2])) if lead else ops.unsqueeze(scores, ops.constant([1]))
    return as_map(scores, telling, positions, grid, per_class=True)


def _in_batch(gradient: ov.Output, lead: int) -> ov.Node:
    """Gradients [k,N,...] as one batch [k·N,...]."""
    if not lead:
        return _f32(gradient)
    rest = ops.slice(ops.shape_of(gradient, "i64"), *(ops.constant([number]) for number in (2, 1 << 30, 1, 0)))
    return _f32(ops.reshape(gradient, ops.concat([ops.constant([-1]), rest], 0), False).output(0))


def _rows(tensor: ov.Output | ov.Node, layout: tuple[Positions, GridSource]) -> Rows:
    """Rows in raster order, without kept tokens."""
    positions, grid = layout
    shape = output_of(tensor).get_partial_shape()
    if any(shape[axis].is_dynamic for axis, size in enumerate(positions.ids.shape) if axis and size == 1):
        raise NoGradientError("the number of channels of the target layer is not known before inference")
    rows = as_rows(_f32(output_of(tensor)), positions)
    if is_in_raster_order(positions, grid):
        return rows
    value = ops.transpose(rows.value, ops.constant([0, 2, 1])) if rows.channels_first else rows.value
    return Rows(in_raster_order(value, positions, grid), False, rows.channels)


def _f32(tensor: ov.Output) -> ov.Node:
    return ops.convert(tensor, "f32")  # goes where it changes nothing
