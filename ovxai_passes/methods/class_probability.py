"""DetClassProbabilityMap: the class scores of a detector at every place, of all its levels.

    L_l[n,k,p] = max over anchors a of z_l[n,(a,k),p]          z: class scores before the activation
    S[n,k]     = softmax over k of  mean over levels l of  resize(L_l[n,k])         (softmax: more than one class)

    z_l ─▶ Gather channels of classes ─▶ Maximum over anchors ─▶ GroupConvolution by 1/levels ─▶ Interpolate ─▶ Add ...
    ... ─▶ Softmax ─▶ Gather the classes asked for ─▶ S [N,K,h,w] f32

With `objectness`, z is sigmoid(class score) * sigmoid(objectness). The background is no class. The resize is bilinear,
between the middles of cells, without antialiasing. The mean is made by a convolution, which keeps the original outputs'
precision (`fence.py`) and takes any height and width. Source: openvino_xai 1.1.0, DetClassProbabilityMap.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.class_heads import Level
from ovxai_patterns.graph import ModelGraph, TensorId

from ovxai_passes.branch import Branch


def class_probability_map(
    graph: ModelGraph,
    levels: Sequence[Level],
    size: tuple[int, int],
    objectness: bool = False,
    chosen: Sequence[int] | None = None,
) -> Branch:
    """Branch of levels of class heads → S [N,K,h,w] f32.

    `graph`: of the model; `size`: (h, w) of the map; `chosen`: places among the levels' classes, None for all.
    """
    sources = _sources(levels, objectness)
    inputs = {
        source: ops.parameter(graph.output(source).get_partial_shape(), graph.output(source).get_element_type())
        for source in sources
    }
    maps = []
    for level in levels:
        best = _best_anchor(inputs, level, objectness)
        classes = len(level.channels)
        weights = np.full((classes, 1, 1, 1, 1), 1 / len(levels), np.float32)
        share = ops.group_convolution(best, ops.constant(weights), [1, 1], [0, 0], [0, 0], [1, 1])
        maps.append(_resized(share, size))
    mean: ov.Node = reduce(ops.add, maps)
    if len(levels[0].channels) > 1:
        mean = ops.softmax(mean, 1)
    if chosen is not None:
        mean = ops.gather(mean, ops.constant(list(chosen)), ops.constant(1))
    return Branch(ov.Model([ops.result(mean)], list(inputs.values()), "branch"), sources)


def _sources(levels: Sequence[Level], objectness: bool) -> tuple[TensorId, ...]:
    tensors = [level.tensor for level in levels]
    tensors += [level.objectness[0] for level in levels if objectness and level.objectness]
    return tuple(dict.fromkeys(tensors))


def _best_anchor(inputs: dict[TensorId, ov.Node], level: Level, objectness: bool) -> ov.Node:
    """Class scores [N,K,h,w] f32 of a level, the best of its anchors."""
    scores = _channels_first(inputs[level.tensor], level, level.axis)
    there = None
    if objectness and level.objectness is not None:
        tensor, axis, channels = level.objectness
        there = (_channels_first(inputs[tensor], level, axis), channels)
    anchors = []
    for anchor in range(len(level.channels[0])):
        value = _taken(scores, [channels[anchor] for channels in level.channels])
        if there is not None:
            said = _taken(there[0], [there[1][anchor if len(there[1]) > 1 else 0]])
            value = ops.multiply(ops.sigmoid(value), ops.sigmoid(said))
        anchors.append(value)
    return reduce(ops.maximum, anchors)


def _channels_first(value: ov.Node, level: Level, axis: int) -> ov.Node:
    """The values of a level as [N,C,h,w] f32."""
    shape = value.get_output_partial_shape(0)
    height, width = level.grid
    if value.get_output_element_type(0) != ov.Type.f32:
        value = ops.convert(value, "f32")
    if len(shape) == 4:
        return value if axis == 1 else ops.transpose(value, ops.constant([0, 3, 1, 2]))
    tokens = 3 - axis
    if shape[tokens].is_dynamic or shape[tokens].get_length() != height * width:
        last = level.first + height * width
        value = ops.slice(value, *(ops.constant([number]) for number in (level.first, last, 1, tokens)))
    if axis == 2:
        value = ops.transpose(value, ops.constant([0, 2, 1]))
    return ops.reshape(value, ops.constant([0, 0, height, width]), special_zero=True)


def _taken(value: ov.Node, channels: Sequence[int]) -> ov.Node:
    count = value.get_output_partial_shape(0)[1].get_length()
    if list(channels) == list(range(count)):
        return value
    return ops.gather(value, ops.constant(list(channels)), ops.constant(1))


def _resized(value: ov.Node, size: tuple[int, int]) -> ov.Node:
    shape = value.get_output_partial_shape(0)
    if [dim.get_length() if dim.is_static else None for dim in list(shape)[2:]] == list(size):
        return value
    return ops.interpolate(
        value,
        ops.constant(list(size)),
        "linear_onnx",
        "sizes",
        axes=ops.constant([2, 3]),
        coordinate_transformation_mode="half_pixel",
    )
