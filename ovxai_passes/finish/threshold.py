"""Low values of a scaled map become 0.

    T[n,k,p] = U[n,k,p] where U[n,k,p] >= t, else 0

    U ─┬─▶ GreaterEqual t ─┐
       └───────────────────┴─▶ Select, else 0 ─▶ T

U is the scaled map, 0..1, before it becomes levels.
"""

from __future__ import annotations

import numpy as np
from openvino import opset13 as ops

from ovxai_passes.ops.branch import Branch, copied, map_of, with_map

_BELOW_ONE = 2**-20
"""A plugin that multiplies by a reciprocal makes a little less than 1 of the largest value."""


def cut_below(branch: Branch, threshold: float) -> Branch:
    """A branch with the map of `branch`, 0..1 in f32, without values below a threshold; `branch` is left as it is."""
    made = copied(branch)
    unit = map_of(made)
    kept = ops.greater_equal(unit, ops.constant(np.float32(threshold - _BELOW_ONE)))
    return with_map(made, ops.select(kept, unit, ops.constant(np.float32(0))))
