"""Tensors of class heads, level by level, as rows of channels, and rows as such tensors again.

    [N,C,h,w], [N,h,w,C], [N,T,C] or [N,C,T] of one level  ⇄  [N,C,P],  P = h·w cells in raster order

T: tokens of all levels in the tensor, one level after the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.detector.class_heads import Level

from ovxai_passes.errors import NoGradientError
from ovxai_passes.methods.gradient.differentiated import as_cotangent
from ovxai_passes.methods.tokens import grids_of, tokens_of

_MAP = 4  # axes


def rows_of(graph: ModelGraph, tensor: TensorId, axis: int, level: Level) -> ov.Output:
    """[N,C,P] f32 of the places of a level; `axis`: that of the channels.

    Raises NoGradientError where the places of the level among tokens are not known.
    """
    output = graph.output(tensor)
    value: ov.Node | ov.Output = output if output.get_element_type() == ov.Type.f32 else ops.convert(output, "f32")
    if len(output.get_partial_shape()) == _MAP:
        laid = value if axis == 1 else ops.transpose(value, ops.constant([0, 3, 1, 2]))
        return ops.reshape(laid, ops.constant([0, 0, -1]), special_zero=True).output(0)
    tokens = value if axis == 1 else ops.transpose(value, ops.constant([0, 2, 1]))
    if level.maps is not None:
        part, _ = tokens_of(tokens, 2, grids_of(level.maps, graph.output), level.place)
        return part
    if output.get_partial_shape()[3 - axis].is_dynamic:
        name = output.get_node().get_friendly_name()
        raise NoGradientError(f"which tokens of {name!r} are of which map is not known for pictures of other sizes")
    ends = (level.first, level.first + level.grid[0] * level.grid[1], 1, 2)
    return ops.slice(tokens, *(ops.constant([number]) for number in ends)).output(0)


def as_head(graph: ModelGraph, tensor: TensorId, axis: int, levels: Sequence[ov.Node], count: int) -> ov.Output:
    """A cotangent of a tensor, of its type, from rows [N,k,C,P] of each level in it, in their order.

    Of its shape, with the `count` of classes, k, in front where there are several.
    """
    output = graph.output(tensor)
    value = levels[0] if len(levels) == 1 else ops.concat(list(levels), 3)
    laid = ops.transpose(value, ops.constant([1, 0, 2, 3] if axis == 1 else [1, 0, 3, 2]))
    return as_cotangent(laid, output, count)
