"""The feature vector: the class token of the target, or the mean of its positions.

    V[n,c] = 1/P sum_p F[n,c,p]        V[n,c] = F[n,c,t] for the class token t, the first of kept tokens

    F ─▶ Transpose? ─▶ Reshape [N,P,C] ─▶ MatMul with [P,1] ─▶ Reshape ─▶ V [N,C] f32

What openvino-model-api and data sets indexed by features read beside the map (output `feature_vector`). A MatMul, for
what `activation_map.py` says.
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


def feature_vector(source: TensorId, positions: Positions, target: ov.Output) -> Branch:
    """Branch target → V [N,C] f32. `target`: the tensor `source` of the model, with its `positions`."""
    feature = ops.parameter(target.get_partial_shape(), target.get_element_type(), name="target")
    rows = as_rows(feature, positions)
    ids = positions.ids.reshape(-1)
    kept = np.flatnonzero(ids == NOWHERE)
    weights = np.zeros((ids.size, 1))
    weights[kept[:1] if kept.size else slice(None)] = 1 if kept.size else 1 / ids.size
    factor = constant_like(weights, target.get_element_type())
    pooled: ov.Node = ops.matmul(rows.value, factor, transpose_a=not rows.channels_first, transpose_b=False)
    if target.get_element_type() != ov.Type.f32:
        pooled = ops.convert(pooled, "f32")
    vector = ops.reshape(pooled, ops.constant([0, rows.channels]), special_zero=True)
    return Branch(ov.Model([ops.result(vector)], [feature], "branch"), (source,))
