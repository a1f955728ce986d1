"""The branch of a gradient method: the backward walk from the class scores to a feature map, and the map at its end.

    scores ─▶ classes, cotangents ─▶ backward walk, which reads tensors of the head ─▶ gradient G ─┐
    feature map F ─────────────────────────────────────────────────────────────────────────────────┴─▶ map [N,k,h,w]

The walk follows any size of the picture where its rules do; else a guard refuses other sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.layout import picture_axes

from ovxai_passes.errors import NoGradientError, TargetNotFoundError
from ovxai_passes.gradients.cut import cut_off
from ovxai_passes.gradients.walk import backward
from ovxai_passes.methods.budget import check_budget
from ovxai_passes.methods.gradient.differentiated import class_rows, cotangents
from ovxai_passes.methods.gradient.rows import Weights, weighted_map
from ovxai_passes.methods.spec import BuildRequest, Built, required
from ovxai_passes.ops.branch import Branch, without_classes
from ovxai_passes.ops.sizes import guarded, sizes_of, with_dynamic_shapes
from ovxai_passes.ops.tapping import fed_from_safe_taps

_WOULD_COST_LESS = "fewer classes (--top-k, --class), a deeper layer (--level 0, --target-layer)"

End: TypeAlias = Callable[[ModelGraph, ov.Output], ov.Output]
"""What is made of the gradient, [k,*shape] or of the tensor's shape, in a graph: the map [N,k,h,w] f32."""


def weighted_branch(request: BuildRequest, weights: Weights) -> Built:
    """The branch of a method that sums a feature map over channels with weights.

    Raises TargetNotFoundError where no gradient reaches the feature map, TooCostlyError.
    """
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


def gradient_rows_branch(request: BuildRequest, end: End) -> Built:
    """The branch of a map that is made of gradients for the target's layer, and of the classes [N,k] of its rows.

    Raises TargetNotFoundError where no gradient reaches the layer, TooCostlyError.
    """
    declined: NoGradientError | None = None
    for grid in (True, False):
        sized = with_dynamic_shapes(request.model, grid)
        if sized is None or (request.target.dynamic and not grid):
            continue
        graph = ModelGraph(sized)
        try:
            branch = _branch(request, graph, end, guarded_for=None if grid else ModelGraph(request.model))
        except NoGradientError as error:
            declined = error
            continue
        built = check_budget(fed_from_safe_taps(graph, branch), request, _WOULD_COST_LESS)
        return replace(built, has_peak=_has_peak(request), is_ranked=True)
    reason = str(declined) if declined else "the shapes of the model hold for one batch only"
    raise TargetNotFoundError(f"{reason}; or choose a method that takes no gradients") from declined


def _branch(request: BuildRequest, graph: ModelGraph, end: End, guarded_for: ModelGraph | None) -> Branch:
    scores = required(request.target.site).scores
    rows = class_rows(graph, request.target, scores, _has_peak(request))
    exclusive = not (request.multi_label or scores.activation == "Sigmoid" or scores.classes == 1)
    cotangent, lead = cotangents(graph, scores, rows, request.gradient_of, exclusive)
    (gradient,) = backward(graph, {scores.tensor: cotangent}, [request.target.layer], lead)
    saliency = end(graph, gradient)
    if guarded_for is not None:
        saliency = _guarded(guarded_for, graph, saliency)
    return cut_off(graph, [saliency, rows.classes])


def _has_peak(request: BuildRequest) -> bool:
    """Whether the best class of an image has to be known beside the classes that have maps."""
    return request.from_zero and request.target.chosen is not None


def _guarded(model: ModelGraph, graph: ModelGraph, saliency: ov.Output) -> ov.Output:
    """A map that no inference returns for pictures of another size than the model's."""
    for place, node in enumerate(model.ops):
        axes = picture_axes(node) if node.get_type_name() == "Parameter" else None
        if axes is not None and all(node.get_output_partial_shape(0)[axis].is_static for axis in axes):
            built = [node.get_output_partial_shape(0)[axis].get_length() for axis in axes]
            saliency = guarded(saliency, sizes_of(graph.output((place, 0)), axes), built)
    return saliency
