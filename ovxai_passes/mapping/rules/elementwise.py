"""Element-wise operations: f(v_m) element by element.

Positionwise   values f(x_i): each value once. A straight line in the mask stays one under affine operations; under
               others a value is made for every weight that the mask takes
Batched        f over the mask axis, which broadcasts
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from ovxai_patterns.analysis.movement import Labels, collapse, fits
from ovxai_patterns.analysis.op_traits import ELEMENTWISE_TYPES, Trait, types_with

from ovxai_passes.mapping.context import Context, is_zero, zero_like
from ovxai_passes.mapping.values import Batched, Invariant, NoRuleError, Positionwise, Value

TYPES = ELEMENTWISE_TYPES

_LINEAR = types_with(Trait.LINEAR)


def elementwise(context: Context, node: ov.Node, inputs: list[Value], ones: list[ov.Output]) -> list[Value]:
    """See the module."""
    rank = len(ones[0].get_partial_shape())
    if any(isinstance(value, Batched) for value in inputs):
        operands = [v.output if isinstance(v, Invariant) else context.batched(v, rank).output for v in inputs]
        return [Batched(context.clone_with_inputs(node, operands).output(0))]
    positionwise = [value for value in inputs if isinstance(value, Positionwise)]
    ids = common_ids([value.ids for value in positionwise], rank)
    if not _is_affine(node, inputs) or len({value.weights for value in positionwise}) > 1:
        positionwise = [context.levelled(value) for value in positionwise]
        inputs = [context.levelled(value) if isinstance(value, Positionwise) else value for value in inputs]
    values = []
    for place in range(len(positionwise[0].weights) - 1):
        operands = [value.values[place] if isinstance(value, Positionwise) else value.output for value in inputs]
        if node.get_type_name() == "Multiply" and any(is_zero(operand) for operand in operands):
            values.append(zero_like(ones[0], rank))
        else:
            values.append(context.clone_with_inputs(node, operands).output(0))
    return [Positionwise(ids, positionwise[0].weights, (*values, ones[0]))]


def _is_affine(node: ov.Node, inputs: list[Value]) -> bool:
    """Whether the result is a straight line in inputs that are."""
    kind = node.get_type_name()
    if kind == "Multiply":
        return sum(isinstance(value, Positionwise) for value in inputs) == 1
    if kind == "Divide":
        return isinstance(inputs[1], Invariant)
    return kind in _LINEAR


def common_ids(found: list[Labels], rank: int) -> Labels:
    """The ids of a broadcast of tensors. Raises NoRuleError where they meet at different positions."""
    aligned = [ids.reshape((1,) * (rank - ids.ndim) + ids.shape) for ids in found]
    if not fits(*(ids.shape for ids in aligned)):
        raise NoRuleError("two tensors meet in too many elements")
    result = aligned[0]
    for other in aligned[1:]:
        first, second = np.broadcast_arrays(result, other)
        if (first != second).any():
            raise NoRuleError("two tensors meet at different positions")
        result = collapse(np.array(first))
    return result
