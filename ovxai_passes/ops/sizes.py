"""Sizes that are read at inference, of the picture or of any tensor, and what refuses others.

A branch is built to follow the sizes that a model is given later (`model.reshape`): it reads the grid from a tensor's
shape. Constants fold away where shapes are static, so nothing of this is left at inference then.

    tensor ─▶ ShapeOf ─▶ Gather axes ─▶ (h, w)

Where a branch is right for one grid only, its map goes through a guard:

    (h, w) - built ─▶ sum of squares d ─▶ Range(0, 2+2d) · [0, 0] ─▶ ReduceSum + 1 = 1 ─▶ map · 1

The product of two tensors of 2 and of 2+2d entries has no shape: `model.reshape` throws, or the inference where sizes
are dynamic. A Reshape would not do: the CPU plugin (2026.4.1) does not compare its sizes where they are dynamic, nor
does shape inference where it copies axes; and it drops an Abs of integers, hence the squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.layout import picture_axes


@dataclass(frozen=True)
class Picture:
    """The input that is the picture, and its axes of height and width."""

    tensor: TensorId
    axes: tuple[int, int]


def with_dynamic_shapes(model: ov.Model, grid: bool) -> ov.Model | None:
    """A clone that takes any batch and, if `grid`, pictures of any size; None where shapes then do not go together.

    Operations keep their places, so findings on the model hold for the clone.
    """
    clone = model.clone()
    batches = {
        str(parameter.get_partial_shape()[0])
        for parameter in clone.get_parameters()
        if picture_axes(parameter) is not None
    }
    for parameter in clone.get_parameters():
        shape = parameter.get_partial_shape()
        if shape.rank.is_dynamic or not len(shape):
            continue
        axes = picture_axes(parameter)
        free = {0} if str(shape[0]) in batches else set[int]()
        free |= set(axes) if grid and axes is not None else set()
        dims = [ov.Dimension() if axis in free else dim for axis, dim in enumerate(shape)]
        parameter.set_partial_shape(ov.PartialShape(dims))
    try:
        clone.validate_nodes_and_infer_types()
    except RuntimeError:
        return None
    return clone


def any_size(output: ov.Output, axes: set[int], name: str) -> ov.Node:
    """An input of a branch for a tensor of a model, of any size along `axes`; a fence then takes any, too."""
    dims = [ov.Dimension() if axis in axes else dim for axis, dim in enumerate(output.get_partial_shape())]
    return ops.parameter(ov.PartialShape(dims), output.get_element_type(), name=name)


def sizes_of(output: ov.Output | ov.Node, axes: Sequence[int]) -> ov.Node:
    """The sizes of a tensor along `axes`, i64."""
    return ops.gather(ops.shape_of(output, "i64"), ops.constant(list(axes)), ops.constant(0))


def bilinear(value: ov.Output | ov.Node, size: ov.Node) -> ov.Node:
    """Maps [N,C,h,w] at a size [2] i64, between the middles of cells; also where it is that size already."""
    return ops.interpolate(
        value, size, "linear_onnx", "sizes", axes=ops.constant([2, 3]), coordinate_transformation_mode="half_pixel"
    )


def guarded(saliency: ov.Output, sizes: ov.Node, built: Sequence[int]) -> ov.Output:
    """A map of floats that no inference returns where `sizes` [n] are others than `built`."""
    off = ops.subtract(sizes, ops.constant(np.array(built, np.int64)))
    apart = ops.reduce_sum(ops.multiply(off, off), ops.constant([0]), False)
    two = ops.constant(np.int64(2))
    count = ops.add(ops.multiply(apart, two), two)
    entries = ops.range(ops.constant(np.int64(0)), count, ops.constant(np.int64(1)), "f32")
    nothing = ops.multiply(entries, ops.constant(np.zeros(2, np.float32)))
    one = ops.add(ops.reduce_sum(nothing, ops.constant([0]), True), ops.constant(np.float32(1)))
    return ops.multiply(saliency, one).output(0)
