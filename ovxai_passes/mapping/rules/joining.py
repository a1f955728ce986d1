"""Concat of tensors of which the mask weighs some.

Positionwise   the ids are joined; what the mask leaves alone is a kept token there. For pieces that are 0 where the
               mask is 0
Batched        one axis further right; others take a mask axis
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.movement import Labels, collapse
from ovxai_patterns.analysis.positions import NOWHERE

from ovxai_passes.mapping.context import Context, filled, is_zero, zero_like
from ovxai_passes.mapping.values import Batched, Invariant, NoRuleError, Positionwise, Value


def joined(context: Context, node: ov.Node, inputs: list[Value], ones: list[ov.Output]) -> list[Value]:
    """See the module."""
    rank = len(ones[0].get_partial_shape())
    axis = int(node.get_attributes()["axis"]) % rank
    if not any(isinstance(value, Batched) for value in inputs):
        return [_of_positionwise(context, node, inputs, ones[0], axis)]
    pieces = []
    for value in inputs:
        if isinstance(value, Invariant):
            pieces.append(context.repeated(value.output))
        else:
            pieces.append(context.batched(value, rank).output)
    return [Batched(ops.concat(pieces, axis + 1).output(0))]


def _of_positionwise(context: Context, node: ov.Node, inputs: list[Value], one: ov.Output, axis: int) -> Positionwise:
    positionwise = [value for value in inputs if isinstance(value, Positionwise)]
    if not all(is_zero(value.values[0]) for value in positionwise):
        raise NoRuleError("Concat of tensors that are not 0 where the mask is 0")
    if axis == 0 and one.get_partial_shape()[0].is_dynamic:
        raise NoRuleError("Concat along a dynamic batch")
    if one.get_partial_shape()[axis].is_dynamic:
        context.one_grid("Concat along positions")
    if len({value.weights for value in positionwise}) > 1:
        inputs = [context.levelled(value) if isinstance(value, Positionwise) else value for value in inputs]
    weights = next(value.weights for value in inputs if isinstance(value, Positionwise))
    sources = context.graph.inputs_of(context.graph.place_of(node))
    shapes = [context.shape_of(source) for source in sources]
    ids = _joined_ids(inputs, shapes, axis)
    values = [zero_like(one, ids.ndim)]
    everywhere = tuple(range(1, ids.ndim))
    for place in range(1, len(weights) - 1):
        pieces = [
            filled(value.values[place], value.values[-1], everywhere)
            if isinstance(value, Positionwise)
            else value.output
            for value in inputs
            if not isinstance(value, Batched)
        ]
        values.append(ops.concat(pieces, axis).output(0))
    return Positionwise(ids, weights, (*values, one))


def _joined_ids(inputs: list[Value], shapes: list[list[int]], axis: int) -> Labels:
    found = [value.ids if isinstance(value, Positionwise) else None for value in inputs]
    rank = len(shapes[0])
    sizes = [max(1 if ids is None else ids.shape[place] for ids in found) for place in range(rank)]
    pieces = []
    for ids, shape in zip(found, shapes, strict=True):
        full = [shape[place] if place == axis else size for place, size in enumerate(sizes)]
        pieces.append(np.full(full, NOWHERE, np.int32) if ids is None else np.broadcast_to(ids, full))
    return collapse(np.concatenate(pieces, axis))
