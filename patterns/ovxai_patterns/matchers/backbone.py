"""The last feature map of a network without attention, and how the class scores read it."""

from __future__ import annotations

import math

import openvino as ov

from ovxai_patterns.matchers.conditions import Condition, has_rank, sizes_of
from ovxai_patterns.matchers.parts import (
    LAYOUT_STEPS,
    LEARNED_STEP,
    MAP,
    MOVE_STEPS,
    ONE_PLACE_STEP,
    UNIT_STEPS,
    is_half_pooled,
    learned,
    pooled,
    pooled_in_steps,
    result,
)
from ovxai_patterns.matchers.pattern import GraphPattern, Match
from ovxai_patterns.matchers.pen import Pen

_HIDDEN_STEPS = (*UNIT_STEPS, LEARNED_STEP)


class LastFeatureMap(GraphPattern):
    """A feature map that is pooled and then classified.

    target ─▶ [layout] ─▶ pooling ─▶ [layout, norm, activation, hidden layers] ─▶ classifier ─▶ [softmax] ─▶ Result

    Binds `target` [N,C,h,w], [N,h,w,C] or tokens [N,T,C], `pooling`, `classifier`. The pooling leaves one place of all,
    in one step or in two, one axis each, of which `pooling` is the last. A gate (squeeze and excitation) pools as well,
    but leads to no Result by a path of single operations. A class token may stand beside what the pooling leaves
    (DINOv2): target ─▶ one row, the mean of the others ─▶ Concat.
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """The graph."""
        target = pen.any(MAP, name="target")
        vector = pooled_in_steps(pen, pen.path(target, LAYOUT_STEPS, 3))
        features = pen.path(pen.either(vector, _beside_token(pen)), _HIDDEN_STEPS, 9)
        return result(pen, learned(pen, features, "classifier"))


def _beside_token(pen: Pen) -> ov.Node:
    tokens = pen.any(has_rank(3), name="target")
    others = pen.path(tokens, MOVE_STEPS, 1)
    return pen.op("Concat", pen.path(tokens, MOVE_STEPS, 2), pen.path(pooled(pen, others), LAYOUT_STEPS, 1))


class ScoresPooledLast(GraphPattern):
    """A map of class scores that is pooled (SqueezeNet).

    classifier ─▶ [bias, norm, activation] = target ─▶ [layout] ─▶ pooling ─▶ [layout, softmax] ─▶ Result

    Binds `classifier`, `target` [N,K,h,w] or [N,h,w,K], `pooling`. No layer with weights follows.
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """The graph."""
        scores = pen.path(learned(pen, pen.any(has_rank(4)), "classifier"), UNIT_STEPS, 4, name="target")
        return result(pen, pooled_in_steps(pen, pen.path(scores, LAYOUT_STEPS, 2)))


class FlattenedReadOut(GraphPattern):
    """A feature map that a matrix reads with a weight of its own for each place (VGG, LeNet).

    target ─▶ [pooling to a grid, layout] ─▶ Reshape [N,C*h*w] ─▶ MatMul ─▶ [activation, hidden layers] ─▶ Result
    target ─▶ Convolution with a kernel as large as the map ─▶ [activation, hidden layers] ─▶ Result

    Binds `target` [N,C,h,w] or [N,h,w,C], and `classifier`, the layer that reads all places.
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """The graph."""
        target = pen.any(MAP, name="target")
        flat = pen.op(("Reshape", "Squeeze"), pen.path(target, LAYOUT_STEPS, 2), pen.any(), where=[_FLATTENS])
        matrix = pen.op("MatMul", pen.path(flat, UNIT_STEPS, 4), pen.any(), name="classifier")
        whole = pen.op("Convolution", target, pen.any(), where=[_READS_WHOLE_MAP], name="classifier")
        return result(pen, pen.path(pen.either(matrix, whole), (*_HIDDEN_STEPS, ONE_PLACE_STEP), 12))

    @staticmethod
    def check(match: Match) -> str:
        """The target has all axes of the grid."""
        return "reads what a pooling over one axis leaves of a map" if is_half_pooled(match["target"]) else ""


def _flattens(output: ov.Output) -> bool:
    before, after = sizes_of(output.get_node().input_value(0)), sizes_of(output)
    return len(before) > len(after) == 2 and after[1] == math.prod(before[1:]) > max(before[1:])


def _reads_whole_map(output: ov.Output) -> bool:
    before, kernel = sizes_of(output.get_node().input_value(0)), sizes_of(output.get_node().input_value(1))
    return kernel[2:] == before[2:] and math.prod(kernel[2:]) > 1 and set(sizes_of(output)[2:]) == {1}


_FLATTENS = Condition("does not lay all places and channels out in one row", _flattens)
_READS_WHOLE_MAP = Condition("has a kernel of another size than the map", _reads_whole_map)
