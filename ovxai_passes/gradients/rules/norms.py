"""Norms, spelled out.

MVN                  y = (x - mean)/σ          gradient of x = (g - mean g - y·mean(g·y))/σ
GroupNormalization   the same over groups of channels, of g · scale
BatchNormInference   g · γ/sqrt(var + ε)
NormalizeL2          y = x/n                   (g - y·sum(g·y))/n
LRN                  y = x/d^β, d = bias + α/size·sum of x² over neighbours
g/d^β - 2αβ/size · x · sum over neighbours of g·y/d
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.gradients.context import Context, Tensor, declined, ints, rank_of, size_of


def mvn(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """See the module."""
    (gradient,) = cotangents
    assert gradient is not None
    attributes, source = node.get_attributes(), node.input_value(0)
    if node.get_input_size() < 2:
        raise declined(node, "it is of version 0, which names no axes")
    axes = [int(axis) % rank_of(source) for axis in context.known(node, 1, "its axes").reshape(-1)]
    if not attributes["normalize_variance"]:
        return [ops.subtract(gradient, ops.reduce_mean(gradient, ints(context.axes(axes, rank_of(source))), True))]
    inside = str(attributes["eps_mode"]).lower() == "inside_sqrt"
    return [_unnormed(context, (source, node.output(0)), gradient, axes, float(attributes["eps"]), inside)]


def _unnormed(  # noqa: PLR0913, PLR0917  # what the equation reads
    context: Context,
    xy: tuple[Tensor, Tensor],
    gradient: Tensor,
    axes: list[int],
    epsilon: float,
    inside: bool = True,
) -> ov.Node:
    (x, y), rank = xy, rank_of(xy[0])
    own, led = ints(axes), ints(context.axes(axes, rank))
    apart = ops.subtract(x, ops.reduce_mean(x, own, True))
    variance = ops.reduce_mean(ops.multiply(apart, apart), own, True)
    small = context.number(epsilon, gradient)
    centred = ops.subtract(gradient, ops.reduce_mean(gradient, led, True))
    along = ops.reduce_mean(ops.multiply(gradient, y), led, True)
    if inside:
        sigma = ops.sqrt(ops.add(variance, small))
        return ops.divide(ops.subtract(centred, ops.multiply(y, along)), sigma)
    sigma = ops.sqrt(variance)
    return ops.subtract(ops.divide(centred, ops.add(sigma, small)), ops.multiply(y, ops.divide(along, sigma)))


def group_normalization(
    context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]
) -> Sequence[Tensor | None]:
    """See the module. The groups are laid out as [N,G,-1]."""
    (gradient,) = cotangents
    assert gradient is not None
    if context.needs(node, 1) or context.needs(node, 2):
        raise declined(node, "its scale or its shift depends on the tensor")
    source, scale = node.input_values()[:2]
    groups, epsilon = int(node.get_attributes()["num_groups"]), float(node.get_attributes()["epsilon"])
    scaled = ops.multiply(gradient, _by_channel(scale, rank_of(source)))
    x = ops.reshape(source, ints([0, groups, -1]), special_zero=True)
    g = ops.reshape(scaled, ints([0] * (context.lead + 1) + [groups, -1]), special_zero=True)
    apart = ops.subtract(x, ops.reduce_mean(x, ints([2]), True))
    variance = ops.reduce_mean(ops.multiply(apart, apart), ints([2]), True)
    y = ops.divide(apart, ops.sqrt(ops.add(variance, context.number(epsilon, gradient))))
    found = _unnormed(context, (x, y), g, [2], epsilon)
    return [context.shaped(found, source)]


def _by_channel(values: Tensor, rank: int) -> ov.Node:
    """[C] as [C,1,...], to broadcast along axis 1 of a tensor."""
    return ops.reshape(values, ints([-1, *[1] * (rank - 2)]), special_zero=False)


def batch_norm(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """See the module."""
    (gradient,) = cotangents
    if any(context.needs(node, port) for port in range(1, 5)):
        raise declined(node, "its scale or its statistics depend on the tensor")
    gamma, variance = node.input_value(1), node.input_value(4)
    epsilon = context.number(float(node.get_attributes()["epsilon"]), gamma)
    scale = ops.divide(gamma, ops.sqrt(ops.add(variance, epsilon)))
    return [ops.multiply(gradient, _by_channel(scale, rank_of(node)))]


def normalize_l2(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """See the module. Where the largest of n² and ε is ε, g/n alone."""
    (gradient,) = cotangents
    assert gradient is not None
    x, y, attributes = node.input_value(0), node.output(0), node.get_attributes()
    axes = [int(axis) % rank_of(x) for axis in context.known(node, 1, "its axes").reshape(-1)]
    if not axes:
        raise declined(node, "it names no axes")
    squares = ops.reduce_sum(ops.multiply(x, x), ints(axes), True)
    small = context.number(float(attributes["eps"]), x)
    largest = str(attributes["eps_mode"]).lower() == "max"
    norm = ops.sqrt(ops.maximum(squares, small) if largest else ops.add(squares, small))
    along = ops.reduce_sum(ops.multiply(gradient, y), ints(context.axes(axes, rank_of(x))), True)
    if largest:
        along = ops.select(ops.greater(squares, small), along, context.number(0, gradient))
    return [ops.divide(ops.subtract(gradient, ops.multiply(y, along)), norm)]


def lrn(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """See the module. Neighbours along an axis are a band matrix."""
    (gradient,) = cotangents
    assert gradient is not None
    x, y, attributes = node.input_value(0), node.output(0), node.get_attributes()
    alpha, beta, bias, size = (float(attributes[name]) for name in ("alpha", "beta", "bias", "size"))
    axes = [int(axis) % rank_of(x) for axis in context.known(node, 1, "its axes").reshape(-1)]
    weight = alpha / size ** len(axes)
    bands = [_band(node, axis, int(size)) for axis in axes]
    near: Tensor = ops.multiply(x, x)
    for axis, band in zip(axes, bands, strict=True):
        near = context.linear(near, band, axis)
    d = ops.add(ops.multiply(near, context.number(weight, x)), context.number(bias, x))
    back: Tensor = ops.multiply(gradient, ops.divide(y, d))
    for axis, band in zip(axes, bands, strict=True):
        back = context.linear(back, band, axis + context.lead)
    bent = ops.multiply(ops.multiply(x, back), context.number(2 * weight * beta, x))
    return [ops.subtract(ops.divide(gradient, ops.power(d, context.number(beta, x))), bent)]


def _band(node: ov.Node, axis: int, size: int) -> npt.NDArray[np.floating]:
    """1 where two places along an axis are neighbours."""
    count = size_of(node, axis)
    if count is None:
        raise declined(node, "the size of its axis is dynamic")
    places = np.arange(count)
    return (np.abs(places[:, None] - places[None]) <= size // 2).astype(np.float64)


RULES = {
    "BatchNormInference": batch_norm,
    "GroupNormalization": group_normalization,
    "LRN": lrn,
    "MVN": mvn,
    "NormalizeL2": normalize_l2,
}
