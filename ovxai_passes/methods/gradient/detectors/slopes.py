"""What is differentiated, as cotangents of the tensors of class heads: 0 but at the best box.

                       by the class scores z of that box                          by its objectness o
    logit              e_c                                                        0
    log-probability    (1 - p_c) e_c, or e_c - p where classes exclude each other  1 - sigmoid(o)
    probability        the same times p_c sigmoid(o)

e_c: 1 for class c, 0 for all others; p: sigmoid or softmax of z.

    H [N,k,T] ─▶ MatMul Z ─▶ z [N,k,K] ─▶ slopes ─▶ Multiply H, level by level ─▶ Gather channels ─▶ cotangents
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.detector.class_heads import Level

from ovxai_passes.methods.gradient.detectors.best import BestBoxes
from ovxai_passes.methods.gradient.detectors.boxes import Boxes
from ovxai_passes.methods.gradient.detectors.heads import as_head
from ovxai_passes.methods.gradient.differentiated import log_slopes
from ovxai_passes.vocabulary import GradientOf


def head_cotangents(
    graph: ModelGraph, levels: Sequence[Level], boxes: Boxes, best: BestBoxes, gradient_of: GradientOf
) -> tuple[dict[TensorId, ov.Output], int]:
    """The cotangent of each tensor of the heads, and how many axes of classes are in front: 0 for one class, else 1."""
    of_scores, of_objectness = _slopes(boxes, best, gradient_of)
    hot = ops.variadic_split(best.hot, ops.constant(2), ops.concat(list(boxes.counts), 0)).outputs()
    parts: dict[TensorId, dict[int, ov.Node]] = {}
    axes: dict[TensorId, int] = {}
    for level, box in zip(levels, hot, strict=True):
        at = ops.reshape(box, ops.constant([0, 0, len(level.channels[0]), -1]), special_zero=True)
        _add(parts, level.tensor, level.first, _by_class(graph, level, of_scores, at))
        axes[level.tensor] = level.axis
        if of_objectness is not None and level.objectness is not None:
            said = level.objectness
            _add(parts, said.tensor, level.first, _by_anchor(graph, level, of_objectness, at))
            axes[said.tensor] = said.axis
    count = best.rows.count
    return {
        tensor: as_head(graph, tensor, axes[tensor], [found[first] for first in sorted(found)], count)
        for tensor, found in parts.items()
    }, int(count > 1)


def _slopes(boxes: Boxes, best: BestBoxes, gradient_of: GradientOf) -> tuple[ov.Node, ov.Node | None]:
    """Gradients [N,k,K] by the class scores of the best box, and [N,k,1] by its objectness."""
    classes = boxes.scores.get_output_partial_shape(0)[1].get_length()
    zero, one = ops.constant(np.float32(0)), ops.constant(np.float32(1))
    own: ov.Node = ops.one_hot(best.rows.classes, ops.constant(classes), one, zero, -1)
    if gradient_of is GradientOf.LOGIT:
        return own, None
    scores = ops.matmul(best.hot, boxes.scores, False, True)
    of_scores, probability = log_slopes(scores, own, boxes.exclusive)
    of_objectness = None
    if boxes.objectness is not None:
        there = ops.matmul(best.hot, boxes.objectness, False, True)
        of_objectness = ops.sigmoid(ops.negative(there))
        probability = ops.multiply(probability, ops.sigmoid(there))
    if gradient_of is GradientOf.PROBABILITY:
        of_scores = ops.multiply(of_scores, probability)
        of_objectness = None if of_objectness is None else ops.multiply(of_objectness, probability)
    return of_scores, of_objectness


def _by_class(graph: ModelGraph, level: Level, slopes: ov.Node, at: ov.Node) -> ov.Node:
    """[N,k,C,P] of the channels of a level; `at`: [N,k,A,P]."""
    product = ops.multiply(ops.unsqueeze(slopes, ops.constant([3, 4])), ops.unsqueeze(at, ops.constant([2])))
    scored = [channel for channels in level.channels for channel in channels]
    rows = ops.reshape(product, ops.constant([0, 0, len(scored), -1]), special_zero=True)
    count = graph.output(level.tensor).get_partial_shape()[level.axis].get_length()
    if scored == list(range(count)):
        return rows
    if len(scored) < count:
        zeros = [ops.constant([0, 0, end, 0]) for end in (0, 1)]
        rows = ops.pad(rows, zeros[0], zeros[1], "constant", ops.constant(np.float32(0)))
    places = [scored.index(channel) if channel in scored else len(scored) for channel in range(count)]
    return ops.gather(rows, ops.constant(places), ops.constant(2))


def _by_anchor(graph: ModelGraph, level: Level, slopes: ov.Node, at: ov.Node) -> ov.Node:
    """[N,k,C,P] of the channels that hold a level's objectness; channels that several anchors share are added to."""
    said = level.objectness
    assert said is not None, "there is objectness"
    count = graph.output(said.tensor).get_partial_shape()[said.axis].get_length()
    channels = said.of_anchors(len(level.channels[0]))
    matrix = (np.arange(count)[:, None] == np.array(channels)).astype(np.float32)
    return ops.matmul(ops.constant(matrix), ops.multiply(ops.unsqueeze(slopes, ops.constant([3])), at), False, False)


def _add(parts: dict[TensorId, dict[int, ov.Node]], tensor: TensorId, first: int, rows: ov.Node) -> None:
    there = parts.setdefault(tensor, {})
    there[first] = rows if first not in there else ops.add(there[first], rows)
