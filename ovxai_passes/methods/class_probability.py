"""DetClassProbabilityMap: the class scores of a detector at every place, of all its levels.

    L_l[n,k,p] = max over anchors a of z_l[n,(a,k),p]          z: class scores before the activation
    S[n,k]     = softmax over k of  mean over levels l of  resize(L_l[n,k])         (softmax: more than one class)

    z_l ─▶ GroupConvolution by 1 ─▶ Gather channels of classes ─▶ ReduceMax over anchors ─▶ Interpolate ─▶ Add ...
    ... ─▶ Multiply 1/levels ─▶ Softmax ─▶ Gather the classes asked for ─▶ S [N,K,h,w] f32

With `objectness`, z is sigmoid(class score) * sigmoid(objectness). Maps from zero are of probabilities, without the
softmax over k: z is sigmoid(class score), or the softmax over the classes and background of a place where the detector
takes that, times sigmoid(objectness) where it has that; where some classes are asked for, the largest of all come last.
 The background is no class. The resize is bilinear,
between the middles of cells, without antialiasing. The convolution by 1 keeps the original outputs' precision
(`fence.py`) and takes any height and width. Where a plugin computes a head and its activation in one kernel, the head
is computed again, from a fence on. Grids are those of the inference: of tokens, the sides of the maps that they come
from, and where these are not at hand, the branch holds for one size of the picture and throws for others.
Source: openvino_xai 1.1.0, DetClassProbabilityMap.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import Edge, ModelGraph, TensorId
from ovxai_patterns.analysis.op_traits import SOFTMAX_TYPES
from ovxai_patterns.detector.class_heads import Level, Objectness

from ovxai_passes.methods.spec import BuildRequest, Built, MethodSpec, Reads, required
from ovxai_passes.methods.target import ScoredGrids
from ovxai_passes.methods.tokens import grids_of, tokens_of
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.fence import by_channel, fenced
from ovxai_passes.ops.gathering import channels_of
from ovxai_passes.ops.sizes import bilinear, guarded, sizes_of
from ovxai_passes.vocabulary import Method, Task


def build(request: BuildRequest) -> Built:
    """Branch of levels of class heads → S [N,K,h,w] f32."""
    grids, from_zero = required(request.target.grids), request.from_zero
    branch = class_probability_map(ModelGraph(request.model), grids, from_zero)
    return Built(branch, has_peak=from_zero and grids.rows is not None)


def class_probability_map(graph: ModelGraph, grids: ScoredGrids, from_zero: bool = False) -> Branch:
    """The branch. `graph`: of the model. `from_zero`: of probabilities."""
    levels, picture = grids.levels, grids.picture
    heads = _Heads(graph)
    if from_zero:
        best = [_best_probability(heads, grids, place) for place in range(len(levels))]
    else:
        best = [_best_anchor(heads, level, grids.objectness) for level in levels]
    size = ops.constant(list(grids.size)) if grids.sized_by is None else sizes_of(best[grids.sized_by], [2, 3])
    maps = [bilinear(one, size) for one in best]
    mean: ov.Node = ops.multiply(reduce(ops.add, maps), ops.constant(np.float32(1 / len(levels))))
    if len(levels[0].channels) > 1 and not from_zero:
        mean = ops.softmax(mean, 1)
    if grids.rows is not None:
        rows = ops.gather(mean, ops.constant(list(grids.rows)), ops.constant(1))
        mean = ops.concat([rows, ops.reduce_max(mean, ops.constant([1]), keep_dims=True)], 1) if from_zero else rows
    if any(_is_of_one_size(graph, level) for level in levels):
        shown = heads.input(picture.tensor)
        built = [shown.get_output_partial_shape(0)[axis].get_length() for axis in picture.axes]
        mean = guarded(mean.output(0), sizes_of(shown, picture.axes), built).get_node()
    return Branch(ov.Model([ops.result(mean)], list(heads.inputs.values()), "branch"), tuple(heads.inputs))


_TOKENS = 3  # axes


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
                self._made[part.tensor] = self.input(part.tensor).output(0)
            else:
                self._made[part.tensor] = self._recomputed(part.tensor, part.layer)
        return self._made[part.tensor]

    def input(self, source: TensorId) -> ov.Node:
        """The branch's parameter for a tensor of the model."""
        if source not in self.inputs:
            output = self._graph.output(source)
            self.inputs[source] = ops.parameter(output.get_partial_shape(), output.get_element_type())
        return self.inputs[source]

    def tokens_of(self, value: ov.Node | ov.Output, level: Level, axis: int) -> tuple[ov.Node | ov.Output, ov.Node]:
        """The tokens of a level, of those along an axis of a tensor; and its grid, [2] i64."""
        if level.maps is None:
            count = level.grid[0] * level.grid[1]
            ends = (level.first, level.first + count, 1, axis)
            return ops.slice(value, *(ops.constant([number]) for number in ends)), ops.constant(list(level.grid))
        return tokens_of(value, axis, grids_of(level.maps, self.input), level.place)

    def _recomputed(self, tensor: TensorId, layer: Edge) -> ov.Output:
        """The fence keeps a plugin from finding that the layer is there already."""
        place, port = layer
        features = _fenced_features(self.input(self._graph.inputs_of(place)[port]), self._graph.ops[place], port)
        self._copy.ops[place].input(port).replace_source_output(features)
        return self._copy.output(tensor)


