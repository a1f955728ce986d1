"""What a backward walk has built, as a branch: a model of its own, with an input for each tensor that it reads."""

from __future__ import annotations

from collections.abc import Sequence

import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph, TensorId

from ovxai_passes.ops.branch import Branch


def cut_off(graph: ModelGraph, ends: Sequence[ov.Output]) -> Branch:
    """The nodes from tensors of the network to `ends`, taken off the network in place; constants are shared.

    `graph`: of the network as it was before they were added. The results of the branch are `ends`, in their order. Its
    sources are the tensors of the network that they read, and an input of the network that they read is one of them.
    """
    own = {node.get_name() for node in graph.ops}
    inputs: dict[TensorId, ov.Node] = {}
    results = [ops.result(end) for end in ends]
    seen, open_ends = set[str](), list(results)
    while open_ends:
        node = open_ends.pop()
        if node.get_name() in seen:
            continue
        seen.add(node.get_name())
        for entry in node.inputs():
            source = entry.get_source_output()
            if source.get_node().get_name() not in own:
                open_ends.append(source.get_node())
                continue
            tensor = graph.id_of(source)
            if tensor[0] in graph.from_parameters:
                if tensor not in inputs:
                    inputs[tensor] = ops.parameter(source.get_partial_shape(), source.get_element_type())
                entry.replace_source_output(inputs[tensor].output(0))
    return Branch(ov.Model(results, list(inputs.values()), "backward"), tuple(inputs))
