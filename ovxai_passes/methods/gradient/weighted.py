"""The branch of a method that weighs feature maps by their gradients, as LayerCAM does, and sums over channels.

classifier   S = W(F, G) ⊙ F, summed over channels, of the target's feature map F
detector     the same of the map that each level's class head reads, resized and added up (`detectors/`)
"""

from __future__ import annotations

from dataclasses import replace

import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.methods.gradient.branch import End, gradient_rows_branch
from ovxai_passes.methods.gradient.detectors.branch import best_boxes_branch
from ovxai_passes.methods.gradient.rows import Weights, weighted_map
from ovxai_passes.methods.spec import BuildRequest, Built, required
from ovxai_passes.ops.branch import without_classes


def weighted_branch(request: BuildRequest, weights: Weights) -> Built:
    """The branch of a method that sums feature maps over channels with weights.

    Raises TargetNotFoundError where no gradient reaches a feature map, TooCostlyError.
    """
    if request.target.features:
        built = best_boxes_branch(request, weights)
    else:
        built = gradient_rows_branch(request, weighted_end(request, weights))
    if request.target.top_k is not None:
        return built
    return replace(built, branch=without_classes(built.branch))


def weighted_end(request: BuildRequest, weights: Weights) -> End:
    """The map of a method that sums the target's feature map over channels with weights."""
    feature = required(request.target.feature)

    def end(graph: ModelGraph, gradient: ov.Output) -> ov.Output:
        value, telling = graph.output(feature.tensor), graph.output(feature.grid.tensor)
        return weighted_map(value, gradient, telling, (feature.positions, feature.grid), weights)

    return end
