"""Elements put into a tensor: y = x with u at the indices.

    gradient of x = g with 0 at the indices        gradient of u = g at the indices

Indices that are given twice decline: which of them is put in last is not defined.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.gradients.context import Context, Tensor, declined, ints, output_of, rank_of
from ovxai_passes.ops.constants import constant_like


def update(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """ScatterUpdate: whole slices along an axis."""
    (gradient,) = cotangents
    assert gradient is not None
    axis = int(context.known(node, 3, "its axis").item()) % rank_of(node)
    place = ops.constant(np.int64(axis + context.lead))
    indices = node.input_value(1)
    _refuse_twice(context, node)
    found: list[Tensor | None] = [None] * 3
    if context.needs(node, 0):
        ones = _like(1, context.sizes(node.output(0), [axis]), gradient)
        zeros = _like(0, context.sizes(indices), gradient)
        kept: Tensor = ops.scatter_update(ones, indices, zeros, ops.constant(np.int64(0)))
        kept = ops.reshape(kept, ints([-1, *[1] * (rank_of(node) - axis - 1)]), special_zero=False)
        found[0] = ops.multiply(gradient, kept)
    if context.needs(node, 2):
        found[2] = ops.gather(gradient, indices, place)
    return found


def update_by_number(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """ScatterNDUpdate: whole slices along the first axes. A leading axis is the last one meanwhile."""
    (gradient,) = cotangents
    assert gradient is not None
    if node.get_attributes().get("reduction", "none") != "none":
        raise declined(node, "it adds to what is there")
    indices = node.input_value(1)
    _refuse_twice(context, node)
    found: list[Tensor | None] = [None] * 3
    if context.needs(node, 0):
        ones = _like(1, context.sizes(node.output(0)), gradient)
        zeros = _like(0, context.sizes(node.input_value(2)), gradient)
        found[0] = ops.multiply(gradient, ops.scatter_nd_update(ones, indices, zeros))
    if context.needs(node, 2):
        rank = rank_of(gradient)
        turned = ops.transpose(gradient, ints([*range(1, rank), 0])) if context.lead else gradient
        taken = ops.gather_nd(turned, indices)
        last = rank_of(taken) - 1
        found[2] = ops.transpose(taken, ints([last, *range(last)])) if context.lead else taken
    return found


def _like(value: float, shape: ov.Node, gradient: Tensor) -> ov.Node:
    return ops.broadcast(constant_like(np.array(value), output_of(gradient).get_element_type()), shape)


def _refuse_twice(context: Context, node: ov.Node) -> None:
    known = context.folded(node.input_value(1))
    if known is None:
        raise declined(node, "its indices are computed at inference")
    rows = known.reshape(-1, 1) if node.get_type_name() == "ScatterUpdate" else known.reshape(-1, known.shape[-1])
    if len(np.unique(rows, axis=0)) < len(rows):
        raise declined(node, "an index is given twice")


RULES = {"ScatterNDUpdate": update_by_number, "ScatterUpdate": update}
