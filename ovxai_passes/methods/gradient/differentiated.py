"""What gradient methods differentiate, as cotangents of the class scores; and the classes that have maps.

                                           where classes do not exclude each other
    logit            d z_c / d z     = e_c               e_c
    probability      d p_c / d z     = p_c (e_c - p)     p_c (1 - p_c) e_c
    log-probability  d log p_c / d z = e_c - p           (1 - p_c) e_c

e_c: 1 for class c, 0 for all others; p: softmax of the scores z, or their sigmoid. A softmax at the end of the model is
part of these equations, not of the backward walk.

    z [N,K] ─▶ TopK ─▶ classes [N,k] ─▶ OneHot ─▶ Transpose [k,N,K] ─▶ cotangent, of the shape of the scores behind k
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.classifier.scores import Scores

from ovxai_passes.methods.target import Target
from ovxai_passes.ops.gathering import best_classes, flat_scores
from ovxai_passes.ops.sizes import sizes_of
from ovxai_passes.vocabulary import GradientOf


@dataclass(frozen=True)
class ClassRows:
    """Classes [N,k] i64 with a row of the map each, `count` of them."""

    classes: ov.Output
    count: int


def class_rows(graph: ModelGraph, target: Target, scores: Scores, with_peak: bool) -> ClassRows:
    """The classes that are asked for: given ones, or all in their order, or the best ones of each image.

    `with_peak`: behind given ones the best one of each image, for the scale.
    """
    output = graph.output(scores.shown)
    flat = flat_scores(output, output, scores.classes)
    return rows_of_classes(target, flat, range(scores.classes), lambda count: best_classes(flat, count), with_peak)


def rows_of_classes(
    target: Target,
    scores: ov.Node | ov.Output,
    every: Sequence[int],
    best: Callable[[int], ov.Output],
    with_peak: bool,
) -> ClassRows:
    """As `class_rows`, for the batch of `scores`.

    `every`: all classes that can have maps; `best`: so many of each image, [N,count].
    """
    if target.chosen is None and target.top_k is not None:
        return ClassRows(best(target.top_k), target.top_k)
    numbers = np.array(every if target.chosen is None else target.chosen, np.int64)
    shape = ops.concat([sizes_of(scores, [0]), ops.constant([len(numbers)])], 0)
    rows = ops.broadcast(ops.constant(numbers), shape)
    if not with_peak:
        return ClassRows(rows.output(0), len(numbers))
    return ClassRows(ops.concat([rows, best(1)], 1).output(0), len(numbers) + 1)


def cotangents(
    graph: ModelGraph, scores: Scores, rows: ClassRows, gradient_of: GradientOf, exclusive: bool
) -> tuple[ov.Output, int]:
    """Cotangents of the class scores, and how many axes of classes they have in front: 0 for one class, else 1.

    `exclusive`: whether one class is right, and the others are not.
    """
    output = graph.output(scores.tensor)
    flat = flat_scores(output, output, scores.classes)
    zero, one = ops.constant(np.float32(0)), ops.constant(np.float32(1))
    hot: ov.Node = ops.one_hot(rows.classes, ops.constant(scores.classes), one, zero, -1)
    lead = int(rows.count > 1)
    hot = ops.transpose(hot, ops.constant([1, 0, 2])) if lead else ops.squeeze(hot, ops.constant([1]))
    if gradient_of is not GradientOf.LOGIT:
        hot, own = log_slopes(flat, hot, exclusive)
        if gradient_of is GradientOf.PROBABILITY:
            hot = ops.multiply(hot, own)
    return as_cotangent(hot, output, rows.count), lead


def as_cotangent(value: ov.Node, output: ov.Output, count: int) -> ov.Output:
    """A cotangent of a tensor, of its type and shape, with the count of classes in front where there are several."""
    element = output.get_element_type()
    value = value if element == ov.Type.f32 else ops.convert(value, element.get_type_name())
    if len(output.get_partial_shape()) == 2:  # rows of scores
        return value.output(0)
    shape = ops.shape_of(output, "i64")
    whole = ops.concat([ops.constant([count]), shape], 0) if count > 1 else shape
    return ops.reshape(value, whole, False).output(0)


def log_slopes(scores: ov.Node | ov.Output, hot: ov.Node, exclusive: bool) -> tuple[ov.Node, ov.Node]:
    """The gradient of log p_c by scores, and p_c, with classes along the last axis. `hot`: 1 at class c, else 0."""
    last = ops.constant([-1])
    if not exclusive:
        own = ops.multiply(ops.sigmoid(scores), hot)
        left = ops.sigmoid(ops.negative(scores))  # 1 - p, also where f32 rounds p to 1
        return ops.multiply(left, hot), ops.reduce_sum(own, last, True)
    shares = ops.softmax(scores, -1)
    own = ops.multiply(shares, hot)
    others = ops.subtract(shares, own)
    left = ops.reduce_sum(others, last, True)
    return ops.subtract(ops.multiply(left, hot), others), ops.reduce_sum(own, last, True)
