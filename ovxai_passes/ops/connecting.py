"""A branch fed from the tensors of a network, behind fences where a plugin would otherwise treat the two as one."""

from __future__ import annotations

from collections.abc import Sequence

import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph, TensorId

from ovxai_passes.ops.fence import fence_sizes, put_fence, unfenced
from ovxai_passes.ops.fusions import SafeTaps
from ovxai_passes.ops.sharing import repeats_reader, shares_transpose

Fed = tuple[tuple[ov.Node, ov.Output], ...]
"""Inputs of a branch, each with what feeds it."""


def fenced_inputs(graph: ModelGraph, model: ov.Model, sources: Sequence[TensorId]) -> Fed:
    """The inputs of a branch, which are fenced in place for the network as it is without any branch.

    What nothing in the network reads, as an input that was added for the branch, needs no fence.
    """
    taps, inputs = SafeTaps(graph), list(zip(model.get_parameters(), sources, strict=True))
    fed = [(one, graph.output(source)) for one, source in inputs]
    fence_sizes(model, but=[one.get_name() for one, source in inputs if source not in taps])
    open_to_tail = {parameter.get_name() for parameter in unfenced(model)}
    for parameter, output in fed:
        if not output.get_target_inputs():
            continue
        shared = shares_transpose(parameter, output) or repeats_reader(parameter, output)
        if parameter.get_name() in open_to_tail or (shared and output.get_element_type().is_real()):
            put_fence(parameter)
    return tuple(fed)


def connect(fed: Fed) -> None:
    """Let what reads the inputs of a branch read the network."""
    for parameter, output in fed:
        for reader in list(parameter.output(0).get_target_inputs()):
            reader.replace_source_output(output)
