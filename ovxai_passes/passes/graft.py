"""Graft: the branches onto the model, in place."""

from __future__ import annotations

from dataclasses import dataclass

import openvino as ov
from openvino import opset13 as ops
from openvino.passes import ModelPass
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.model_info.outputs import CLASSES_NAME, FEATURES_NAME, OUTPUT_NAME, further_name
from ovxai_passes.model_info.rt_info import write_as_newest
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.connecting import Fed, connect, fenced_inputs
from ovxai_passes.ops.cost import operation_count
from ovxai_passes.ops.sizes import with_dynamic_shapes
from ovxai_passes.ops.tapping import fed_from_safe_taps, unsafe_sources
from ovxai_passes.passes.state import InsertionState, Original, left


class Graft(ModelPass):
    """Feeds branches from the model's tensors and adds their results as outputs, in place.

    The first branch makes `saliency_map`, a further one `saliency_map_METHOD`. Behind the first map come the classes of
    maps, `saliency_classes`, where a branch finds them, and pictures of it by their names; a feature vector is the last
    output.

    Before:  ... ─▶ target ─▶ head ─▶ outputs
    After:   ... ─▶ target ─┬─▶ head ─▶ outputs
                            └─▶ fence? ─▶ branch ─▶ saliency_map

    Reads: of each state `branch`, of further ones `method`. Leaves: `original`.
    """

    def __init__(self, *states: InsertionState) -> None:
        super().__init__()
        self.states = states

    def run_on_model(self, model: ov.Model) -> bool:
        """Add the branches to the model."""
        wrapped = ov.Model(model)
        graph = ModelGraph(wrapped)
        added = [_added(graph, left(state.branch, "branch", "BuildBranch")) for state in self.states]
        names_of_operations = tuple(op.get_name() for op in graph.ops)
        for state in self.states:
            state.original = Original(len(wrapped.outputs), operation_count(wrapped), names_of_operations)
        for one in added:
            connect(one.fed)
        named = self._named(added)
        model.add_results([ops.result(end, name=name) for name, end in named])
        wrapped = ov.Model(model)
        write_as_newest(wrapped)
        wrapped.validate_nodes_and_infer_types()
        for output, (name, _) in zip(wrapped.outputs[-len(named) :], named, strict=True):
            output.get_tensor().set_names({name})  # last: a new Result adds a name of its own
        return True

    def _named(self, added: list[_Added]) -> list[tuple[str, ov.Output]]:
        """The new outputs in their order."""
        further = [further_name(left(state.method, "method", "Locate").name) for state in self.states[1:]]
        maps = list(zip((OUTPUT_NAME, *further), (one.map for one in added), strict=True))
        classes = [(CLASSES_NAME, one.classes) for one in added if one.classes is not None]
        pictures = [named for one in added for named in one.pictures]
        features = [(FEATURES_NAME, one.features) for one in added if one.features is not None]
        return [*maps[:1], *classes[:1], *pictures, *maps[1:], *features[:1]]  # classes are the same for all maps


@dataclass(frozen=True)
class _Added:
    """A branch that is not connected yet: its inputs with what feeds them, and the ends of its results."""

    fed: Fed
    map: ov.Output
    classes: ov.Output | None
    pictures: tuple[tuple[str, ov.Output], ...]
    features: ov.Output | None


def _added(graph: ModelGraph, given: Branch) -> _Added:
    """A copy of a branch, fenced for the model as it is without any branch."""
    branch = _fed_from_safe_taps(graph, given)
    model = branch.model.clone()
    fed = fenced_inputs(graph, model, branch.sources)
    ends = [result.input_value(0) for result in model.get_results()]
    features = ends.pop() if given.has_features else None
    first = len(ends) - len(given.pictures)
    pictures = tuple(zip(given.pictures, ends[first:], strict=True))
    return _Added(fed, ends[0], ends[1] if first > 1 else None, pictures, features)


def _fed_from_safe_taps(graph: ModelGraph, branch: Branch) -> Branch:
    """See `fed_from_safe_taps`; dimensions are as dynamic as the model takes them: the branch follows a reshape."""
    if not unsafe_sources(graph, branch):
        return branch
    model = with_dynamic_shapes(graph.model, True) or with_dynamic_shapes(graph.model, False) or graph.model
    return fed_from_safe_taps(ModelGraph(model), branch)
