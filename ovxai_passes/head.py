"""The head: the part of a model from the target to the class scores, as a model of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.folding import Folding
from ovxai_patterns.graph import ModelGraph, TensorId
from ovxai_patterns.site import Site

from ovxai_passes.quantisation import spell_out


@dataclass(frozen=True)
class Head:
    """`model`: (feature, mask, *sides) → scores [N,K] f32; the head with a mask over positions as an input.

    feature: the target, of its shape and type. mask: weights of its type and rank, size 1 on batch and channel axes;
    all ones give the model's own class scores. FakeQuantize is spelled out. `sides`: tensors of the original model,
    other than the target, on which the head depends (dynamic shapes, paths past a target that is no dominator), in the
    order of the inputs. `origins`: unique name of a node of the head → place of the original's operation that it is a
    clone of. `quantised`: whether a FakeQuantize was spelled out.
    """

    model: ov.Model
    sides: tuple[TensorId, ...]
    origins: dict[str, int]
    quantised: bool = False

    def clone(self) -> Head:
        """The same head on a clone of its model, to be changed."""
        model = self.model.clone()
        places = zip(self.model.get_ordered_ops(), model.get_ordered_ops(), strict=True)
        names = {old.get_name(): new.get_name() for old, new in places}
        origins = {names[name]: place for name, place in self.origins.items() if name in names}
        return replace(self, model=model, origins=origins)


def cut(model: ov.Model, site: Site) -> Head:
    """Cut a clone of `model` at the site's target and put the mask on the site's edges. `model` is only read."""
    original = ModelGraph(model)
    graph = ModelGraph(model.clone())
    target = graph.output(site.target)
    region = graph.region(site.target, site.scores.tensor)
    readers = {place: graph.inputs_of(place) for place in sorted(region)}
    feature = _parameter(original.output(site.target), "feature")
    mask = ops.parameter(list(site.positions.ids.shape), target.get_element_type(), name="mask")
    folding = Folding(original)
    sides: dict[TensorId, ov.Node] = {}
    replaced: dict[TensorId, ov.Output] = {site.target: feature.output(0)}
    for place, sources in readers.items():
        for port, source in enumerate(sources):
            outside = source[0] not in region and source[0] in original.from_parameters
            if outside and source not in replaced:
                replaced[source] = _outside(original, folding, source, sides)
            if source in replaced:
                graph.ops[place].input(port).replace_source_output(replaced[source])
    masked: dict[TensorId, ov.Output] = {}
    for place, port in site.masked:
        source = readers[place][port]
        if source not in masked:
            value = replaced.get(source, graph.output(source))
            masked[source] = ops.multiply(value, mask).output(0)
        graph.ops[place].input(port).replace_source_output(masked[source])
    scores: ov.Output = graph.output(site.scores.tensor)
    for place in readers:
        if graph.ops[place].get_type_name() == "FakeQuantize":
            arithmetic = spell_out(graph.ops[place])
            scores = arithmetic if place == site.scores.tensor[0] else scores
    if len(scores.get_partial_shape()) > 2:
        scores = ops.reshape(scores, ops.constant([-1, site.scores.classes]), special_zero=False).output(0)
    if scores.get_element_type() != ov.Type.f32:
        scores = ops.convert(scores, "f32").output(0)
    for node in graph.ops:  # names are the original's: a second tensor of a name would take it away on saving
        for output in node.outputs():
            output.get_tensor().set_names(set())
    head = ov.Model([ops.result(scores)], [feature, mask, *sides.values()], "head")
    head.validate_nodes_and_infer_types()
    quantised = any(graph.ops[place].get_type_name() == "FakeQuantize" for place in readers)
    return Head(head, tuple(sides), {graph.ops[place].get_name(): place for place in region}, quantised)


def _parameter(output: ov.Output, name: str) -> ov.Node:
    return ops.parameter(output.get_partial_shape(), output.get_element_type(), name=name)


def _outside(original: ModelGraph, folding: Folding, source: TensorId, sides: dict[TensorId, ov.Node]) -> ov.Output:
    """A constant where the value is known before inference, else a further input of the head."""
    value = folding.value(source)
    if value is not None:
        return ops.constant(value).output(0)
    sides[source] = _parameter(original.output(source), f"side{len(sides)}")
    return sides[source].output(0)
