"""The tokens of one map among those of several, one map after the other, in a tensor of rank 3.

    tokens [N,T,C] ─▶ VariadicSplit by h*w of each map ─▶ those of one map

The maps' heights and widths are those of the inference; where they are not all of the tokens, the split throws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.grid_maps import GridMap

from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.sizes import sizes_of


def tokens_of(value: ov.Node | ov.Output, axis: int, grids: Sequence[ov.Node], place: int) -> tuple[ov.Output, ov.Node]:
    """The tokens along an axis that are of the map at `place`, and its grid; `grids`: [2] i64 each."""
    counts = ops.concat([ops.reduce_prod(grid, ops.constant([0]), keep_dims=True) for grid in grids], 0)
    return ops.variadic_split(value, ops.constant(axis), counts).output(place), grids[place]


def grids_of(maps: Sequence[GridMap], read: Callable[[TensorId], ov.Node | ov.Output]) -> list[ov.Node]:
    """(h, w) of maps, [2] i64 each; `read`: a tensor, or the branch's input for it."""
    return [sizes_of(read(one.tensor), one.axes) for one in maps]


def token_map(
    graph: ModelGraph,
    source: TensorId,
    maps: Sequence[GridMap],
    place: int,
    scores_of: Callable[[ov.Node], ov.Node],
) -> Branch:
    """A map [N,h,w] f32 of the tokens of one of several maps in a tensor [N,T,C] of a model.

    `scores_of`: what a method makes of the rows [N,P,C] f32 of that map, [N,P,1] f32.
    """
    inputs: dict[TensorId, ov.Node] = {}

    def read(tensor: TensorId) -> ov.Node:
        if tensor not in inputs:
            output = graph.output(tensor)
            inputs[tensor] = ops.parameter(output.get_partial_shape(), output.get_element_type())
        return inputs[tensor]

    feature = read(source)
    part, grid = tokens_of(feature, 1, grids_of(maps, read), place)
    scores = scores_of(ops.convert(part, "f32"))  # goes where it changes nothing
    saliency = ops.reshape(scores, ops.concat([ops.constant([0]), grid], 0), special_zero=True)
    return Branch(ov.Model([ops.result(saliency)], list(inputs.values()), "branch"), tuple(inputs))
