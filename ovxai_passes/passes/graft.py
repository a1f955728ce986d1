"""Graft: the branch onto the model, in place."""

from __future__ import annotations

import openvino as ov
from openvino import opset13 as ops
from openvino.passes import ModelPass
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.model_info.outputs import CLASSES_NAME, FEATURES_NAME, OUTPUT_NAME
from ovxai_passes.model_info.rt_info import write_as_newest
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.cost import operation_count
from ovxai_passes.ops.fence import put_fence, unfenced
from ovxai_passes.ops.sharing import repeats_reader, shares_transpose
from ovxai_passes.ops.sizes import with_dynamic_shapes
from ovxai_passes.ops.tapping import fed_from_safe_taps, unsafe_sources
from ovxai_passes.passes.state import InsertionState, Original, left


class Graft(ModelPass):
    """Feeds a branch from the model's tensors and adds its result as the output `saliency_map`, in place.

    A second result is the classes of the maps, the output `saliency_classes`; pictures of the map follow by their
    names, and a feature vector is the last one.

    Before:  ... ─▶ target ─▶ head ─▶ outputs
    After:   ... ─▶ target ─┬─▶ head ─▶ outputs
                            └─▶ fence? ─▶ branch ─▶ saliency_map

    Reads: `branch`. Leaves: `original`.
    """

    def __init__(self, state: InsertionState) -> None:
        super().__init__()
        self.state = state

    def run_on_model(self, model: ov.Model) -> bool:
        """Add the branch to the model."""
        wrapped = ov.Model(model)
        graph = ModelGraph(wrapped)
        given = left(self.state.branch, "branch", "BuildBranch")
        branch = _fed_from_safe_taps(graph, given)
        names_of_operations = tuple(op.get_name() for op in graph.ops)
        self.state.original = Original(len(wrapped.outputs), operation_count(wrapped), names_of_operations)
        added = branch.model.clone()
        fed = list(zip(added.get_parameters(), branch.sources, strict=True))
        open_to_tail = {parameter.get_name() for parameter in unfenced(added)}
        for parameter, source in fed:
            output = graph.output(source)
            shared = shares_transpose(parameter, output) or repeats_reader(parameter, output)
            if parameter.get_name() in open_to_tail or (shared and output.get_element_type().is_real()):
                put_fence(parameter)
        for parameter, source in fed:
            output = graph.output(source)
            for reader in list(parameter.output(0).get_target_inputs()):
                reader.replace_source_output(output)
        last = given.pictures + (FEATURES_NAME,) * given.has_features
        names = (OUTPUT_NAME, CLASSES_NAME)[: len(added.get_results()) - len(last)] + last
        ends = [result.input_value(0) for result in added.get_results()]
        model.add_results([ops.result(end, name=name) for end, name in zip(ends, names, strict=True)])
        wrapped = ov.Model(model)
        write_as_newest(wrapped)
        wrapped.validate_nodes_and_infer_types()
        for output, name in zip(wrapped.outputs[-len(names) :], names, strict=True):
            output.get_tensor().set_names({name})  # last: a new Result adds a name of its own
        return True


def _fed_from_safe_taps(graph: ModelGraph, branch: Branch) -> Branch:
    """See `fed_from_safe_taps`; dimensions are as dynamic as the model takes them: the branch follows a reshape."""
    if not unsafe_sources(graph, branch):
        return branch
    model = with_dynamic_shapes(graph.model, True) or with_dynamic_shapes(graph.model, False) or graph.model
    return fed_from_safe_taps(ModelGraph(model), branch)
