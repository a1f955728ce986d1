"""The map of the best box of a class: what the feature maps that class heads read count for it, added up over levels.

    t = argmax over all boxes of s_c                       s_c: probability of class c, times objectness where it counts
    G_l = d f_c(t) / d F_l                                 F_l: the map that the class head of level l reads
    S[n,k] = sum over levels l of resize(sum over channels of W(F_l, G_l) ⊙ F_l)

    heads ─▶ boxes ─▶ best box ─▶ cotangents ─▶ backward walk ─▶ G_l ─┐
    F_l ──────────────────────────────────────────────────────────────┴─▶ weighted sum ─▶ Interpolate ─▶ Add ─▶ S

f: what is differentiated (`slopes.py`). The levels' maps are made of each other, so the best box of a coarse level has
a gradient for the finer maps, too. A level on which nothing depends adds 0. Resized as DetClassProbabilityMap is.
"""

from __future__ import annotations

from functools import reduce

import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.grid_source import GridSource
from ovxai_patterns.analysis.positions import Positions, on_lattice
from ovxai_patterns.wording import worded

from ovxai_passes.gradients.walk import backward
from ovxai_passes.methods.gradient.branch import walked_branch
from ovxai_passes.methods.gradient.detectors.best import best_boxes
from ovxai_passes.methods.gradient.detectors.boxes import boxes_of
from ovxai_passes.methods.gradient.detectors.slopes import head_cotangents
from ovxai_passes.methods.gradient.rows import Weights, weighted_map
from ovxai_passes.methods.spec import BuildRequest, Built, required
from ovxai_passes.methods.target import FeatureMap
from ovxai_passes.ops.sizes import bilinear, sizes_of

_WOULD_COST_LESS = worded("fewer classes ({top_k}, {classes})")


def best_boxes_branch(request: BuildRequest, weights: Weights) -> Built:
    """The branch of the maps, and of the classes [N,k] of their rows. Raises TargetNotFoundError, TooCostlyError."""
    target, grids = request.target, required(request.target.grids)

    def walk(graph: ModelGraph) -> tuple[ov.Output, ov.Output]:
        boxes = boxes_of(graph, grids)
        best = best_boxes(boxes, target, grids, request.has_peak)
        cotangents, lead = head_cotangents(graph, grids.heads.levels, boxes, best, request.gradient_of)
        features = list(dict.fromkeys(feature.tensor for feature in target.features))
        gradients = dict(zip(features, backward(graph, cotangents, features, lead), strict=True))
        maps = [
            weighted_map(
                graph.output(one.tensor),
                gradients[one.tensor],
                graph.output(one.grid.tensor),
                _layout(one),
                weights,
            )
            for one in target.features
        ]
        size = ops.constant(list(grids.size)) if grids.sized_by is None else sizes_of(maps[grids.sized_by], [2, 3])
        return reduce(ops.add, [bilinear(one, size) for one in maps]).output(0), best.rows.classes

    return walked_branch(request, walk, _WOULD_COST_LESS)


def _layout(feature: FeatureMap) -> tuple[Positions, GridSource]:
    """Of a map of one place, no axis is seen to hold positions: rows and columns are the last two."""
    one_place = feature.positions.ids.size == 1
    return (on_lattice(4, 2, 3, (2, 2)) if one_place else feature.positions), feature.grid
