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
from ovxai_patterns.analysis.positions import NOWHERE, Positions

from ovxai_passes.methods.rows import as_rows
from ovxai_passes.methods.spec import BuildRequest, Built, MethodSpec, Reads, required
from ovxai_passes.methods.tokens import token_map
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.constants import constant_like
from ovxai_passes.ops.sizes import any_size, guarded, sizes_of
from ovxai_passes.vocabulary import Method, Task


def build(request: BuildRequest) -> Built:
    """Branch feature map → S [N,h,w] f32, for any batch; for any grid where that can be read at inference."""
    graph, feature = ModelGraph(request.model), required(request.target.feature)
    if feature.joined:
        return Built(token_map(graph, feature.tensor, feature.joined, feature.place))
    return Built(activation_map(graph, feature.tensor, feature.positions, feature.grid))


def activation_map(graph: ModelGraph, source: TensorId, positions: Positions, grid: GridSource) -> Branch:
    """Branch target → S [N,h,w] f32, for any batch; for any grid, where positions are in raster order.

    `graph`: of the model; `source`: its target, with its `positions`; `grid`: what tells the grid at other sizes.
    """
    feature, telling = _inputs(graph, source, positions, grid)
    ids = positions.ids
    rows = as_rows(feature, positions)
    element = feature.get_output_element_type(0)
    weights = constant_like(np.full((rows.channels, 1), 1 / rows.channels), element)
    mean: ov.Node = ops.matmul(rows.value, weights, transpose_a=rows.channels_first, transpose_b=False)
    kept = int((ids == NOWHERE).sum())
    order = np.argsort(ids.reshape(-1), kind="stable")[kept:]
    follows = grid.exact and np.array_equal(order, np.arange(kept, ids.size))
    if not follows:
        mean = ops.gather(mean, ops.constant(order), ops.constant(1))
    elif kept:
        mean = ops.slice(mean, *(ops.constant([number]) for number in (kept, np.iinfo(np.int64).max, 1, 1)))
    if element != ov.Type.f32:
        mean = ops.convert(mean, "f32")
    sizes = sizes_of(telling, grid.axes)
    pattern = ops.concat([ops.constant([0]), sizes if follows else ops.constant(list(positions.grid))], 0)
    saliency = ops.reshape(mean, pattern, special_zero=True).output(0)
    if not follows:
        saliency = guarded(saliency, sizes, grid.sizes)
    inputs = {source: feature, grid.tensor: telling}
    return Branch(ov.Model([ops.result(saliency)], list(inputs.values()), "branch"), tuple(inputs))


def _inputs(graph: ModelGraph, source: TensorId, positions: Positions, grid: GridSource) -> tuple[ov.Node, ov.Node]:
    """Inputs for the target and for what tells the grid, both of any batch and of any sizes along its axes."""
    target = graph.output(source)
    places = {axis for axis, size in enumerate(positions.ids.shape) if size > 1} | {0}
    if grid.tensor == source:
        places |= set(grid.axes)
    feature = any_size(target, places, "target")
    if grid.tensor == source:
        return feature, feature
    return feature, any_size(graph.output(grid.tensor), {0, *grid.axes}, "sizes")


ACTIVATION_MAP = MethodSpec(
    Method.ACTIVATIONMAP,
    (Task.CLASSIFICATION, Task.DETECTION, Task.INSTANCE_SEGMENTATION),
    Reads.FEATURE_MAP,
    False,
    build,
)
