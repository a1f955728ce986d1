"""A branch reads firm tensors of a network only (`firm.py`); what it needs of others it computes again.

    Before:  F ─▶ MatMul ─▶ T ─▶ Sigmoid ─▶ scores        After:  F ─┬─▶ MatMul ─▶ T ─▶ Sigmoid ─▶ scores
                            └─▶ branch                               └─▶ fence ─▶ MatMul ─▶ branch

Each firm tensor that it computes from is read behind a fence (`fence.py`): an equal operation on the same tensor would
be found and shared.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.folding import Folding
from ovxai_patterns.analysis.graph import ModelGraph, TensorId

from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.fence import fenced
from ovxai_passes.ops.fusions import FirmTensors
from ovxai_passes.ops.quantisation import spell_out


def firmly_fed(graph: ModelGraph, branch: Branch) -> Branch:
    """The branch fed from firm tensors; it is left as it is.

    `graph`: of the network, with the dimensions that the branch takes: what is computed again takes the same.
    """
    soft = soft_sources(graph, branch)
    if not soft:
        return branch
    firm = FirmTensors(graph)
    model = branch.model.clone()
    inputs = dict(zip(branch.sources, model.get_parameters(), strict=True))
    again = _Again(graph, firm)
    for source in soft:
        parameter = inputs.pop(source)
        parameter.output(0).replace(again.made(source))
    for source, parameter in again.inputs.items():
        if source in inputs:
            parameter.output(0).replace(inputs[source].output(0))
        else:
            inputs[source] = parameter
    built = ov.Model(model.get_results(), list(inputs.values()), "branch")
    built.validate_nodes_and_infer_types()
    return replace(branch, model=built, sources=tuple(inputs))


def soft_sources(graph: ModelGraph, branch: Branch) -> list[TensorId]:
    """The tensors that a branch reads although they are not firm, but for those of which it reads the sizes alone."""
    firm = FirmTensors(graph)
    fed = zip(branch.sources, branch.model.get_parameters(), strict=True)
    return [source for source, parameter in fed if source not in firm and not _is_measured_only(parameter)]


def _is_measured_only(parameter: ov.Node) -> bool:
    readers = parameter.output(0).get_target_inputs()
    return all(reader.get_node().get_type_name() == "ShapeOf" for reader in readers)


class _Again:
    """Tensors of a network computed again, on a clone of it; `inputs`: parameters in the place of firm tensors."""

    def __init__(self, graph: ModelGraph, firm: FirmTensors) -> None:
        self.inputs: dict[TensorId, ov.Node] = {}
        self._graph, self._firm, self._folding = graph, firm, Folding(graph)
        self._copy = ModelGraph(graph.model.clone())
        self._done: dict[TensorId, ov.Output] = {}
        for node in self._copy.ops:  # names are the network's: a second tensor of a name would take it away on saving
            for output in node.outputs():
                output.get_tensor().set_names(set())

    def made(self, tensor: TensorId) -> ov.Output:
        """The tensor, computed from fenced firm ones."""
        open_ends = [tensor]
        while open_ends:
            place = open_ends[-1][0]
            missing = [source for source in self._graph.inputs_of(place) if source not in self._done]
            above = [source for source in missing if source not in self._firm]
            if above:
                open_ends += above
                continue
            open_ends.pop()
            for source in missing:
                self._done[source] = self._tapped(source)
            if (place, 0) not in self._done:
                self._computed(place)
        return self._done[tensor]

    def _computed(self, place: int) -> None:
        node = self._copy.ops[place]
        for port, source in enumerate(self._graph.inputs_of(place)):
            node.input(port).replace_source_output(self._done[source])
        for port, output in enumerate(node.outputs()):
            self._done[place, port] = output
        if node.get_type_name() == "FakeQuantize":
            self._done[place, 0] = spell_out(node)

    def _tapped(self, source: TensorId) -> ov.Output:
        if source[0] not in self._graph.from_parameters:
            return self._copy.output(source)
        output = self._graph.output(source)
        value = self._folding.value(source)
        if value is not None:  # sizes that a chain of operations computes
            return ops.constant(value).output(0)
        self.inputs[source] = ops.parameter(output.get_partial_shape(), output.get_element_type())
        tapped = self.inputs[source].output(0)
        return fenced(tapped) if output.get_element_type().is_real() else tapped


def repeats_reader(parameter: ov.Node, output: ov.Output) -> bool:
    """Whether a branch does to an input what the network does to that tensor: a plugin would do it once for both."""
    return any(
        _is_same(mine, its) for mine in parameter.output(0).get_target_inputs() for its in output.get_target_inputs()
    )


def _is_same(mine: ov.Input, its: ov.Input) -> bool:
    first, second = mine.get_node(), its.get_node()
    if first.get_type_info() != second.get_type_info() or mine.get_index() != its.get_index():
        return False
    if first.get_type_name() == "Result" or first.get_attributes() != second.get_attributes():
        return False
    others = [place for place in range(first.get_input_size()) if place != mine.get_index()]
    return all(_may_be_equal(first.input_value(place), second.input_value(place)) for place in others)


def _may_be_equal(first: ov.Output, second: ov.Output) -> bool:
    nodes = first.get_node(), second.get_node()
    constant = [node.get_type_name() == "Constant" for node in nodes]
    if all(constant):
        return bool(np.array_equal(nodes[0].get_data(), nodes[1].get_data()))
    return not any(constant)
