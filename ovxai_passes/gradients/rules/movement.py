"""The same elements elsewhere: the gradient goes back where they came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.gradients.context import Context, Tensor, declined, ints, output_of, rank_of, size_of
from ovxai_passes.ops.nodes import clone_with_inputs


def reshape(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """Reshape, Squeeze, Unsqueeze: the shape that the input has."""
    (gradient,) = cotangents
    assert gradient is not None
    return [context.shaped(gradient, node.input_value(0))]


def transpose(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """The inverse order of axes."""
    (gradient,) = cotangents
    order = [int(axis) for axis in context.known(node, 1, "its order of axes")]
    if not order:
        order = list(reversed(range(rank_of(node))))
    inverse = context.axes(np.argsort(order).tolist(), len(order))
    return [ops.transpose(gradient, ints([*range(context.lead), *inverse]))]


def roll(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """As far to the other side."""
    (gradient,) = cotangents
    shift = context.known(node, 1, "its shift").reshape(-1)
    axes = context.axes([int(axis) for axis in context.known(node, 2, "its axes").reshape(-1)], rank_of(node))
    return [ops.roll(gradient, ints((-shift).tolist()), ints(axes))]


def shuffle_channels(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """[G, C/G] turned; back: [C/G, G] turned."""
    (gradient,) = cotangents
    attributes = node.get_attributes()
    axis, size = int(attributes["axis"]) % rank_of(node), size_of(node, int(attributes["axis"]) % rank_of(node))
    if size is None:
        raise declined(node, "the number of its channels is dynamic")
    return [ops.shuffle_channels(gradient, axis + context.lead, size // int(attributes["group"]))]


def between_depth_and_space(back: str) -> Callable[..., Sequence[Tensor | None]]:
    """DepthToSpace and SpaceToDepth undo each other."""

    def rule(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
        (gradient,) = cotangents
        assert gradient is not None
        attributes = node.get_attributes()
        made = getattr(ops, back)(context.in_batch(gradient), attributes["mode"], int(attributes["block_size"]))
        return [context.out_of_batch(made, gradient)]

    return rule


def tile(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """The sum of the copies: [r·n] laid out as [r,n], summed over r."""
    (gradient,) = cotangents
    assert gradient is not None
    source = node.input_value(0)
    repeats = [int(count) for count in context.known(node, 1, "its repeats")]
    repeats = [1] * (rank_of(node) - len(repeats)) + repeats
    missing = rank_of(node) - rank_of(source)
    parts, summed = [ints([0])] * context.lead, list[int]()
    for axis, count in enumerate(repeats):
        if count != 1 or axis < missing:
            summed.append(len(parts))
            parts.append(ints([count]))
        if axis >= missing:
            parts.append(context.sizes(source, [axis - missing]))
    if not summed:
        return [gradient]
    laid_out = ops.reshape(gradient, context.concat(parts), special_zero=bool(context.lead))
    return [ops.reduce_sum(laid_out, ints(summed), False)]


def broadcast(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """The sum over what was repeated."""
    (gradient,) = cotangents
    assert gradient is not None
    source = node.input_value(0)
    if str(node.get_attributes()["mode"]).lower() == "explicit":
        mapped = [int(axis) for axis in context.known(node, 2, "its axes")]
        others = [axis for axis in range(rank_of(node)) if axis not in mapped]
        if others:
            gradient = ops.reduce_sum(gradient, ints(context.axes(others, rank_of(node))), False)
    return [context.unbroadcast(gradient, source)]


def cum_sum(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """The sum from the other end."""
    (gradient,) = cotangents
    rank = rank_of(node)
    axis = ops.constant(np.int64(context.axes([int(context.known(node, 1, "its axis").item())], rank)[0]))
    reverse = not node.get_attributes()["reverse"]
    return [clone_with_inputs(node, [output_of(gradient), axis.output(0)], reverse=reverse)]


RULES = {
    "Broadcast": broadcast,
    "CumSum": cum_sum,
    "DepthToSpace": between_depth_and_space("space_to_depth"),
    "Reshape": reshape,
    "Roll": roll,
    "ShuffleChannels": shuffle_channels,
    "SpaceToDepth": between_depth_and_space("depth_to_space"),
    "Squeeze": reshape,
    "Tile": tile,
    "Transpose": transpose,
    "Unsqueeze": reshape,
}
