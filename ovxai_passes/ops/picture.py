"""The picture that a branch is about, and its size at inference."""

from __future__ import annotations

from dataclasses import dataclass

import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import TensorId


@dataclass(frozen=True)
class Picture:
    """The input that is the picture, and its axes of height and width."""

    tensor: TensorId
    axes: tuple[int, int]


def entry(sizes: ov.Node, axis: int) -> ov.Node:
    """One entry of a shape, [1]."""
    return ops.gather(sizes, ops.constant([axis]), ops.constant(0))
