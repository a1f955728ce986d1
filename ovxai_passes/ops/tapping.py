"""A branch reads safe taps of a network only (`fusions.py`); what it needs of others it computes again.

    Before:  F ─▶ MatMul ─▶ T ─▶ Sigmoid ─▶ scores        After:  F ─┬─▶ MatMul ─▶ T ─▶ Sigmoid ─▶ scores
                            └─▶ branch                               └─▶ fence ─▶ MatMul ─▶ branch

Each safe tap that it computes from is read behind a fence (`fence.py`): an equal operation on the same tensor would
be found and shared.
"""

from __future__ import annotations

from dataclasses import replace

import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.folding import Folding
from ovxai_patterns.analysis.graph import ModelGraph, TensorId

from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.fence import fenced
from ovxai_passes.ops.fusions import SafeTaps
from ovxai_passes.ops.quantisation import spell_out


def fed_from_safe_taps(graph: ModelGraph, branch: Branch) -> Branch:
    """The branch fed from safe taps; it is left as it is.

    `graph`: of the network, with the dimensions that the branch takes: what is computed again takes the same.
    """
    unsafe = unsafe_sources(graph, branch)
    if not unsafe:
        return branch
    safe = SafeTaps(graph)
    model = branch.model.clone()
    inputs = dict(zip(branch.sources, model.get_parameters(), strict=True))
    recomputed = _Recomputed(graph, safe)
    for source in unsafe:
        parameter = inputs.pop(source)
        parameter.output(0).replace(recomputed.made(source))
    for source, parameter in recomputed.inputs.items():
        if source in inputs:
            parameter.output(0).replace(inputs[source].output(0))
        else:
            inputs[source] = parameter
    built = ov.Model(model.get_results(), list(inputs.values()), "branch")
    built.validate_nodes_and_infer_types()
    return replace(branch, model=built, sources=tuple(inputs))


def unsafe_sources(graph: ModelGraph, branch: Branch) -> list[TensorId]:
    """What a branch reads that is no safe tap, but for tensors of which it reads the sizes alone."""
    safe = SafeTaps(graph)
    fed = zip(branch.sources, branch.model.get_parameters(), strict=True)
    return [source for source, parameter in fed if source not in safe and not _is_measured_only(parameter)]


def _is_measured_only(parameter: ov.Node) -> bool:
    readers = parameter.output(0).get_target_inputs()
    return all(reader.get_node().get_type_name() == "ShapeOf" for reader in readers)


class _Recomputed:
    """Tensors of a network computed again, on a clone of it; `inputs`: parameters in the place of safe taps."""

    def __init__(self, graph: ModelGraph, safe: SafeTaps) -> None:
        self.inputs: dict[TensorId, ov.Node] = {}
        self._graph, self._safe, self._folding = graph, safe, Folding(graph)
        self._copy = ModelGraph(graph.model.clone())
        self._done: dict[TensorId, ov.Output] = {}
        for node in self._copy.ops:  # names are the network's: a second tensor of a name would take it away on saving
            for output in node.outputs():
                output.get_tensor().set_names(set())

    def made(self, tensor: TensorId) -> ov.Output:
        """The tensor, computed from fenced safe taps."""
        open_ends = [tensor]
        while open_ends:
            place = open_ends[-1][0]
            missing = [source for source in self._graph.inputs_of(place) if source not in self._done]
            above = [source for source in missing if source not in self._safe]
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
