"""Convolutions: 1x1, and with a kernel as large as the grid; pooling windows over the whole grid.

Positionwise   1x1: channels of one position: each value once. Kernel = grid: the kernel splits by position (one-hot),
S_p = conv(x_0) + (x_1 - x_0)[p] W[p]. Average or maximum over the whole grid: as a reduction
Batched        1x1 on [M,N,C,1,1]: a matrix product
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.mapping.context import Context, filled, is_zero
from ovxai_passes.mapping.rules.along_axes import pool
from ovxai_passes.mapping.values import Batched, Invariant, NoRuleError, Positionwise, Value

TYPES = frozenset({"Convolution"})


def convolution(context: Context, node: ov.Node, inputs: list[Value], ones: list[ov.Output]) -> list[Value]:
    """See the module."""
    value, kernel = inputs
    if not isinstance(kernel, Invariant) or len(ones[0].get_partial_shape()) != 4:
        raise NoRuleError("a convolution other than of pictures with fixed weights")
    size = kernel.output.get_shape()
    attributes = node.get_attributes()
    padded = any(attributes["pads_begin"]) or any(attributes["pads_end"])
    if tuple(size[2:]) == (1, 1):
        if isinstance(value, Batched):
            return [_as_matmul(context, value.output, kernel.output, list(ones[0].get_partial_shape()))]
        if isinstance(value, Positionwise) and list(attributes["strides"]) == [1, 1] and not padded:
            rows = [filled(row, value.values[-1], (1,)) for row in value.values[:-1]]
            values = [context.clone_with_inputs(node, [row, kernel.output]).output(0) for row in rows]
            return [Positionwise(value.ids, value.weights, (*values, ones[0]))]
    if isinstance(value, Positionwise) and value.ids.shape[2:] == tuple(size[2:]) and not padded:
        return [_by_position(context, node, value, kernel.output)]
    raise NoRuleError("a convolution that looks at several positions")


def _as_matmul(context: Context, data: ov.Output, kernel: ov.Output, result: list[ov.Dimension]) -> Batched:
    shape = data.get_partial_shape()
    if any(dim.is_dynamic or dim.get_length() != 1 for dim in list(shape)[3:]):
        raise NoRuleError("a 1x1 convolution of a batched tensor that has positions left")
    outputs, channels = kernel.get_shape()[:2]
    rows = ops.reshape(data, ops.constant([0, 0, channels]), True)
    matrix = ops.reshape(kernel, ops.constant([outputs, channels]), False)
    return Batched(ops.unsqueeze(ops.matmul(rows, matrix, False, True), ops.constant([3, 4])).output(0))


def _by_position(context: Context, node: ov.Node, value: Positionwise, kernel: ov.Output) -> Batched:
    """A kernel as large as the grid: [N,C,h,w] as [P,N,C] times the kernel as [P,C,O]."""
    context.one_grid("a kernel as large as the grid")
    if not context.one_hot or not np.array_equal(value.ids.reshape(-1), np.arange(context.masks)):
        raise NoRuleError("a kernel as large as the grid under a mask that is not one-hot in raster order")
    outputs, channels, height, width = kernel.get_shape()
    (difference,) = context.differences(value)
    flat = ops.reshape(difference, ops.constant([0, channels, height * width]), True)
    rows = ops.transpose(flat, ops.constant([2, 0, 1]))
    split = ops.reshape(kernel, ops.constant([outputs, channels, height * width]), False)
    product = ops.matmul(rows, ops.transpose(split, ops.constant([2, 1, 0])), False, False)
    result = ops.unsqueeze(product, ops.constant([3, 4]))
    low = value.values[0]
    if not is_zero(low):
        full = ops.broadcast(low, ops.constant([1, channels, height, width]))
        result = ops.add(result, context.clone_with_inputs(node, [full.output(0), kernel]))
    return Batched(result.output(0))


def window_pooling(context: Context, node: ov.Node, inputs: list[Value], ones: list[ov.Output]) -> list[Value]:
    """A window over the whole grid: the reduction that it is."""
    value = inputs[0]
    result = ones[0].get_partial_shape()
    source = context.shape_of(context.graph.inputs_of(context.graph.place_of(node))[0])
    whole = all(dim.is_static and dim.get_length() == 1 for dim in list(result)[2:])
    attributes = node.get_attributes()
    padded = any(attributes.get("pads_begin", ())) or any(attributes.get("pads_end", ()))
    if not isinstance(value, Positionwise) or not whole or padded or not set(value.axes) <= {2, 3} or len(source) != 4:
        raise NoRuleError(f"{node.get_type_name()} over windows smaller than the grid")
    if "kernel" in attributes and list(attributes["kernel"]) != source[2:]:
        raise NoRuleError(f"{node.get_type_name()} that leaves out part of the grid")
    kind = "ReduceMax" if "Max" in node.get_type_name() else "ReduceMean"
    return [Batched(pool(context, value, (2, 3), kind))]
