"""Convolutions: the gradient is the transposed convolution with the same filters, and the other way round.

    y = Convolution(x, W)               gradient of x = ConvolutionBackpropData(g, W)
    y = ConvolutionBackpropData(x, W)   gradient of x = Convolution(g, W)

k cotangents are one batch. Filters that are computed from the tensor have no gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.gradients.context import Context, Tensor, declined, ints, output_of, rank_of, size_of
from ovxai_passes.gradients.weights import reread
from ovxai_passes.gradients.windows import Windows, scattered, windows_of
from ovxai_passes.ops.constants import constant_like


def convolution(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """See the module."""
    (gradient,) = cotangents
    assert gradient is not None
    windows = windows_of(node, _kernel(context, node))
    filters, scaled = reread(context, node.input_value(1), gradient, windows.places)
    found = scattered(context, context.in_batch(scaled), filters, windows, node.input_value(0))
    return [context.out_of_batch(found, gradient)]


def transposed(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """See the module. What `output_padding` adds at the end is left out."""
    (gradient,) = cotangents
    assert gradient is not None
    windows = windows_of(node, _kernel(context, node))
    begin, end = _transposed_padding(node, windows)
    filters, scaled = reread(context, node.input_value(1), gradient, windows.places)
    batch = context.in_batch(scaled)
    cut = [max(-pad, 0) for pad in end]
    if any(cut):
        axes = [axis + 2 for axis in range(windows.places)]
        stops = ints([-size if size else 2**31 - 1 for size in cut])
        batch = ops.slice(batch, ints([0] * len(axes)), stops, ints([1] * len(axes)), ints(axes))
    make = ops.convolution if node.get_type_name() == "ConvolutionBackpropData" else ops.group_convolution
    found = make(
        batch,
        filters,
        list(windows.strides),
        begin,
        [max(pad, 0) for pad in end],
        list(windows.dilations),
    )
    return [context.out_of_batch(found, gradient)]


def _transposed_padding(node: ov.Node, windows: Windows) -> tuple[list[int], list[int]]:
    """What the gradient is padded with at the beginning and at the end; what is below 0 is left out there.

    Where padding follows from a given size, shape inference has put that of the beginning into the attributes.
    """
    attributes = node.get_attributes()
    begin = [int(pad) for pad in attributes["pads_begin"]]
    if node.get_input_size() == 2 and str(attributes["auto_pad"]).lower() == "explicit":
        extra = [int(pad) for pad in attributes["output_padding"]]
        return begin, [pad - more for pad, more in zip(windows.end, extra, strict=True)]
    end = []
    for axis, step in enumerate(windows.strides):
        own, wanted = size_of(node.output(0), axis + 2), size_of(node.input_value(0), axis + 2)
        if own is None or wanted is None:
            raise declined(node, "its padding depends on a size that is dynamic")
        end.append((wanted - 1) * step + windows.reach[axis] - own - begin[axis])
    return begin, end


def _kernel(context: Context, node: ov.Node) -> list[int]:
    if context.needs(node, 1):
        raise declined(node, "its filters are computed from the tensor")
    filters, places = node.input_value(1), rank_of(node.input_value(0)) - 2
    sizes = [size_of(filters, axis) for axis in range(rank_of(filters) - places, rank_of(filters))]
    if None in sizes:
        raise declined(node, "the size of its filters is dynamic")
    return [size or 0 for size in sizes]


def columns(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """Col2Im adds columns [N,C·w,L] to places: back, the w places of each window, laid out by filters of one 1 each."""
    (gradient,) = cotangents
    assert gradient is not None
    kernel = [int(size) for size in context.known(node, 2, "its window")]
    rows = size_of(node.input_value(0), rank_of(node.input_value(0)) - 2)
    if rows is None or rank_of(node) != len(kernel) + 2:
        raise declined(node, "the number of its channels is dynamic, or it has no batch")
    count, attributes = prod(kernel), node.get_attributes()
    one_each = np.tile(np.eye(count).reshape(1, count, 1, *kernel), (rows // count, 1, 1, 1, 1))
    filters = constant_like(one_each, output_of(gradient).get_element_type())
    numbers = [[int(one) for one in attributes[name]] for name in ("strides", "pads_begin", "pads_end", "dilations")]
    laid_out = ops.group_convolution(context.in_batch(gradient), filters, *numbers)
    flat = ops.reshape(laid_out, ints([0, rows, -1]), special_zero=True)
    return [context.out_of_batch(flat, gradient)]


RULES = {
    "Col2Im": columns,
    "Convolution": convolution,
    "ConvolutionBackpropData": transposed,
    "GroupConvolution": convolution,
    "GroupConvolutionBackpropData": transposed,
}
