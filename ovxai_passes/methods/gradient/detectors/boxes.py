"""The scores of all boxes that a detector's class heads predict, one level behind the other.

    Z [N,K,T]   class scores before the activation          box t: level by level, anchor by anchor, cell by cell
    O [N,1,T]   objectness before its sigmoid, where it counts
    Q [N,K,T] = log p(Z) + log sigmoid(O)                   p: sigmoid, or softmax over classes

    head ─▶ rows [N,C,P] ─▶ Gather channels ─▶ Reshape [N,K,A·P] ─▶ Concat levels ─▶ Z

Q orders boxes as probabilities do, and still tells those apart that f32 rounds to 1. Channels that heads have for the
background are classes here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.op_traits import SOFTMAX_TYPES
from ovxai_patterns.detector.class_heads import Level, Objectness

from ovxai_passes.methods.gradient.detectors.heads import rows_of
from ovxai_passes.methods.target import ScoredGrids


@dataclass(frozen=True)
class Boxes:
    """`scores`: Z, `objectness`: O or None, `logarithms`: Q; f32. `counts`: [1] i64 for each level, boxes in it.

    `exclusive`: whether the classes of a box exclude each other.
    """

    scores: ov.Node
    objectness: ov.Node | None
    logarithms: ov.Node
    counts: tuple[ov.Node, ...]
    exclusive: bool


def boxes_of(graph: ModelGraph, grids: ScoredGrids) -> Boxes:
    """The boxes of all levels. Raises NoGradientError where the tokens of a level are not known."""
    levels, exclusive = grids.heads.levels, grids.heads.activation in SOFTMAX_TYPES
    by_level = [_scores(graph, level) for level in levels]
    scores = _joined(by_level)
    chances = ops.log_softmax(scores, 1) if exclusive else _log_sigmoid(scores)
    counts = tuple(_count(one) for one in by_level)
    said = [level.objectness for level in levels]
    if not grids.objectness:
        return Boxes(scores, None, chances, counts, exclusive)
    there = _joined([_objectness(graph, level, one) for level, one in zip(levels, said, strict=True) if one])
    return Boxes(scores, there, ops.add(chances, _log_sigmoid(there)), counts, exclusive)


def beside(said: Objectness, anchors: int) -> list[int]:
    """The channel of objectness of each anchor."""
    return [said.channels[anchor % len(said.channels)] for anchor in range(anchors)]


def _scores(graph: ModelGraph, level: Level) -> ov.Node:
    """[N,K,A·P] of a level."""
    rows = rows_of(graph, level.tensor, level.axis, level)
    taken = _taken(rows, [channel for channels in level.channels for channel in channels])
    return ops.reshape(taken, ops.constant([0, len(level.channels), -1]), special_zero=True)


def _objectness(graph: ModelGraph, level: Level, said: Objectness) -> ov.Node:
    """[N,1,A·P] of a level."""
    rows = rows_of(graph, said.tensor, said.axis, level)
    taken = _taken(rows, beside(said, len(level.channels[0])))
    return ops.reshape(taken, ops.constant([0, 1, -1]), special_zero=True)


def _taken(rows: ov.Output, channels: list[int]) -> ov.Output:
    if channels == list(range(rows.get_partial_shape()[1].get_length())):
        return rows
    return ops.gather(rows, ops.constant(channels), ops.constant(1)).output(0)


def _joined(levels: list[ov.Node]) -> ov.Node:
    return levels[0] if len(levels) == 1 else ops.concat(levels, 2)


def _count(rows: ov.Node) -> ov.Node:
    return ops.gather(ops.shape_of(rows, "i64"), ops.constant([2]), ops.constant(0))


def _log_sigmoid(value: ov.Node) -> ov.Node:
    minus = ops.constant(np.float32(-1))
    return ops.multiply(ops.softplus(ops.multiply(value, minus)), minus)
