"""The branch: what is added to a model, as a model of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import TensorId


@dataclass(frozen=True)
class MultipliedOut:
    """An operation that is run once for every position although the map alone would not ask for it, and why."""

    op_type: str
    reason: str

    def __str__(self) -> str:
        return f"{self.op_type}: {self.reason}"


@dataclass(frozen=True)
class Branch:
    """`model`: (target, *sides) → saliency map, and classes of the maps where they are found in the graph.

    The map is [N,K,h,w] per class or [N,h,w] for a class-agnostic method; f32 scores before scaling, u8 after.
    `sources`: the tensors of the original model that feed the inputs, in their order. `multiplied_out`: the operations
    that no rule maps. `pictures`: names of the results that follow, pictures of the map. `has_features`: whether the
    last result is a feature vector [N,C].
    """

    model: ov.Model
    sources: tuple[TensorId, ...]
    multiplied_out: tuple[MultipliedOut, ...] = ()
    pictures: tuple[str, ...] = ()
    has_features: bool = False


def with_input(branch: Branch, source: TensorId, parameter: ov.Node) -> tuple[Branch, ov.Node]:
    """A copy of a branch that also reads a tensor, and its input for that: `parameter`, unless there is one already."""
    model = branch.model.clone()
    inputs = dict(zip(branch.sources, model.get_parameters(), strict=True))
    if source not in inputs:
        model.add_parameters([parameter])
    inputs.setdefault(source, parameter)
    return replace(branch, model=model, sources=tuple(inputs)), inputs[source]


def with_picture(branch: Branch, picture: ov.Node, name: str) -> Branch:
    """A branch with one more result, in place: a picture of its map."""
    branch.model.add_results([ops.result(picture)])
    branch.model.validate_nodes_and_infer_types()
    return replace(branch, pictures=(*branch.pictures, name))


def with_map(branch: Branch, saliency: ov.Node) -> Branch:
    """A branch with another map, in place."""
    branch.model.get_results()[0].input(0).replace_source_output(saliency.output(0))
    branch.model.validate_nodes_and_infer_types()
    return branch


def copied(branch: Branch) -> Branch:
    """A copy that may be changed."""
    return replace(branch, model=branch.model.clone())


def without_classes(branch: Branch) -> Branch:
    """A branch of its map alone; `branch` is left as it is, and what only the classes were made from is left out."""
    made = copied(branch)
    made.model.remove_result(made.model.get_results()[1])
    return made


def map_of(branch: Branch) -> ov.Output:
    """The map, the first result."""
    return branch.model.get_results()[0].input_value(0)


def joined(branch: Branch, features: Branch) -> Branch:
    """One branch of the results of both, the feature vector last; both are left as they are.

    A tensor that both read is one input, with the dimensions that `branch` takes.
    """
    outputs, inputs = together(branch, features)
    return replace(_of(branch, outputs, inputs), has_features=True)


def combined(branch: Branch, other: Branch, combine: Callable[[ov.Output, ov.Output], ov.Node]) -> Branch:
    """A branch with a map that is made of its own and of the only result of another branch; both are left as they are.

    A tensor that both read is one input, with the dimensions that `branch` takes.
    """
    (saliency, *others), inputs = together(branch, other)
    made = combine(saliency, others.pop())
    return _of(branch, [made.output(0), *others], inputs)


def together(first: Branch, second: Branch) -> tuple[list[ov.Output], dict[TensorId, ov.Node]]:
    """The results of copies of two branches, and the inputs of both."""
    models = first.model.clone(), second.model.clone()
    inputs = dict(zip(first.sources, models[0].get_parameters(), strict=True))
    for source, parameter in zip(second.sources, models[1].get_parameters(), strict=True):
        if source in inputs:
            parameter.output(0).replace(inputs[source].output(0))
        else:
            inputs[source] = parameter
    return [result.input_value(0) for model in models for result in model.get_results()], inputs


def _of(branch: Branch, outputs: list[ov.Output], inputs: dict[TensorId, ov.Node]) -> Branch:
    whole = ov.Model([ops.result(output) for output in outputs], list(inputs.values()), "branch")
    whole.validate_nodes_and_infer_types()
    return replace(branch, model=whole, sources=tuple(inputs))
