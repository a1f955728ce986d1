"""The scores of all boxes that a detector's class heads predict, one level behind the other.

    Z [N,K,T]   class scores before the activation          box t: level by level, anchor by anchor, cell by cell
    O [N,1,T]   objectness before its sigmoid, where it counts
    Q [N,K,T]   log odds, log s / (1 - s), of the score s = p(Z) sigmoid(O)      p: sigmoid, or softmax over classes

    log odds of sigmoid(z): z    of softmax: z_c - log sum over j != c of exp z_j
    of the product of scores with log odds a and b: -log(exp(-a) + exp(-b) + exp(-a - b))

    head ─▶ rows [N,C,P] ─▶ Gather channels ─▶ Reshape [N,K,A·P] ─▶ Concat levels ─▶ Z

Log odds order boxes as scores do, and tell those apart that f32 rounds to 1. Channels that heads have for the
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
from ovxai_passes.ops.gathering import channels_of
from ovxai_passes.ops.sizes import sizes_of


@dataclass(frozen=True)
class Boxes:
    """`scores`: Z, `objectness`: O or None, `odds`: Q; f32. `counts`: [1] i64 for each level, boxes in it.

    `exclusive`: whether the classes of a box exclude each other.
    """

    scores: ov.Node
    objectness: ov.Node | None
    odds: ov.Node
    counts: tuple[ov.Node, ...]
    exclusive: bool


def boxes_of(graph: ModelGraph, grids: ScoredGrids) -> Boxes:
    """The boxes of all levels. Raises NoGradientError where the tokens of a level are not known."""
    levels, exclusive = grids.heads.levels, grids.heads.activation in SOFTMAX_TYPES
    by_level = [_scores(graph, level) for level in levels]
    scores = _joined(by_level)
    odds = _odds_of_shares(scores) if exclusive else scores
    counts = tuple(sizes_of(one, [2]) for one in by_level)
    said = [level.objectness for level in levels]
    if not grids.objectness:
        return Boxes(scores, None, odds, counts, exclusive)
    there = _joined([_objectness(graph, level, one) for level, one in zip(levels, said, strict=True) if one])
    return Boxes(scores, there, _odds_of_product(odds, there), counts, exclusive)


def _scores(graph: ModelGraph, level: Level) -> ov.Node:
    """[N,K,A·P] of a level."""
    rows = rows_of(graph, level.tensor, level.axis, level)
    taken = channels_of(rows, [channel for channels in level.channels for channel in channels])
    return ops.reshape(taken, ops.constant([0, len(level.channels), -1]), special_zero=True)


def _objectness(graph: ModelGraph, level: Level, said: Objectness) -> ov.Node:
    """[N,1,A·P] of a level."""
    rows = rows_of(graph, said.tensor, said.axis, level)
    taken = channels_of(rows, said.of_anchors(len(level.channels[0])))
    return ops.reshape(taken, ops.constant([0, 1, -1]), special_zero=True)


def _joined(levels: list[ov.Node]) -> ov.Node:
    return levels[0] if len(levels) == 1 else ops.concat(levels, 2)


def _odds_of_shares(scores: ov.Node) -> ov.Node:
    """Of the best class of a box the others are added up without it, because 1 - share loses what they are."""
    axis, one = ops.constant([1]), ops.constant(np.float32(1))
    less = ops.subtract(scores, ops.reduce_max(scores, axis, True))
    is_best = ops.convert(ops.equal(less, ops.constant(np.float32(0))), "f32")
    powers = ops.exp(less)
    rest = ops.reduce_sum(ops.multiply(powers, ops.subtract(one, is_best)), axis, True)
    count = ops.reduce_sum(is_best, axis, True)
    others = ops.subtract(ops.add(rest, count), powers)
    beside_best = ops.add(rest, ops.subtract(count, one))
    left = ops.select(ops.greater(is_best, ops.constant(np.float32(0))), beside_best, others)
    return ops.subtract(less, ops.log(left))


def _odds_of_product(first: ov.Node, second: ov.Node) -> ov.Node:
    minus = ops.constant(np.float32(-1))
    parts = [ops.multiply(first, minus), ops.multiply(second, minus)]
    parts.append(ops.add(*parts))
    most = ops.maximum(ops.maximum(parts[0], parts[1]), parts[2])
    powers = [ops.exp(ops.subtract(part, most)) for part in parts]
    total = ops.add(ops.add(powers[0], powers[1]), powers[2])
    return ops.multiply(ops.add(most, ops.log(total)), minus)
