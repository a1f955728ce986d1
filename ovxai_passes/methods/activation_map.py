"""ActivationMap: the mean over channels of the target, class-agnostic.

    S[n,p] = 1/C sum_c F[n,c,p]

    F ─▶ Transpose? ─▶ Reshape [N,P,C] ─▶ MatMul with [C,1] of 1/C ─▶ Gather? ─▶ Reshape ─▶ S [N,h,w]

A MatMul rather than a ReduceMean: a plugin keeps the tail of a graph that holds no matrix product at a higher
precision, which would change the original outputs. The Transpose stands only where channels lie between positions, the
Gather only where tokens are kept or not in raster order.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.graph import TensorId
from ovxai_patterns.positions import NOWHERE, Positions

from ovxai_passes.branch import Branch
from ovxai_passes.constants import constant_like
from ovxai_passes.methods.rows import as_rows


def activation_map(source: TensorId, positions: Positions, target: ov.Output) -> Branch:
    """Branch target → S [N,h,w] f32. `target`: the tensor `source` of the model, with its `positions`."""
    feature = ops.parameter(target.get_partial_shape(), target.get_element_type(), name="target")
    ids, grid = positions.ids, positions.grid
    rows = as_rows(feature, positions)
    weights = constant_like(np.full((rows.channels, 1), 1 / rows.channels), target.get_element_type())
    mean: ov.Node = ops.matmul(rows.value, weights, transpose_a=rows.channels_first, transpose_b=False)
    order = np.argsort(ids.reshape(-1), kind="stable")[int((ids == NOWHERE).sum()) :]
    if not np.array_equal(order, np.arange(ids.size)):
        mean = ops.gather(mean, ops.constant(order), ops.constant(1))
    if target.get_element_type() != ov.Type.f32:
        mean = ops.convert(mean, "f32")
    saliency = ops.reshape(mean, ops.constant([0, *grid]), special_zero=True)
    return Branch(ov.Model([ops.result(saliency)], [feature], "branch"), (source,))
