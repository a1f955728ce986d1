"""EigenCAM: the projection of the target on its first principal component over channels, class-agnostic.

    F = U Σ Vᵀ, rows are positions        S[p] = ± F[p]·v, v the first right singular vector

Muhammad and Yeasin, Eigen-CAM: Class Activation Map using Principal Components (IJCNN 2020, arXiv 2008.00299). As in
the paper, activations are not centred. pytorch-grad-cam takes each channel's mean over positions off first. Both show
the same of convolutional classifiers (EfficientNet-Lite0, demo:cnn). Without centring the first singular value mostly
stands out more, so that v is better determined, and maps of YOLOX-nano point at objects more often (0.50 instead of
0.23), where centred ones show large even areas. Centred ones point better of demo:vit (0.59 instead of 0.51) and on
the finer grid of demo:detector (0.27 instead of 0.19). The sign of a singular vector is not given: the map correlates
positively, over positions, with the mean over channels.

    F ─▶ rows [N,P,C] f32 ─▶ R = F / max|F| ─▶ Gram matrix G [n,n], n the smaller of P and C ─▶ 9 times G·G / |G·G|
      ─▶ R·G if n = C ─▶ longest row ─▶ times R if n = P ─▶ v, by its norm ─▶ R·v ─▶ sign · max|F| ─▶ S [N,h,w]

Nine squarings are 512 power iterations: 1e-9 is left of a second singular value of 0.98 times the first. Where the two
are nearer, the map holds something of both components. Each row is what power iteration gives that starts at this
position; the longest has started where the component is strongest, so none is taken that holds nothing of it. Nothing
is divided by 0: a map of zeros gives zeros. Kept tokens are left out.
"""

from __future__ import annotations

from math import prod

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.wording import worded

from ovxai_passes.mapping.rows import as_map, as_rows, in_raster_order, row_inputs
from ovxai_passes.methods.budget import check_budget
from ovxai_passes.methods.spec import BuildRequest, Built, MethodSpec, Reads, required
from ovxai_passes.methods.target import FeatureMap
from ovxai_passes.methods.tokens import token_map
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.sizes import sizes_of
from ovxai_passes.vocabulary import Method, Task

SQUARINGS = 9
_LEAST = np.finfo(np.float32).tiny
_WOULD_COST_LESS = worded("a deeper layer or one of fewer channels ({target_layer}), or activationmap")


def build(request: BuildRequest) -> Built:
    """Branch feature map → S [N,h,w] f32, for any batch; for any grid where that can be read at inference.

    Raises TooCostlyError.
    """
    graph, feature = ModelGraph(request.model), required(request.target.feature)
    return check_budget(_branch(graph, feature), request, _WOULD_COST_LESS)


def _branch(graph: ModelGraph, feature: FeatureMap) -> Branch:
    positions, grid = feature.positions, feature.grid
    places = prod(positions.grid)  # of the model as it is: at other sizes the other Gram matrix may be the smaller one
    if feature.joined:
        return token_map(graph, feature.tensor, feature.joined, feature.place, lambda rows: projected(rows, places))
    source, telling = row_inputs(graph, feature.tensor, positions, grid)
    rows = as_rows(source, positions)
    value = ops.transpose(rows.value, ops.constant([0, 2, 1])) if rows.channels_first else rows.value
    if source.get_output_element_type(0) != ov.Type.f32:
        value = ops.convert(value, "f32")
    scores = projected(in_raster_order(value, positions, grid), places)
    inputs = {feature.tensor: source, grid.tensor: telling}
    saliency = as_map(scores, telling, positions, grid)
    return Branch(ov.Model([ops.result(saliency)], list(inputs.values()), "branch"), tuple(inputs))


def projected(rows: ov.Node, places: int) -> ov.Node:
    """Rows [N,P,C] f32 on their first principal component, [N,P,1]; `places`: how large P will mostly be."""
    by_positions = places < rows.get_output_partial_shape(0)[2].get_length()
    largest = _at_least_tiny(ops.reduce_max(ops.absolute(rows), ops.constant([1, 2]), keep_dims=True))
    unit = ops.divide(rows, largest)
    power = _normalised(ops.matmul(unit, unit, not by_positions, by_positions))
    for _ in range(SQUARINGS):
        power = _normalised(ops.matmul(power, power, False, False))
    reached = power if by_positions else ops.matmul(unit, power, False, False)
    row = ops.matmul(_longest(reached), reached, False, False)
    component = _normalised(ops.matmul(row, unit, False, False) if by_positions else row)
    scores = ops.matmul(unit, component, False, True)
    return ops.multiply(ops.multiply(scores, _sign(scores, unit)), largest)


def _normalised(value: ov.Node) -> ov.Node:
    """Matrices [N,a,b] over their Frobenius norms; zeros stay zeros."""
    norm = ops.reduce_l2(value, ops.constant([1, 2]), keep_dims=True)
    return ops.divide(value, _at_least_tiny(norm))


def _at_least_tiny(value: ov.Node) -> ov.Node:
    return ops.maximum(value, ops.constant(_LEAST))


def _longest(rows: ov.Node) -> ov.Node:
    """[N,1,P], 1 at the longest of rows [N,P,n]: a product with it takes that row."""
    squares = ops.reduce_sum(ops.multiply(rows, rows), ops.constant([2]), keep_dims=False)
    place = ops.topk(squares, ops.constant(1), 1, "max", "none", index_element_type="i64").output(1)
    count = ops.squeeze(sizes_of(rows, [1]), ops.constant([0]))
    places = ops.range(ops.constant(0), count, ops.constant(1), "i64")
    return ops.unsqueeze(ops.convert(ops.equal(places, place), "f32"), ops.constant([1]))


def _sign(scores: ov.Node, rows: ov.Node) -> ov.Node:
    """[N,1,1]: -1 where scores [N,P,1] correlate negatively with the mean of the rows [N,P,C] over channels, else 1."""
    channels = rows.get_output_partial_shape(0)[2].get_length()
    mean = ops.matmul(rows, ops.constant(np.full((channels, 1), 1 / channels, np.float32)), False, False)
    covariance = ops.reduce_sum(ops.multiply(_centred(scores), _centred(mean)), ops.constant([1]), keep_dims=True)
    against = ops.less(covariance, ops.constant(np.float32(0)))
    return ops.select(against, ops.constant(np.float32(-1)), ops.constant(np.float32(1)))


def _centred(values: ov.Node) -> ov.Node:
    """Values [N,P,1] less their mean over positions."""
    return ops.subtract(values, ops.reduce_mean(values, ops.constant([1]), keep_dims=True))


EIGENCAM = MethodSpec(
    Method.EIGENCAM,
    (Task.CLASSIFICATION, Task.DETECTION, Task.INSTANCE_SEGMENTATION),
    Reads.FEATURE_MAP,
    False,
    build,
)
