"""The picture that a branch is about: its size at inference, and a branch that holds for one size only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.graph import TensorId


@dataclass(frozen=True)
class Picture:
    """The input that is the picture, and its axes of height and width."""

    tensor: TensorId
    axes: tuple[int, int]


def entry(sizes: ov.Node, axis: int) -> ov.Node:
    """One entry of a shape, [1]."""
    return ops.gather(sizes, ops.constant([axis]), ops.constant(0))


def of_one_size(value: ov.Node, parameter: ov.Node, axes: tuple[int, int]) -> ov.Node:
    """The same values f32; a picture of another height or width throws, at `reshape` or else at inference.

    `parameter`: the picture, of static size now.
    """
    sizes, shape = ops.shape_of(parameter, "i64"), parameter.get_output_partial_shape(0)
    for axis in axes:
        value = ops.add(value, zero_where(entry(sizes, axis), shape[axis].get_length()))
    return value


def zero_where(size: ov.Node, wanted: int) -> ov.Node:
    """0, f32; a `size` [1] i64 other than the one wanted throws.

    A Broadcast of a vector fits no other length. (A Reshape is not checked by the CPU plugin where sizes are dynamic.)
    """
    row = ops.constant(np.zeros(wanted + 1, np.float32))
    return ops.reduce_max(ops.broadcast(row, ops.add(size, ops.constant([1]))), ops.constant([0]), keep_dims=False)
