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
from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.positions import NOWHERE, Positions

from ovxai_passes.mapping.rows import Rows, as_rows
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.sizes import any_size, sizes_of


def feature_vector(source: TensorId, positions: Positions, target: ov.Output) -> Branch:
    """Branch target → V [N,C] f32. `target`: the tensor `source` of the model, with its `positions`."""
    places = {0, *(axis for axis, size in enumerate(positions.ids.shape) if size > 1)}
    feature = any_size(target, places, "target")
    rows = as_rows(feature, positions)
    ids = positions.ids.reshape(-1)
    kept = np.flatnonzero(ids == NOWHERE)
    factor = _token(rows, kept[0]) if kept.size else _mean(rows)
    if target.get_element_type() != ov.Type.f32:
        factor = ops.convert(factor, target.get_element_type())
    pooled: ov.Node = ops.matmul(rows.value, factor, transpose_a=not rows.channels_first, transpose_b=False)
    if target.get_element_type() != ov.Type.f32:
        pooled = ops.convert(pooled, "f32")
    vector = ops.reshape(pooled, ops.constant([0, rows.channels]), special_zero=True)
    return Branch(ov.Model([ops.result(vector)], [feature], "branch"), (source,))


def _count(rows: Rows) -> ov.Node:
    """P as a tensor i64 [1]."""
    return sizes_of(rows.value, [2 if rows.channels_first else 1])


def _mean(rows: Rows) -> ov.Node:
    """[P,1] f32 of 1/P."""
    share = ops.divide(ops.constant(np.float32(1)), ops.convert(_count(rows), "f32"))
    return ops.broadcast(share, ops.concat([_count(rows), ops.constant([1])], 0))


def _token(rows: Rows, place: int) -> ov.Node:
    """[P,1] f32, 1 at one entry."""
    places = ops.range(ops.constant(0), ops.squeeze(_count(rows), ops.constant([0])), ops.constant(1), "i64")
    return ops.unsqueeze(ops.convert(ops.equal(places, ops.constant(np.int64(place))), "f32"), ops.constant([1]))
