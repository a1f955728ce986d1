"""Multiplied out: an operation that treats the entries of its first axis apart, run on all masks as one batch.

    [M,N,...] ─▶ Reshape [M*N,...] ─▶ f ─▶ Reshape [M,N,...]

Right for operations that never mix entries of axis 0 of their first input, and whose other inputs are weights.
"""

from __future__ import annotations

import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.op_traits import Trait, types_with

from ovxai_passes.mapping.context import Context
from ovxai_passes.mapping.values import Batched, Invariant, NoRuleError, Value

TYPES = types_with(Trait.BATCH_WISE)


def in_the_batch(context: Context, node: ov.Node, inputs: list[Value], ones: list[ov.Output]) -> list[Value]:
    """See the module. Raises NoRuleError."""
    kind = node.get_type_name()
    if kind not in TYPES:
        raise NoRuleError(f"no rule for {kind}, nor can it run on all masks as a batch")
    first, *others = inputs
    if not isinstance(first, Batched) or any(not isinstance(value, Invariant) for value in others):
        raise NoRuleError(f"{kind} with weights that depend on the mask")
    weights = [value.output for value in others if isinstance(value, Invariant)]
    made = context.clone_with_inputs(node, [_folded(first.output), *weights])
    return [Batched(_unfolded(context, output, one)) for output, one in zip(made.outputs(), ones, strict=True)]


def _folded(output: ov.Output) -> ov.Output:
    return ops.reshape(output, ops.constant([-1, *_fixed(output, 2)]), False).output(0)


def _unfolded(context: Context, output: ov.Output, one: ov.Output) -> ov.Output:
    pattern = ops.concat([context.count, ops.constant([-1, *_fixed(one, 1)])], 0)
    return ops.reshape(output, pattern, False).output(0)


def _fixed(output: ov.Output, first: int) -> list[int]:
    """The sizes from axis `first` on."""
    shape = list(output.get_partial_shape())[first:]
    if any(dim.is_dynamic for dim in shape):
        raise NoRuleError("more than the batch is dynamic")
    return [dim.get_length() for dim in shape]
