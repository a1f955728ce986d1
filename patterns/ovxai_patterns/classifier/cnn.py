"""Convolutional networks: the map before a classifier that is itself a convolution."""

from __future__ import annotations

from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.op_traits import CHANNEL_MIXING_TYPES


def map_above_classifier(graph: ModelGraph, maps: list[TensorId]) -> TensorId | None:
    """The first of `maps` (dominators, deepest first) above a convolution or matrix product, or None.

    In a network that pools a map of class scores (SqueezeNet) the deepest map has a channel for every class; the last
    one with features is what the classifying convolution reads.
    """
    for place, tensor in enumerate(maps):
        if graph.ops[tensor[0]].get_type_name() in CHANNEL_MIXING_TYPES:
            return maps[place + 1] if place + 1 < len(maps) else None
    return None
