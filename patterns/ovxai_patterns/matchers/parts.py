"""What patterns of classifiers have in common: the steps of paths, poolings, classifying layers."""

from __future__ import annotations

import openvino as ov

from ovxai_patterns.analysis.op_traits import (
    AFFINE_TYPES,
    LAYOUT_TYPES,
    LEARNED_TYPES,
    POOLING_TYPES,
    REDUCE_TYPES,
    SAME_VALUES_TYPES,
    SHARES_TYPES,
    SOFTMAX_TYPES,
)
from ovxai_patterns.matchers.conditions import (
    WEIGHT,
    Condition,
    axes_of,
    constant_of,
    has_rank,
    sizes_of,
)
from ovxai_patterns.matchers.pen import Pen, Step

_LAYOUT = tuple(sorted(LAYOUT_TYPES))
_AFFINE = tuple(sorted(AFFINE_TYPES))
_LEARNED = tuple(sorted(LEARNED_TYPES))
_UNARY = ("Clamp", "Convert", "Elu", "Erf", "Gelu", "HSigmoid", "HSwish", "Mish", "Relu", "Sigmoid", "Swish", "Tanh")
ROUNDING_STEP = Step(("FakeQuantize",), 5, others=(WEIGHT,))

LAYOUT_STEPS = (Step(_LAYOUT, 2, others=(WEIGHT,)), Step(("Convert", "Squeeze")), ROUNDING_STEP)
"""Another layout, another type, rounding."""

MOVE_STEPS = (
    Step((*_LAYOUT, "Split"), 2, others=(WEIGHT,)),
    Step(("Convert", "Squeeze")),
    Step(("Gather", "Roll", "VariadicSplit", "Pad"), 3, others=(WEIGHT,)),
    Step(("Pad", "Slice", "StridedSlice"), 4, others=(WEIGHT,)),
    Step(("FakeQuantize", "Slice"), 5, others=(WEIGHT,)),
)
"""Layout, and parts of a tensor: windows, heads, rows."""

UNIT_STEPS = (
    Step((*_LAYOUT, *_AFFINE, "BatchNormInference", "MVN", "PRelu", "Swish"), 2, others=(WEIGHT,)),
    Step((*_UNARY, "Squeeze")),
    Step(("BatchNormInference", "FakeQuantize"), 5, others=(WEIGHT,)),
)
"""What stands between two learned layers: layout, norms with their scale and shift, activations."""

LEARNED_STEP = Step(_LEARNED, 2, others=(WEIGHT,))
"""A layer with constant weights."""

PROJECTION_STEPS = (
    Step((*_LAYOUT, *_AFFINE, *_LEARNED, "MVN", "Split"), 2, others=(WEIGHT,)),
    *MOVE_STEPS[1:],
)
"""A projection of tokens: weights, bias, scale, and how its result is moved."""

SCORE_STEPS = (
    Step((*_LAYOUT, "Add", "Divide", "MatMul", "Multiply"), 2, others=(WEIGHT,)),
    Step(("Convert",)),
    Step(("Add",), 2),  # a mask or a bias that depends on the picture's size
    Step(("FakeQuantize",), 5),
)
"""What stands before and behind the softmax of attention: scale, bias, mask, a mixing of heads."""

RESULT_STEPS = (
    Step((*_LAYOUT, *_AFFINE), 2, others=(WEIGHT,)),
    Step(("Clamp", "Convert", "Squeeze", *sorted(SOFTMAX_TYPES | SHARES_TYPES))),
    ROUNDING_STEP,
)
"""What stands between a classifier and an output: bias, layout, activation."""

_REDUCTIONS = tuple(sorted(REDUCE_TYPES - {"ReduceL1", "ReduceL2", "ReduceMin", "ReduceProd"}))
_WINDOWS = tuple(sorted(POOLING_TYPES - {"AdaptiveAvgPool", "AdaptiveMaxPool"}))
_ADAPTIVE = ("AdaptiveAvgPool", "AdaptiveMaxPool")


def result(pen: Pen, scores: ov.Node) -> ov.Node:
    """An output of the model that shows class scores, or their mean with those of another classifier."""
    own = pen.path(scores, RESULT_STEPS, 10)
    return pen.op("Result", pen.path(pen.either(own, pen.op("Add", own, pen.any())), RESULT_STEPS, 3))


def learned(pen: Pen, above: ov.Node, name: str = "") -> ov.Node:
    """A layer with constant weights."""
    return pen.op(LEARNED_STEP.kinds, above, pen.any(WEIGHT), name=name)