def _is_of_one_size(graph: ModelGraph, level: Level) -> bool:
    """Whether the grid of a level cannot be read at inference."""
    return len(graph.output(level.tensor).get_partial_shape()) == _TOKENS and level.maps is None


def _fenced_features(features: ov.Node, layer: ov.Node, port: int) -> ov.Output:
    """The features that a layer reads at a port, behind a product with 1 along their channels, which are static."""
    flags = layer.get_attributes()
    if layer.get_type_name() == "MatMul" and flags["transpose_b" if port else "transpose_a"] == bool(port):
        return fenced(features.output(0))  # channels are last
    return by_channel(features).output(0)


def _best_anchor(heads: _Heads, level: Level, objectness: bool) -> ov.Node:
    """Class scores [N,K,h,w] f32 of a level, the best of its anchors."""
    scores = _channels_first(heads, heads.value(level), level, level.axis)
    there = None
    if objectness and level.objectness is not None:
        there = _channels_first(heads, heads.value(level.objectness), level, level.objectness.axis)
    count, classes = len(level.channels[0]), len(level.channels)
    value = channels_of(scores, [channels[anchor] for anchor in range(count) for channels in level.channels])
    if there is not None and level.objectness is not None:
        beside = channels_of(there, _beside(level.objectness, count, classes))
        value = ops.multiply(ops.sigmoid(value), ops.sigmoid(beside))
    return _over_anchors(value, count, classes)


def _beside(said: Objectness, count: int, classes: int) -> list[int]:
    """The channel of objectness for each anchor and class."""
    return [channel for channel in said.of_anchors(count) for _ in range(classes)]


def _best_probability(heads: _Heads, grids: ScoredGrids, place: int) -> ov.Node:
    """Class probabilities [N,K,h,w] f32 of a level, the best of its anchors."""
    level, whole = grids.levels[place], grids.heads.levels[place]
    scores = _channels_first(heads, heads.value(level), level, level.axis)
    count, classes = len(level.channels[0]), len(level.channels)
    if grids.heads.activation in SOFTMAX_TYPES:
        by_anchor = channels_of(scores, [channels[anchor] for anchor in range(count) for channels in whole.channels])
        every = len(whole.channels)
        rows = ops.reshape(by_anchor, ops.constant([0, count, every, -1]), special_zero=True)
        shares = ops.softmax(rows, 2)
        value = ops.reshape(shares, ops.shape_of(by_anchor, "i64"), False)
        kept = [whole.channels.index(channels) for channels in level.channels]
        value = channels_of(value, [anchor * every + one for anchor in range(count) for one in kept])
    else:
        value = ops.sigmoid(channels_of(scores, [channels[a] for a in range(count) for channels in level.channels]))
    if level.objectness is not None:
        there = _channels_first(heads, heads.value(level.objectness), level, level.objectness.axis)
        value = ops.multiply(value, ops.sigmoid(channels_of(there, _beside(level.objectness, count, classes))))
    return _over_anchors(value, count, classes)


def _over_anchors(value: ov.Node, count: int, classes: int) -> ov.Node:
    """The largest values [N,K,h,w] over anchors of [N,A*K,h,w]."""
    if count == 1:
        return value
    rows = ops.reshape(value, ops.constant([0, count, classes, -1]), special_zero=True)
    best = ops.reduce_max(rows, ops.constant([1]), keep_dims=False)
    grid = sizes_of(value, [2, 3])
    return ops.reshape(best, ops.concat([ops.constant([0, classes]), grid], 0), special_zero=True)


def _channels_first(heads: _Heads, head: ov.Output, level: Level, axis: int) -> ov.Node:
    """The values of a level as [N,C,h,w] f32."""
    value = head if head.get_element_type() == ov.Type.f32 else ops.convert(head, "f32")
    if len(head.get_partial_shape()) > _TOKENS:
        return by_channel(value) if axis == 1 else by_channel(ops.transpose(value, ops.constant([0, 3, 1, 2])))
    part, grid = heads.tokens_of(value, level, _TOKENS - axis)
    if axis > 1:
        part = ops.transpose(part, ops.constant([0, 2, 1]))
    return by_channel(ops.reshape(part, ops.concat([ops.constant([0, 0]), grid], 0), special_zero=True))


CLASS_PROBABILITY = MethodSpec(
    Method.DETCLASSPROBABILITYMAP, (Task.DETECTION, Task.INSTANCE_SEGMENTATION), Reads.CLASS_HEADS, True, build
)
