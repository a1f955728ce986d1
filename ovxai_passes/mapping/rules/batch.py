"""Multiplied out: an operation that treats the entries of its first axis apart, run on all masks as one batch.

    [M,N,...] ─▶ Reshape [M*N,...] ─▶ f ─▶ Reshape [M,N,...]

Right for operations that never mix entries of axis 0. What does not depend on the mask but has that axis is repeated;
weights, which have none, are not.
"""

from __future__ import annotations

import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.mapping.context import Context
from ovxai_passes.mapping.values import Mapped, NoRuleError, Same, Value

_SEVERAL_BATCHED = frozenset({"ScaledDotProductAttention"})
_FIRST_BATCHED = frozenset(
    {
        "AdaptiveAvgPool",
        "AdaptiveMaxPool",
        "AvgPool",
        "Convolution",
        "ConvolutionBackpropData",
        "DepthToSpace",
        "GroupConvolution",
        "GroupConvolutionBackpropData",
        "Interpolate",
        "LRN",
        "MaxPool",
        "ShuffleChannels",
        "SpaceToDepth",
    }
)


def in_the_batch(context: Context, node: ov.Node, inputs: list[Value], ones: list[ov.Output]) -> list[Value]:
    """See the module. Raises NoRuleError."""
    kind = node.get_type_name()
    if kind not in _SEVERAL_BATCHED | _FIRST_BATCHED:
        raise NoRuleError(f"no rule for {kind}, nor can it run on all masks as a batch")
    several = kind in _SEVERAL_BATCHED
    if not several and any(not isinstance(value, Same) for value in inputs[1:]):
        raise NoRuleError(f"{kind} with weights that depend on the mask")
    operands = []
    for port, (value, original) in enumerate(zip(inputs, node.input_values(), strict=True)):
        if isinstance(value, Mapped):
            operands.append(_folded(value.output))
        elif port and (not several or port > 2 or not _has_batch(original)):
            assert isinstance(value, Same)
            operands.append(value.output)
        else:
            assert isinstance(value, Same)
            operands.append(_folded(context.repeated(value.output)))
    made = context.again(node, operands)
    return [Mapped(_unfolded(context, output, one)) for output, one in zip(made.outputs(), ones, strict=True)]


def _has_batch(output: ov.Output) -> bool:
    shape = output.get_partial_shape()
    return len(shape) > 3 and (shape[0].is_dynamic or shape[0].get_length() > 1)


def _folded(output: ov.Output) -> ov.Output:
    return ops.reshape(output, ops.constant([-1, *_fixed(output, 2)]), False).output(0)


def _unfolded(context: Context, output: ov.Output, one: ov.Output) -> ov.Output:
    return ops.reshape(output, ops.constant([context.masks, -1, *_fixed(one, 1)]), False).output(0)


def _fixed(output: ov.Output, first: int) -> list[int]:
    """The sizes from axis `first` on."""
    shape = list(output.get_partial_shape())[first:]
    if any(dim.is_dynamic for dim in shape):
        raise NoRuleError("more than the batch is dynamic")
    return [dim.get_length() for dim in shape]
