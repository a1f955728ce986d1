"""Learned weights, read a second time.

A CPU plugin (2026.4.1) lays weights out once for all operations that read the same constant, if both layouts are of one
format and size. It takes those of a square matrix for those of its transpose: what the second operation returns is
wrong. So a square matrix goes through a change of type and back, which is folded when the model is compiled; the model
holds the constant once.
"""

from __future__ import annotations

import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.gradients.context import rank_of, size_of


def reread(weights: ov.Output, places: int = 0) -> ov.Output:
    """Weights [...,rows,columns,kernel] for a transposed product; `places`: the number of axes of the kernel."""
    last = rank_of(weights) - places - 1
    element = weights.get_element_type()
    if last < 1 or size_of(weights, last) != size_of(weights, last - 1) or size_of(weights, last) == 1:
        return weights
    return ops.convert(ops.convert(weights, "f64"), element.get_type_name()).output(0)
