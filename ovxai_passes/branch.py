"""The branch: what is added to a model, as a model of its own."""

from __future__ import annotations

from dataclasses import dataclass

import openvino as ov
from ovxai_patterns.graph import TensorId


@dataclass(frozen=True)
class Branch:
    """`model`: (target, *sides) → saliency map, and classes of the maps where they are found in the graph.

    The map is [N,K,h,w] per class or [N,h,w] for a class-agnostic method; f32 scores before scaling, u8 after.
    `sources`: the tensors of the original model that feed the inputs, in their order. `multiplied_out`: why operations
    are run once for every position although the map alone would not ask for it, a reason for each of them.
    """

    model: ov.Model
    sources: tuple[TensorId, ...]
    multiplied_out: tuple[str, ...] = ()
