"""The head: the part of a model from the target to the class scores, as a model of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.folding import Folding, Known
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.layout import analysis_clone
from ovxai_patterns.classifier.site import Site

from ovxai_passes.ops.fusions import fused_above
from ovxai_passes.ops.nodes import is_constant
from ovxai_passes.ops.quantisation import spell_out


@dataclass(frozen=True)
class Head:
    """`model`: (feature, mask, *sides) → scores [N,K] f32; the head with a mask over positions as an input.

    feature: the target, of its shape and type. mask: weights of its type and rank, size 1 on batch and channel axes;
    all ones give the model's own class scores. FakeQuantize is spelled out. `sides`: tensors of the original model,
    other than the target, on which the head depends (dynamic shapes, paths past a target that is no dominator), in the
    order of the inputs. `origins`: unique name of a node of the head → place of the original's operation that it is a
    clone of. `above`: unique names of those clones of operations above the target that compute sides again.
    `quantised`: whether a FakeQuantize was spelled out. `shapes`: of the inputs of `model`, at the size that the model
    was analysed at; `known`: the values of those sides that are known then (shapes, axes). `grid_shape`:
    shape and type of the tensor that tells the grid (`Site.grid_source`).
    """

    model: ov.Model
    sides: tuple[TensorId, ...]
    origins: dict[str, int]
    above: frozenset[str] = frozenset()
    quantised: bool = False
    shapes: tuple[tuple[int, ...], ...] = ()
    known: tuple[Known | None, ...] = ()
    grid_shape: tuple[ov.PartialShape, ov.Type] | None = None

    @property
    def any_grid(self) -> bool:
        """Whether the mask may have any number of positions."""
        return bool(self.model.get_parameters()[1].get_partial_shape().is_dynamic)

    def analysed(self) -> tuple[ModelGraph, Folding]:
        """A clone with static shapes (one image if the batch is dynamic), and what is known then.

        Operations keep their places.
        """
        clone = self.model.clone()
        for parameter, shape in zip(clone.get_parameters(), self.shapes, strict=True):
            dims = zip(parameter.get_partial_shape(), shape, strict=True)
            parameter.set_partial_shape(ov.PartialShape([dim if dim.is_static else size for dim, size in dims]))
        clone.validate_nodes_and_infer_types()
        graph = ModelGraph(clone)
        sides = clone.get_parameters()[2:]
        found = zip(sides, self.known, strict=True)
        return graph, Folding(graph, {graph.id_of(side.output(0)): value for side, value in found if value is not None})

    def with_side(self, model: ov.Model, source: TensorId, shape: tuple[int, ...]) -> Head:
        """A head of another model that has one input more, fed by `source`."""
        return replace(
            self,
            model=model,
            sides=(*self.sides, source),
            shapes=(*self.shapes, shape),
            known=(*self.known, None),
        )

    def clone(self) -> Head:
        """The same head on a clone of its model, to be changed."""
        model = self.model.clone()
        places = zip(self.model.get_ordered_ops(), model.get_ordered_ops(), strict=True)
        names = {old.get_name(): new.get_name() for old, new in places}
        origins = {names[name]: place for name, place in self.origins.items() if name in names}
        return replace(
            self, model=model, origins=origins, above=frozenset(names[name] for name in self.above if name in names)
        )


def cut(model: ov.Model, site: Site, analysed: ModelGraph | None = None) -> Head:  # noqa: PLR0912  # one step after the other
    """Cut a clone of `model` at the site's target and put the mask on the site's edges. `model` is only read.

    `analysed`: the model with the static shapes that it was analysed at (default: made here). Where the target has
    dynamic sizes along the axes of the positions, the mask has them, too.
    """
    analysed = analysed or ModelGraph(analysis_clone(model))
    original = ModelGraph(model)
    graph = ModelGraph(model.clone())
    target = graph.output(site.target)
    region = graph.region(site.target, site.scores.tensor)
    above = fused_above(original, region)
    members = region | above
    readers = {place: graph.inputs_of(place) for place in sorted(members)}
    feature = _parameter(original.output(site.target), "feature")
    mask = ops.parameter(_mask_shape(original.output(site.target), site), target.get_element_type(), name="mask")
    folding = Folding(original)
    sides: dict[TensorId, ov.Node] = {}
    replaced: dict[TensorId, ov.Output] = {site.target: feature.output(0)}
    for place, sources in readers.items():
        for port, source in enumerate(sources):
            outside = source[0] not in members and source[0] in original.from_parameters
            if outside and source not in replaced:
                replaced[source] = _outside(original, folding, source, sides)
            elif source not in replaced and _is_computed(original, folding, source):
                replaced[source] = ops.constant(folding.value(source)).output(0)
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
    if len(scores.get_partial_shape()) != 2:
        scores = ops.reshape(scores, ops.constant([-1, site.scores.classes]), special_zero=False).output(0)
    if scores.get_element_type() != ov.Type.f32:
        scores = ops.convert(scores, "f32").output(0)
    for node in graph.ops:  # names are the original's: a second tensor of a name would take it away on saving
        for output in node.outputs():
            output.get_tensor().set_names(set())
    head = ov.Model([ops.result(scores)], [feature, mask, *sides.values()], "head")
    head.validate_nodes_and_infer_types()
    values = Folding(analysed)
    known = tuple(values.value(source) if _is_whole(analysed, source) else None for source in sides)
    shapes = tuple(tuple(analysed.output(source).get_shape()) for source in (site.target, *sides))
    shapes = (shapes[0], site.positions.ids.shape, *shapes[1:])
    telling = original.output(site.grid_source.tensor)
    grid_shape = telling.get_partial_shape(), telling.get_element_type()
    quantised = any(graph.ops[place].get_type_name() == "FakeQuantize" for place in readers)
    names = {place: graph.ops[place].get_name() for place in members}
    origins = {names[place]: place for place in region}
    return Head(
        head, tuple(sides), origins, frozenset(names[place] for place in above), quantised, shapes, known, grid_shape
    )


def _mask_shape(target: ov.Output, site: Site) -> ov.PartialShape:
    """1 on batch and channel axes; on those of positions the target's sizes, dynamic ones as they are."""
    shape, sizes = target.get_partial_shape(), site.positions.ids.shape
    if any(sizes[axis] == 1 for axis in site.positions.lattice or ()):
        return ov.PartialShape(list(sizes))  # one row or column of positions: how others would lie is not seen
    dims = [ov.Dimension() if size > 1 and shape[axis].is_dynamic else size for axis, size in enumerate(sizes)]
    return ov.PartialShape(dims)


def _is_whole(graph: ModelGraph, source: TensorId) -> bool:
    """Whether a tensor is of integers: a shape, axes or indices."""
    return bool(graph.output(source).get_element_type().is_integral())


def _parameter(output: ov.Output, name: str) -> ov.Node:
    return ops.parameter(output.get_partial_shape(), output.get_element_type(), name=name)


def _is_computed(graph: ModelGraph, folding: Folding, source: TensorId) -> bool:
    """Whether a tensor is a known result of operations on integers: a shape or axes, said by a chain of operations."""
    output = graph.output(source)
    computed = not is_constant(output) and output.get_element_type().is_integral()
    return bool(computed and folding.value(source) is not None)


def _outside(original: ModelGraph, folding: Folding, source: TensorId, sides: dict[TensorId, ov.Node]) -> ov.Output:
    """A constant where the value is known before inference, else a further input of the head."""
    value = folding.value(source)
    if value is not None:
        return ops.constant(value).output(0)
    sides[source] = _parameter(original.output(source), f"side{len(sides)}")
    return sides[source].output(0)
