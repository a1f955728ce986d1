"""DetClassProbabilityMap: the class scores of a detector at every place, of all its levels.

    L_l[n,k,p] = max over anchors a of z_l[n,(a,k),p]          z: class scores before the activation
    S[n,k]     = softmax over k of  mean over levels l of  resize(L_l[n,k])         (softmax: more than one class)

    z_l ─▶ GroupConvolution by 1 ─▶ Gather channels of classes ─▶ ReduceMax over anchors ─▶ Interpolate ─▶ Add ...
    ... ─▶ Multiply 1/levels ─▶ Softmax ─▶ Gather the classes asked for ─▶ S [N,K,h,w] f32

With `objectness`, z is sigmoid(class score) * sigmoid(objectness). The background is no class. The resize is bilinear,
between the middles of cells, without antialiasing. The convolution by 1 keeps the original outputs' precision
(`fence.py`) and takes any height and width. Where a plugin computes a head and its activation in one kernel, the head
is computed again, from a fence on. Source: openvino_xai 1.1.0, DetClassProbabilityMap.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.class_heads import Level, Objectness
from ovxai_patterns.graph import ModelGraph, TensorId
from ovxai_patterns.site import Edge

from ovxai_passes.branch import Branch
from ovxai_passes.fence import fenced


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
    heads = _Heads(graph)
    maps = []
    for level in levels:
        best = _best_anchor(heads, level, objectness)
        maps.append(_resized(best, size))
    mean: ov.Node = ops.multiply(reduce(ops.add, maps), ops.constant(np.float32(1 / len(levels))))
    if len(levels[0].channels) > 1:
        mean = ops.softmax(mean, 1)
    if chosen is not None:
        mean = ops.gather(mean, ops.constant(list(chosen)), ops.constant(1))
    return Branch(ov.Model([ops.result(mean)], list(heads.inputs.values()), "branch"), tuple(heads.inputs))


class _Heads:
    """The tensors of heads inside a branch; `inputs`: its parameters, by the tensors of the model that feed them."""

    def __init__(self, graph: ModelGraph) -> None:
        self.inputs: dict[TensorId, ov.Node] = {}
        self._graph = graph
        self._copy = ModelGraph(graph.model.clone())
        self._made: dict[TensorId, ov.Output] = {}

    def value(self, part: Level | Objectness) -> ov.Output:
        """A head's tensor: read from the model, or computed again from the features that the layer reads."""
        if part.tensor not in self._made:
            if part.layer is None:
                self._made[part.tensor] = self._input(part.tensor).output(0)
            else:
                self._made[part.tensor] = self._again(part.tensor, part.layer)
        return self._made[part.tensor]

    def _input(self, source: TensorId) -> ov.Node:
        if source not in self.inputs:
            output = self._graph.output(source)
            self.inputs[source] = ops.parameter(output.get_partial_shape(), output.get_element_type())
        return self.inputs[source]

    def _again(self, tensor: TensorId, layer: Edge) -> ov.Output:
        """The fence keeps a plugin from finding that the layer is there already."""
        features = fenced(self._input(self._graph.inputs_of(layer[0])[layer[1]]).output(0))
        self._copy.ops[layer[0]].input(layer[1]).replace_source_output(features)
        return self._copy.output(tensor)


def _best_anchor(heads: _Heads, level: Level, objectness: bool) -> ov.Node:
    """Class scores [N,K,h,w] f32 of a level, the best of its anchors."""
    scores = _channels_first(heads.value(level), level, level.axis)
    there = None
    if objectness and level.objectness is not None:
        there = _channels_first(heads.value(level.objectness), level, level.objectness.axis)
    count, classes = len(level.channels[0]), len(level.channels)
    value = _taken(scores, [channels[anchor] for anchor in range(count) for channels in level.channels])
    if there is not None and level.objectness is not None:
        said = level.objectness.channels
        beside = _taken(there, [said[anchor % len(said)] for anchor in range(count) for _ in range(classes)])
        value = ops.multiply(ops.sigmoid(value), ops.sigmoid(beside))
    if count == 1:
        return value
    rows = ops.reshape(value, ops.constant([0, count, classes, -1]), special_zero=True)
    best = ops.reduce_max(rows, ops.constant([1]), keep_dims=False)
    grid = ops.gather(ops.shape_of(value, "i64"), ops.constant([2, 3]), ops.constant(0))
    return ops.reshape(best, ops.concat([ops.constant([0, classes]), grid], 0), special_zero=True)


def _channels_first(head: ov.Output, level: Level, axis: int) -> ov.Node:
    """The values of a level as [N,C,h,w] f32."""
    shape = head.get_partial_shape()
    height, width = level.grid
    value = head if head.get_element_type() == ov.Type.f32 else ops.convert(head, "f32")
    if len(shape) == 4:
        return _kept(value) if axis == 1 else _kept(ops.transpose(value, ops.constant([0, 3, 1, 2])))
    tokens = 3 - axis
    if shape[tokens].is_dynamic or shape[tokens].get_length() != height * width:
        last = level.first + height * width
        value = ops.slice(value, *(ops.constant([number]) for number in (level.first, last, 1, tokens)))
    if axis == 2:
        value = ops.transpose(value, ops.constant([0, 2, 1]))
    return _kept(ops.reshape(value, ops.constant([0, 0, height, width]), special_zero=True))


def _kept(value: ov.Node | ov.Output) -> ov.Node:
    """The same values behind a convolution by 1."""
    output = value if isinstance(value, ov.Output) else value.output(0)
    weights = np.ones((output.get_partial_shape()[1].get_length(), 1, 1, 1, 1), np.float32)
    return ops.group_convolution(value, ops.constant(weights), [1, 1], [0, 0], [0, 0], [1, 1])


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
