"""Poolings and resizing.

AvgPool        g / (number of elements that count), added to every element of the window: a transposed convolution
MaxPool        g to the first largest element of the window, as torch has it
all places     g, repeated
AdaptiveAvgPool, Interpolate   a matrix for each axis, transposed
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.gradients.context import Context, Tensor, declined, ints, output_of, rank_of, size_of
from ovxai_passes.gradients.windows import Windows, scattered, windows_of
from ovxai_passes.ops.constants import constant_like
from ovxai_passes.ops.precision import F32


def average(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """See the module."""
    (gradient,) = cotangents
    assert gradient is not None
    source, windows = node.input_value(0), windows_of(node, node.get_attributes()["kernel"])
    if _is_whole(source, windows):
        return [context.spread(ops.divide(gradient, context.number(prod(windows.kernel), gradient)), source)]
    element = output_of(gradient).get_element_type()
    counted = ops.divide(gradient, _counts(context, node, windows, element))
    batch = context.in_batch(counted)
    channels = size_of(source, 1)
    if channels is None:
        raise declined(node, "the number of its channels is dynamic")
    ones = constant_like(np.ones((channels, 1, 1, *windows.kernel)), element)
    return [context.out_of_batch(scattered(context, batch, ones, windows, source), gradient)]


def _is_whole(source: ov.Output, windows: Windows) -> bool:
    """Whether there is one window, which takes in everything."""
    sizes = [size_of(source, axis + 2) for axis in range(windows.places)]
    return sizes == list(windows.kernel) and not any((*windows.begin, *windows.end))


def _counts(context: Context, node: ov.Node, windows: Windows, element: ov.Type) -> ov.Node:
    """How many elements each window averages: all, or those that are there; [1,1,out], or a number."""
    attributes = node.get_attributes()
    leaves_out = bool(attributes["exclude-pad"]) and any((*windows.begin, *windows.end))
    if not leaves_out and str(attributes["rounding_type"]).lower() == "floor":
        return constant_like(np.array(prod(windows.kernel)), element)
    rank = rank_of(node)
    front = ints([1, 1])
    shape = context.concat([front, context.sizes(node.input_value(0), range(2, rank))])
    ones = ops.broadcast(constant_like(np.ones((1,) * rank), element), shape)
    begin, end = list(windows.begin), list(windows.end)
    if not leaves_out:  # padding counts, but not what lies behind it
        ones = ops.pad(ones, ints([0, 0, *begin]), ints([0, 0, *end]), "constant", constant_like(np.ones(()), element))
        begin, end = [0] * windows.places, [0] * windows.places
    further = list(windows.strides) if str(attributes["rounding_type"]).lower() != "floor" else [0] * windows.places
    end = [pad + more for pad, more in zip(end, further, strict=True)]
    kernel = constant_like(np.ones((1, 1, *windows.kernel)), element)
    counts = ops.convolution(ones, kernel, list(windows.strides), begin, end, [1] * windows.places)
    axes = list(range(2, rank))
    zeros, steps = ints([0] * len(axes)), ints([1] * len(axes))
    return ops.slice(counts, zeros, context.sizes(node.output(0), axes), steps, ints(axes)) if any(further) else counts


def largest(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """See the module. Windows are laid out by a convolution with filters of one 1 each, and back by its transpose."""
    gradient = cotangents[0]
    if gradient is None:
        return [None]
    source, windows = node.input_value(0), windows_of(node, node.get_attributes()["kernel"])
    channels = size_of(source, 1)
    if channels is None:
        raise declined(node, "the number of its channels is dynamic")
    element, count, places = output_of(gradient).get_element_type(), prod(windows.kernel), windows.places
    values: Tensor = source
    if source.get_element_type() != element:
        values = ops.convert(source, element.get_type_name())
    padded = _padded(context, values, node, windows)
    bare = replace(windows, begin=(0,) * places, end=(0,) * places)
    one_each = np.tile(np.eye(count).reshape(count, 1, *windows.kernel), (channels, 1, 1, *[1] * places))
    filters = constant_like(one_each.reshape(channels, count, 1, *windows.kernel), element)
    none = [0] * places
    laid_out = ops.group_convolution(padded, filters, list(bare.strides), none, none, list(bare.dilations))
    axes = list(range(2, rank_of(source)))
    laid_out = ops.slice(laid_out, ints(none), context.sizes(node.output(0), axes), ints([1] * places), ints(axes))
    split = _by_window(context, laid_out, node.output(0), channels, count)
    chosen = _first_largest(context, split, count)
    weighed = ops.multiply(ops.unsqueeze(gradient, ints([context.lead + 2])), chosen)
    batch = context.in_batch(weighed)
    joined = _joined(context, batch, channels * count)
    found = scattered(context, joined, filters, bare, output_of(padded))
    starts = ints(windows.begin)
    stops = ops.add(context.sizes(source, axes), starts)
    found = ops.slice(found, starts, stops, ints([1] * places), ints(axes))
    return [context.out_of_batch(found, gradient)]


def _padded(context: Context, values: Tensor, node: ov.Node, windows: Windows) -> Tensor:
    """With the lowest numbers around, as far as the last window reaches."""
    up = str(node.get_attributes()["rounding_type"]).lower() != "floor"
    end = [pad + (step - 1 if up else 0) for pad, step in zip(windows.end, windows.strides, strict=True)]
    if not any((*windows.begin, *end)):
        return values
    lowest = -6e4 if output_of(values).get_element_type() == ov.Type.f16 else -1e30
    around = ints([0, 0, *windows.begin]), ints([0, 0, *end])
    return ops.pad(values, *around, "constant", context.number(lowest, values))


def _by_window(context: Context, laid_out: ov.Node, result: ov.Output, channels: int, count: int) -> ov.Node:
    """[N,C·w,out] → [N,C,w,out]."""
    rest = context.sizes(result, range(2, rank_of(result)))
    return ops.reshape(laid_out, context.concat([ints([0, channels, count]), rest]), special_zero=True)


def _joined(context: Context, batch: Tensor, channels: int) -> ov.Node:
    """[N,C,w,out] → [N,C·w,out]."""
    rest = context.sizes(output_of(batch), range(3, rank_of(batch)))
    return ops.reshape(batch, context.concat([ints([0, channels]), rest]), special_zero=True)


def _first_largest(context: Context, split: ov.Node, count: int) -> ov.Node:
    """1 at the first largest element along axis 2: the equal ones are numbered downwards, and the top one wins."""
    axis = ints([2])
    element = split.get_output_element_type(0)
    shape = [1, 1, count, *[1] * (rank_of(split) - 3)]
    numbers = constant_like(np.arange(count, 0, -1).reshape(shape), element)
    equal = ops.equal(split, ops.reduce_max(split, axis, True))
    numbered = ops.select(equal, numbers, context.number(0, split))
    first = ops.equal(numbered, ops.reduce_max(numbered, axis, True))
    return ops.select(first, context.number(1, split), context.number(0, split))


def adaptive_average(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """Cell i of m averages places floor(i·n/m) to ceil((i+1)·n/m) - 1 of n."""
    (gradient,) = cotangents
    assert gradient is not None
    source, found = node.input_value(0), gradient
    places = list(range(2, rank_of(source)))
    if all(size_of(node, axis) == 1 for axis in places):
        return [context.spread(ops.divide(gradient, context.count(source, places, gradient)), source)]
    for axis in places:
        size, cells = size_of(source, axis), size_of(node, axis)
        if size is None or cells is None:
            raise declined(node, "its sizes are dynamic")
        matrix = np.zeros((cells, size))
        for cell in range(cells):
            start, stop = cell * size // cells, -(-(cell + 1) * size // cells)
            matrix[cell, start:stop] = 1 / (stop - start)
        found = context.linear(found, matrix, axis + context.lead)
    return [found]


def interpolate(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """Resizing is a product with a matrix along each axis; it is found by resizing the identity matrix."""
    (gradient,) = cotangents
    assert gradient is not None
    source, found = node.input_value(0), gradient
    if node.get_type_info().version_id == "opset1":
        raise declined(node, "it is of version 0")
    for axis in range(rank_of(source)):
        sizes = size_of(source, axis), size_of(node, axis)
        if sizes[0] is None and sizes[1] is None and axis < 2:
            continue  # the batch
        if sizes[0] is None or sizes[1] is None:
            raise declined(node, "its sizes are dynamic")
        if sizes[0] != sizes[1] or _has_pads(node):
            found = context.linear(found, _resized_identity(context, node, axis), axis + context.lead)
    return [found]


def _has_pads(node: ov.Node) -> bool:
    attributes = node.get_attributes()
    return any((*attributes["pads_begin"], *attributes["pads_end"]))


def _resized_identity(context: Context, node: ov.Node, axis: int) -> npt.NDArray[np.floating]:
    """[resized, given]: row i holds what the given elements weigh in element i."""
    size, wanted = size_of(node.input_value(0), axis), size_of(node, axis)
    assert size is not None
    assert wanted is not None
    if _has_pads(node):
        raise declined(node, "it pads before it resizes")
    attributes = node.get_attributes()
    by_scale = attributes["shape_calculation_mode"] == "scales"
    target = ints([wanted, 1])
    if by_scale:
        target = ops.constant(np.array([_scale(context, node, axis), 1], np.float32))
    along = ops.parameter([size, 1, size, 1], np.float32)
    resized = ops.interpolate(
        along,
        target,
        "linear_onnx" if attributes["mode"] == "linear" and not attributes["antialias"] else attributes["mode"],
        attributes["shape_calculation_mode"],
        coordinate_transformation_mode=attributes["coordinate_transformation_mode"],
        nearest_mode=attributes["nearest_mode"],
        antialias=attributes["antialias"],
        cube_coeff=attributes["cube_coeff"],
        axes=ints([2, 3]),
    )
    compiled = ov.compile_model(ov.Model([ops.result(resized)], [along]), "CPU", F32)  # 2025.0 does not evaluate it
    return np.array(compiled(np.eye(size, dtype=np.float32).reshape(size, 1, size, 1))[0]).reshape(size, wanted).T


def _scale(context: Context, node: ov.Node, axis: int) -> float:
    """The factor along an axis; version 4 has sizes and scales beside each other, version 11 the ones asked for."""
    port = 2 if node.get_type_info().version_id == "opset4" else 1
    axes = list(range(rank_of(node)))
    if node.get_input_size() > port + 1:
        axes = [int(one) % len(axes) for one in context.known(node, port + 1, "its axes")]
    scales = context.folded(node.input_value(port))
    if scales is None:
        raise declined(node, "its scales are computed at inference")
    return float(scales.reshape(-1)[axes.index(axis)])


RULES = {
    "AdaptiveAvgPool": adaptive_average,
    "AvgPool": average,
    "Interpolate": interpolate,
    "MaxPool": largest,
}
