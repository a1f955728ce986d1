"""ActivationMap: the mean over channels of the target, class-agnostic.

    S[n,p] = 1/C sum_c F[n,c,p]

    F ─▶ Transpose? ─▶ Reshape [N,P,C] ─▶ MatMul with [C,1] of 1/C ─▶ Gather? ─▶ Reshape ─▶ S [N,h,w]

A MatMul rather than a ReduceMean: a plugin keeps the tail of a graph that holds no matrix product at a higher
precision, which would change the original outputs. The Transpose stands only where channels lie between positions, the
Gather only where positions are not in raster order; a guard then refuses other grids. Kept tokens are sliced off.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.grid_source import GridSource
from ovxai_patterns.analysis.positions import Positions

from ovxai_passes.mapping.rows import as_map, as_rows, in_raster_order, row_inputs
from ovxai_passes.methods.spec import BuildRequest, Built, MethodSpec, Reads, required
from ovxai_passes.methods.tokens import token_map
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.constants import constant_like
from ovxai_passes.vocabulary import Method, Task


def build(request: BuildRequest) -> Built:
    """Branch feature map → S [N,h,w] f32, for any batch; for any grid where that can be read at inference."""
    graph, feature = ModelGraph(request.model), required(request.target.feature)
    if feature.joined:
        return Built(token_map(graph, feature.tensor, feature.joined, feature.place, _mean))
    return Built(activation_map(graph, feature.tensor, feature.positions, feature.grid))


def activation_map(graph: ModelGraph, source: TensorId, positions: Positions, grid: GridSource) -> Branch:
    """Branch target → S [N,h,w] f32, for any batch; for any grid, where positions are in raster order.

    `graph`: of the model; `source`: its target, with its `positions`; `grid`: what tells the grid at other sizes.
    """
    feature, telling = row_inputs(graph, source, positions, grid)
    rows = as_rows(feature, positions)
    mean = _mean(rows.value, rows.channels_first)
    if mean.get_output_element_type(0) != ov.Type.f32:
        mean = ops.convert(mean, "f32")
    saliency = as_map(in_raster_order(mean, positions, grid), telling, positions, grid)
    inputs = {source: feature, grid.tensor: telling}
    return Branch(ov.Model([ops.result(saliency)], list(inputs.values()), "branch"), tuple(inputs))


def _mean(rows: ov.Node, channels_first: bool = False) -> ov.Node:
    """The mean over channels [N,P,1] of rows [N,P,C], or [N,C,P] if `channels_first`."""
    channels = rows.get_output_partial_shape(0)[1 if channels_first else 2].get_length()
    weights = constant_like(np.full((channels, 1), 1 / channels), rows.get_output_element_type(0))
    return ops.matmul(rows, weights, transpose_a=channels_first, transpose_b=False)


ACTIVATION_MAP = MethodSpec(
    Method.ACTIVATIONMAP,
    (Task.CLASSIFICATION, Task.DETECTION, Task.INSTANCE_SEGMENTATION),
    Reads.FEATURE_MAP,
    False,
    build,
)
