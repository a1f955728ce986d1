"""A feature map as rows: what methods that sum over positions or channels start with.

    F ─▶ Transpose? ─▶ Reshape [N,P,C] or [N,C,P]

The Transpose stands only where channels lie between positions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.positions import Positions


@dataclass(frozen=True)
class Rows:
    """`value`: [N,C,P] if `channels_first`, else [N,P,C]; P counts kept tokens, too, C is `channels`."""

    value: ov.Node
    channels_first: bool
    channels: int


def as_rows(feature: ov.Node, positions: Positions) -> Rows:
    """A tensor with these positions as rows; its channels are static."""
    ids, shape = positions.ids, feature.get_output_partial_shape(0)
    places = [axis for axis, size in enumerate(ids.shape) if size > 1]
    channels = [axis for axis in range(1, len(shape)) if axis not in places]
    count = int(np.prod([shape[axis].get_length() for axis in channels]))
    channels_first = max(channels, default=0) < min(places)
    if not channels_first and places != list(range(1, len(places) + 1)):
        feature = ops.transpose(feature, ops.constant([0, *places, *channels]))
    flat = [0, count, -1] if channels_first else [0, -1, count]
    return Rows(ops.reshape(feature, ops.constant(flat), special_zero=True), channels_first, count)
