"""The branch of a gradient method: the backward walk from the class scores to a layer, and the map at its end.

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
from ovxai_patterns.wording import worded

from ovxai_passes.errors import NoGradientError, TargetNotFoundError
from ovxai_passes.gradients.cut import cut_off
from ovxai_passes.gradients.walk import backward
from ovxai_passes.methods.budget import check_budget
from ovxai_passes.methods.gradient.differentiated import class_rows, cotangents
from ovxai_passes.methods.spec import BuildRequest, Built, required
from ovxai_passes.ops.sizes import guarded, sizes_of, with_dynamic_shapes
from ovxai_passes.ops.tapping import fed_from_safe_taps

WOULD_COST_LESS = worded("fewer classes ({top_k}, {classes}), a deeper layer ({level=0}, {target_layer})")
"""Said of gradients of a classifier that are beyond the budget."""

End: TypeAlias = Callable[[ModelGraph, ov.Output], ov.Output]
"""What is made of the gradient, [k,*shape] or of the tensor's shape, in a graph: the map [N,k,h,w] f32."""

Walk: TypeAlias = Callable[[ModelGraph], tuple[ov.Output, ov.Output]]
"""A map [N,k,h,w] f32 and the classes [N,k] of its rows, as nodes that read tensors of a graph."""


def gradient_rows_branch(request: BuildRequest, end: End) -> Built:
    """The branch of a map that is made of gradients for the target's layer, and of the classes [N,k] of its rows.

    Raises TargetNotFoundError where no gradient reaches the layer, TooCostlyError.
    """

    def walk(graph: ModelGraph) -> tuple[ov.Output, ov.Output]:
        scores = required(request.target.site).scores
        rows = class_rows(graph, request.target, scores, request.has_peak)
        exclusive = scores.classes > 1 and not request.has_independent_classes
        cotangent, lead = cotangents(graph, scores, rows, request.gradient_of, exclusive)
        (gradient,) = backward(graph, {scores.tensor: cotangent}, [request.target.layer], lead)
        return end(graph, gradient), rows.classes

    return walked_branch(request, walk, WOULD_COST_LESS)


def walked_branch(request: BuildRequest, walk: Walk, would_cost_less: str) -> Built:
    """The branch of what a walk makes, for any size of the picture where it can, with the classes as a second result.

    Raises TargetNotFoundError where no gradient reaches what it is taken for, TooCostlyError.
    """
    declined: NoGradientError | None = None
    for grid in (True, False):
        sized = with_dynamic_shapes(request.model, grid)
        if sized is None or (request.target.dynamic and not grid):
            continue
        graph = ModelGraph(sized)
        try:
            saliency, classes = walk(graph)
        except NoGradientError as error:
            declined = error
            continue
        if not grid:
            saliency = _guarded(ModelGraph(request.model), graph, saliency)
        branch = fed_from_safe_taps(graph, cut_off(graph, [saliency, classes]))
        return replace(check_budget(branch, request, would_cost_less), has_peak=request.has_peak, is_ranked=True)
    reason = str(declined) if declined else "the shapes of the model hold for one batch only"
    said = worded("{reason}; or choose a method that takes no gradients", reason=reason)
    raise TargetNotFoundError(said) from declined


def _guarded(model: ModelGraph, graph: ModelGraph, saliency: ov.Output) -> ov.Output:
    """A map that no inference returns for pictures of another size than the model's."""
    for place, node in enumerate(model.ops):
        axes = picture_axes(node) if node.get_type_name() == "Parameter" else None
        if axes is not None and all(node.get_output_partial_shape(0)[axis].is_static for axis in axes):
            built = [node.get_output_partial_shape(0)[axis].get_length() for axis in axes]
            saliency = guarded(saliency, sizes_of(graph.output((place, 0)), axes), built)
    return saliency