def pooled(pen: Pen, above: ov.Node) -> ov.Node:
    """All positions of a map, made one: a reduction over the axes of positions, or a window as large as the map."""
    reduced = pen.op(_REDUCTIONS, above, pen.any(), where=[_REDUCES_POSITIONS], name="pooling")
    by_window = pen.op(_WINDOWS, above, where=[_LEAVES_ONE], name="pooling")
    adaptive = pen.op(_ADAPTIVE, above, pen.any(), where=[_LEAVES_ONE], name="pooling")
    return pen.either(reduced, by_window, adaptive)


def pooled_in_steps(pen: Pen, above: ov.Node) -> ov.Node:
    """As `pooled`, at once or over one axis and then the other."""
    first = pen.either(
        pen.op((*_REDUCTIONS, *_ADAPTIVE), above, pen.any(), where=[_ENDS_ONE_AXIS]),
        pen.op(_WINDOWS, above, where=[_ENDS_ONE_AXIS]),
    )
    line = pen.path(first, UNIT_STEPS, 2)
    reduced = pen.op(_REDUCTIONS, line, pen.any(), where=[_REDUCES_REST], name="pooling")
    by_window = pen.op(_WINDOWS, line, where=[_LEAVES_ONE], name="pooling")
    return pen.either(reduced, by_window, pooled(pen, above))


def is_half_pooled(output: ov.Output) -> bool:
    """Whether a tensor is what a pooling over one axis leaves of a map, in any layout."""
    node = output.get_node()
    while node.get_type_name() in SAME_VALUES_TYPES:
        node = node.input_value(0).get_node()
    return node.get_type_name() in (*_REDUCTIONS, *_WINDOWS, *_ADAPTIVE) and _ends_one_axis(node.output(0))


def _ends_one_axis(output: ov.Output) -> bool:
    """Of a map of four axes, one of several places is left with one, or goes; the others keep theirs."""
    node = output.get_node()
    before, after = sizes_of(node.input_value(0)), sizes_of(output)
    if len(before) != 4:
        return False
    if len(after) == 4:
        ended = {axis for axis in range(4) if after[axis] == 1 != before[axis]}
    else:
        ended = set(axes_of(node)) if node.get_type_name() in _REDUCTIONS else set()
    kept = [before[axis] for axis in range(4) if axis not in ended]
    left = [size for axis, size in enumerate(after) if len(after) < 4 or axis not in ended]
    return len(ended) == 1 and 0 not in ended and kept == left and 1 not in kept[1:]


def _is_one_place(output: ov.Output) -> bool:
    return all(size == 1 for size in sizes_of(output.get_node().input_value(0))[2:])


def _reduces_positions(output: ov.Output) -> bool:
    """Maps [N,C,h,w] and [N,h,w,C]: two axes of three; tokens [N,T,C] and [N,C,T]: one of two."""
    node = output.get_node()
    sizes, axes = sizes_of(node.input_value(0)), axes_of(node) or _vanished(node)
    return len(axes) == len(sizes) - 2 and 0 not in axes and any(sizes[axis] != 1 for axis in axes)


def _reduces_rest(output: ov.Output) -> bool:
    """The same, where one axis is of size 1 already, and need not be named."""
    node = output.get_node()
    sizes, axes = sizes_of(node.input_value(0)), axes_of(node) or _vanished(node)
    ended = axes | {axis for axis in range(1, len(sizes)) if sizes[axis] == 1}
    return len(ended) == len(sizes) - 2 and 0 not in ended and any(sizes[axis] != 1 for axis in axes)


def _vanished(node: ov.Node) -> frozenset[int]:
    """The axes that a reduction leaves of size 1, where it is told at inference which they are."""
    before, after = sizes_of(node.input_value(0)), sizes_of(node.output(0))
    same = len(before) == len(after)
    return frozenset(axis for axis in range(len(before)) if same and after[axis] == 1 and before[axis] != 1)


def _leaves_one(output: ov.Output) -> bool:
    node = output.get_node()
    before, after = sizes_of(node.input_value(0)), sizes_of(output)
    if len(before) != len(after) or len(after) < 3:
        return False
    if node.get_type_name() in _ADAPTIVE:
        wanted = constant_of(node.input_value(1))
        return wanted is not None and bool((wanted == 1).all())
    return any(size != 1 for size in before[2:]) and all(size == 1 for size in after[2:])


_REDUCES_POSITIONS = Condition("does not reduce over all axes of positions and those alone", _reduces_positions)
_LEAVES_ONE = Condition("does not leave one place of several", _leaves_one)
_ENDS_ONE_AXIS = Condition("does not pool over one axis of positions", _ends_one_axis)
_REDUCES_REST = Condition("does not reduce over the axis of positions that is left", _reduces_rest)
_ONE_PLACE = Condition("pools more than one place", _is_one_place)
ONE_PLACE_STEP = Step(_REDUCTIONS, 2, (_ONE_PLACE,), others=(WEIGHT,))
"""A pooling that a network keeps although one place is left."""
MAP = has_rank(3, 4)
