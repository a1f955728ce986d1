"""Scaling that keeps zero: all maps of an image by one scale, what says nothing is 0.

    D[n]   = max over maps and positions of max(S[n], 0)        signed: of |S[n]|
    U[n,k] = trunc(255 max(S[n,k], 0) / D[n])                   signed: round(128 + 127 S[n,k] / D[n])

    S ─▶ Maximum 0, or Abs ─▶ ReduceMax ─▶ Select 1 where 0 ─▶ Divide S ─▶ Slice without the peak? ─▶ levels u8

Where nothing is for any class, D is replaced by 1, and all is 0. The last map may be there for D alone (the peak): that
of the image's best class, where maps of others are made. So an absent class stays dark beside one that is there.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.finish.scale import levels_of
from ovxai_passes.ops.branch import Branch, copied, map_of, with_map

MIDDLE_LEVEL = 128
"""The level of zero in a signed map."""

_REACH = 127


def scaled_from_zero(branch: Branch, signed: bool, has_peak: bool, to_levels: bool = True) -> Branch:
    """A branch with the map of `branch`, [N,K,h,w] f32 from zero, scaled to u8; `branch` is left as it is.

    `has_peak`: the last map counts for the scale, and is left out. `to_levels` False: the map is 0..1, or -1..1, in f32
    still.
    """
    made = copied(branch)
    raw = map_of(made)
    zero, one = ops.constant(np.float32(0)), ops.constant(np.float32(1))
    counted = ops.abs(raw) if signed else ops.maximum(raw, zero)
    largest = ops.reduce_max(counted, ops.constant([1, 2, 3]), keep_dims=True)
    divisor = ops.select(ops.equal(largest, zero), one, largest)
    unit = ops.divide(raw if signed else counted, divisor)
    if has_peak:
        unit = ops.slice(unit, *(ops.constant([number]) for number in (0, -1, 1, 1)))
    if not to_levels:
        return with_map(made, unit)
    return with_map(made, signed_levels_of(unit.output(0)) if signed else levels_of(unit.output(0)))


def signed_levels_of(saliency: ov.Output) -> ov.Node:
    """The levels u8 of a signed map: of -1..1, of a float type, 1 to 255, to the nearest."""
    unit = saliency if saliency.get_element_type() == ov.Type.f32 else ops.convert(saliency, "f32").output(0)
    half = MIDDLE_LEVEL + 0.5
    return ops.convert(
        ops.floor(ops.add(ops.multiply(unit, ops.constant(np.float32(_REACH))), ops.constant(np.float32(half)))), "u8"
    )
