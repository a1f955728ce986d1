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
from ovxai_patterns.positions import NOWHERE
from ovxai_patterns.site import Site

from ovxai_passes.branch import Branch
from ovxai_passes.constants import constant_like


def activation_map(site: Site, target: ov.Output) -> Branch:
    """Branch target → S [N,h,w] f32. `target`: the site's target in the model, for shape and type."""
    feature = ops.parameter(target.get_partial_shape(), target.get_element_type(), name="target")
    ids, grid, shape = site.positions.ids, site.positions.grid, target.get_partial_shape()
    places = [axis for axis, size in enumerate(ids.shape) if size > 1]
    channels = [axis for axis in range(1, len(shape)) if axis not in places]
    count = int(np.prod([shape[axis].get_length() for axis in channels]))
    channels_first = max(channels, default=0) < min(places)
    value: ov.Node = feature
    if not channels_first and places != list(range(1, len(places) + 1)):
        value = ops.transpose(value, ops.constant([0, *places, *channels]))
    flat = [0, count, ids.size] if channels_first else [0, ids.size, count]
    rows = ops.reshape(value, ops.constant(flat), special_zero=True)
    weights = constant_like(np.full((count, 1), 1 / count), target.get_element_type())
    mean: ov.Node = ops.matmul(rows, weights, transpose_a=channels_first, transpose_b=False)
    order = np.argsort(ids.reshape(-1), kind="stable")[int((ids == NOWHERE).sum()) :]
    if not np.array_equal(order, np.arange(ids.size)):
        mean = ops.gather(mean, ops.constant(order), ops.constant(1))
    if target.get_element_type() != ov.Type.f32:
        mean = ops.convert(mean, "f32")
    saliency = ops.reshape(mean, ops.constant([0, *grid]), special_zero=True)
    return Branch(ov.Model([ops.result(saliency)], [feature], "branch"), (site.target,))
