"""Entries along an axis: those of all images, and those that each image chooses for itself.

    R[n,..,j,..] = D[n,..,I[n,j],..]

A GatherElements, because the CPU plugin's Gather with batch_dims = 1 (2026.4.1) reads and writes past its tensors where
2 to 16 elements lie behind the axis.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops


def chosen_by_image(data: ov.Node | ov.Output, indices: ov.Node | ov.Output, axis: int) -> ov.Node:
    """Entries `indices` [N,k] of `data` [N,...] along `axis`, which is not the first."""
    output = data if isinstance(data, ov.Output) else data.output(0)
    shape = output.get_partial_shape()
    others = [place for place in range(1, len(shape)) if place != axis]
    if not others:
        return ops.gather(output, indices, ops.constant(axis), 1)
    if all(shape[place].is_static for place in others):
        around: ov.Node = ops.constant([shape[a].get_length() if a in others else 1 for a in range(len(shape))])
    else:
        ones = ops.constant(np.ones(2, np.int64))
        around = ops.scatter_update(ops.shape_of(output), ops.constant([0, axis]), ones, ops.constant(0))
    spread = ops.broadcast(ops.unsqueeze(indices, ops.constant(others)), around, broadcast_spec="BIDIRECTIONAL")
    return ops.gather_elements(output, spread, axis)


def channels_of(value: ov.Node | ov.Output, channels: Sequence[int]) -> ov.Node | ov.Output:
    """The channels of [N,C,...] in this order; the tensor itself where these are all of them in their own."""
    output = value if isinstance(value, ov.Output) else value.output(0)
    if list(channels) == list(range(output.get_partial_shape()[1].get_length())):
        return value
    return ops.gather(output, ops.constant(list(channels)), ops.constant(1))


def flat_scores(scores: ov.Node | ov.Output, output: ov.Output, classes: int) -> ov.Node | ov.Output:
    """The model's own scores, a tensor like `output`, as [N,K] f32."""
    flat = scores if len(output.get_partial_shape()) == 2 else ops.reshape(scores, ops.constant([-1, classes]), False)
    return flat if output.get_element_type() == ov.Type.f32 else ops.convert(flat, "f32")


def best_classes(scores: ov.Node | ov.Output, count: int) -> ov.Output:
    """The best classes of each image [N,count] i64, by scores [N,K]; of equal ones the first."""
    return ops.topk(scores, ops.constant(count), 1, "max", "value", "i64", stable=True).output(1)
