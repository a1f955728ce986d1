"""Scaling: maps to 0..255, each by itself or all classes of an image by one range.

    U[n,k] = trunc( (S[n,k] - min) / (max - min) * 255 ),   0 where the map is constant

    S ─┬─▶ ReduceMin ─┐            ┌─▶ Equal 0 ─▶ Select 1 ─┐
       ├─▶ ReduceMax ─┴─▶ max - min ┴───────────────────────┴─▶ Divide ─▶ Multiply 255 ─▶ Convert u8
       └─▶ S - min ────────────────────────────────────────────▶┘

Jointly, min and max are those of S[n]. The range of a constant map is replaced by 1 rather than raised by an epsilon,
which would underflow in f16.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from openvino import opset13 as ops

from ovxai_passes.ops.branch import Branch

_LIFT = np.float32(2**-12)
"""A plugin that multiplies by a reciprocal makes 254.99998 of the largest value, which would be truncated to 254."""


def scaled(branch: Branch, joint: bool = False) -> Branch:
    """A branch with the map of `branch`, [...,h,w] f32, scaled to u8; `branch` is left as it is.

    `joint`: by the least and largest value of all classes of an image. One map for all classes is scaled by itself.
    """
    model = branch.model.clone()
    result = model.get_results()[0]
    raw = result.input_value(0)
    axes = ops.constant([1, 2, 3] if joint and len(raw.get_partial_shape()) == 4 else [-2, -1])
    lowest = ops.reduce_min(raw, axes, keep_dims=True)
    span = ops.subtract(ops.reduce_max(raw, axes, keep_dims=True), lowest)
    zero, one = ops.constant(np.float32(0)), ops.constant(np.float32(1))
    divisor = ops.select(ops.equal(span, zero), one, span)
    unit = ops.divide(ops.subtract(raw, lowest), divisor)
    levels = ops.convert(ops.add(ops.multiply(unit, ops.constant(np.float32(255))), ops.constant(_LIFT)), "u8")
    result.input(0).replace_source_output(levels.output(0))
    model.validate_nodes_and_infer_types()
    return replace(branch, model=model)
