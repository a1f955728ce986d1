"""Scaling: maps to 0..255, each by itself or all classes of an image by one range.

    U[n,k] = trunc( (S[n,k] - min) / (max - min) * 255 ),   0 where the map is constant

    S ─┬─▶ ReduceMin ─┐            ┌─▶ Equal 0 ─▶ Select 1 ─┐
       ├─▶ ReduceMax ─┴─▶ max - min ┴───────────────────────┴─▶ Divide ─▶ Multiply 255 ─▶ Convert u8
       └─▶ S - min ────────────────────────────────────────────▶┘

Where the map is resized, cut, or wanted as numbers (see the modules beside this one), it goes on as it is before it is
multiplied, 0..1 in f32, and becomes levels at the end: `levels_of`.

Jointly, min and max are those of S[n]. The range of a constant map is replaced by 1 rather than raised by an epsilon,
which would underflow in f16.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.ops.branch import Branch, copied, map_of, with_map

LIFT = 2**-12
"""A plugin that multiplies by a reciprocal makes 254.99998 of the largest value, which would be truncated to 254."""


def scaled(branch: Branch, joint: bool = False, to_levels: bool = True) -> Branch:
    """A branch with the map of `branch`, [...,h,w] f32, scaled to u8; `branch` is left as it is.

    `joint`: by the least and largest value of all classes of an image. One map for all classes is scaled by itself.
    `to_levels` False: the map is 0..1 in f32 still.
    """
    made = copied(branch)
    raw = map_of(made)
    axes = ops.constant([1, 2, 3] if joint and len(raw.get_partial_shape()) == 4 else [-2, -1])
    lowest = ops.reduce_min(raw, axes, keep_dims=True)
    span = ops.subtract(ops.reduce_max(raw, axes, keep_dims=True), lowest)
    zero, one = ops.constant(np.float32(0)), ops.constant(np.float32(1))
    divisor = ops.select(ops.equal(span, zero), one, span)
    unit = ops.divide(ops.subtract(raw, lowest), divisor)
    return with_map(made, levels_of(unit.output(0)) if to_levels else unit)


def levels_of(saliency: ov.Output) -> ov.Node:
    """The levels u8 of a scaled map: of 0..1, of a float type, times 255 and truncated."""
    if saliency.get_element_type() == ov.Type.u8:
        return saliency.get_node()
    unit = saliency if saliency.get_element_type() == ov.Type.f32 else ops.convert(saliency, "f32").output(0)
    return ops.convert(ops.add(ops.multiply(unit, ops.constant(np.float32(255))), ops.constant(np.float32(LIFT))), "u8")
