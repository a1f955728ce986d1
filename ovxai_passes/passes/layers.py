"""The layers of a target by name, type and shape, as people look for them."""

from __future__ import annotations

from dataclasses import dataclass

import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph, TensorId

from ovxai_passes.methods.target import Target
from ovxai_passes.report import LevelLayer, TargetLayer


@dataclass(frozen=True)
class LayersOfTarget:
    """`target`: the layer that is explained; `scores`: friendly name of that of the class scores.

    `levels`: of a detector's class heads, the finest first.
    """

    target: TargetLayer
    scores: str
    levels: tuple[LevelLayer, ...]


def layers_of(model: ov.Model, target: Target) -> LayersOfTarget:
    """The layers of a target in the model that it was found in, before anything is added to that."""
    graph = ModelGraph(model)
    levels = []
    for level in target.grids.heads.levels if target.grids else ():
        layer = _layer_at(graph, level.tensor)
        levels.append(LevelLayer(layer.name, layer.type, layer.shape, level.grid, len(level.channels[0])))
    scores = graph.ops[target.scores[0]].get_friendly_name()
    return LayersOfTarget(_layer_at(graph, target.layer), scores, tuple(levels))


def _layer_at(graph: ModelGraph, tensor: TensorId) -> TargetLayer:
    output = graph.output(tensor)
    node = output.get_node()
    return TargetLayer(node.get_friendly_name(), node.get_type_name(), str(output.get_partial_shape()))
