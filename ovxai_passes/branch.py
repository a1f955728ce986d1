"""The branch: what is added to a model, as a model of its own."""

from __future__ import annotations

from dataclasses import dataclass

import openvino as ov
from ovxai_patterns.graph import TensorId


@dataclass(frozen=True)
class Branch:
    """`model`: (target, *sides) → saliency map.

    The map is [N,K,h,w] per class or [N,h,w] for a class-agnostic method; f32 scores before scaling, u8 after.
    `sources`: the tensors of the original model that feed the inputs, in their order.
    """

    model: ov.Model
    sources: tuple[TensorId, ...]
