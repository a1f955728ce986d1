"""Learned weights, read a second time.

A CPU plugin (2026.4.1) lays weights out once for all operations that read the same constant, if both layouts are of one
format and size. It takes those of a square matrix for those of its transpose: what the second operation returns is
wrong. A change of type and back, which is folded, does not always help. So a square matrix is there twice, the second
time times 2, or equal constants would be one when a model is saved; the gradient is halved, which is exact. Weights
that are computed from constants (8-bit ones, those laid out in groups) are multiplied in the graph.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.gradients.context import Context, Tensor, rank_of, size_of
from ovxai_passes.ops.constants import constant_like


def reread(context: Context, weights: ov.Output, gradient: Tensor, places: int = 0) -> tuple[ov.Output, Tensor]:
    """Weights [...,rows,columns,kernel] and a gradient for their transposed product.

    `places`: the number of axes of the kernel.
    """
    last, element = rank_of(weights) - places - 1, weights.get_element_type()
    if last < 1 or size_of(weights, last) != size_of(weights, last - 1) or size_of(weights, last) == 1:
        return weights, gradient
    node = weights.get_node()
    while node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    if node.get_type_name() != "Constant":
        twice = ops.multiply(weights, context.number(2, weights))
    else:
        twice = constant_like(np.asarray(node.get_data()).astype(np.float32) * 2, element)
    return twice.output(0), ops.multiply(gradient, context.number(0.5, gradient))
