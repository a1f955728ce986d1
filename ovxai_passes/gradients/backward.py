"""Vector-Jacobian products inside a model: `Backward`, the pass, and `vjp`, which runs it on a clone.

y = f(x)  ─▶  (y, J_f(x)^T · c),  for any c of the shape of y
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import openvino as ov
from openvino import opset13 as ops
from openvino.passes import Manager, ModelPass
from ovxai_patterns.analysis.graph import ModelGraph, NoLayer, TensorId

from ovxai_passes.errors import NoGradientError, OptionError
from ovxai_passes.gradients.cut import cut_off
from ovxai_passes.gradients.walk import backward
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.connecting import connect, fenced_inputs
from ovxai_passes.ops.sizes import guarded, sizes_of, with_dynamic_shapes
from ovxai_passes.ops.tapping import fed_from_safe_taps

Chosen: TypeAlias = ov.Output | str
"""A tensor: an `ov.Output` of the model, a tensor name, or the friendly name of the operation that makes it."""


def vjp(model: ov.Model, outputs: Sequence[Chosen], wrt: Sequence[Chosen]) -> ov.Model:
    """The model with gradients: reverse-mode differentiation by a graph of forward operations.

        gradient_j = sum_i  (d outputs_i / d wrt_j)^T · cotangent_i

    `outputs`: outputs of the model, or any other tensors of a float type, that are differentiated. `wrt`: inputs or
    other tensors that they are differentiated for. Both are `ov.Output` of the model, tensor names, or friendly names
    of operations.

    Returns another model; the given one is not changed. Its inputs are the model's, then `cotangent_0`, ..., one for
    each of `outputs`, of its shape and type. Its results are the model's, bit-identical, then `gradient_0`, ..., one
    for each of `wrt`, of its shape and type (f32 for a tensor of integers, as a picture of u8). It follows
    `model.reshape` as the model does; where gradients are right for one size of the picture only, it throws at others.

    At a kink the gradient is that of torch: 0 for ReLU at 0, the first of equal elements for MaxPool, half each for
    Maximum. FakeQuantize passes straight through inside its range.

    Raises NoGradientError where an operation in between has no rule, which it names, and where no output depends on one
    of `wrt`. Raises OptionError for a tensor that the model does not have, and for outputs of integers.

    Source: reverse accumulation, Griewank and Walther, Evaluating Derivatives, 2nd edition, SIAM 2008, chapter 3.
    """
    numbered = ModelGraph(model)
    chosen = [[_tensor(numbered, one) for one in given] for given in (outputs, wrt)]
    clone = model.clone()
    graph = ModelGraph(clone)
    manager, stage = Manager(), Backward(*([graph.output(tensor) for tensor in tensors] for tensors in chosen))
    manager.register_pass(stage)
    manager.run_passes(clone)
    return clone


class Backward(ModelPass):
    """Adds gradients to a model, in place: see `vjp`.

    Before:  x ─▶ f ─▶ y
    After:   x ─▶ f ─▶ y,   cotangent_0 ─▶ backward walk, which reads tensors of f ─▶ gradient_0
    """

    def __init__(self, outputs: Sequence[Chosen], wrt: Sequence[Chosen]) -> None:
        super().__init__()
        self.outputs, self.wrt = list(outputs), list(wrt)

    def run_on_model(self, model: ov.Model) -> bool:
        """Add the inputs and the results."""
        before = ModelGraph(ov.Model(model))
        if not self.outputs or not self.wrt:
            raise OptionError("nothing to differentiate: name at least one output and one tensor to differentiate for")
        outputs = [before.output(_tensor(before, one)) for one in self.outputs]
        wrt = [before.output(_tensor(before, one)) for one in self.wrt]
        cotangents = [_cotangent(output, place) for place, output in enumerate(outputs)]
        taken = {name for node in before.ops for output in node.outputs() for name in output.get_names()}
        names = [f"gradient_{place}" for place in range(len(wrt))]
        for name in (*names, *(cotangent.get_friendly_name() for cotangent in cotangents)):
            if name in taken:
                raise OptionError(
                    f"the model has a tensor {name!r} already: rename it to differentiate the model again"
                )
        model.add_parameters(cotangents)
        graph = ModelGraph(ov.Model(model))
        ids = [[graph.id_of(output) for output in given] for given in (outputs, wrt)]
        try:
            branch = _branch(graph, ids[0], [graph.id_of(one.output(0)) for one in cotangents], ids[1])
        except NoGradientError:
            for cotangent in cotangents:
                model.remove_parameter(cotangent)
            raise
        added = branch.model.clone()
        ends = [result.input_value(0) for result in added.get_results()]
        fed = fenced_inputs(graph, added, branch.sources)
        connect(fed)
        fed_by = {parameter.get_name(): output for parameter, output in fed}
        ends = [fed_by.get(end.get_node().get_name(), end) for end in ends]
        model.add_results([ops.result(end, name=name) for name, end in zip(names, ends, strict=True)])
        wrapped = ov.Model(model)
        wrapped.validate_nodes_and_infer_types()
        for output, name in zip(wrapped.outputs[-len(names) :], names, strict=True):
            output.get_tensor().add_names({name})
        return True


def _tensor(graph: ModelGraph, chosen: Chosen) -> TensorId:
    """The number of a tensor that a user chose. Raises OptionError."""
    if isinstance(chosen, str):
        for node in graph.ops:
            for output in node.outputs():
                if chosen in output.get_names() and node.get_type_name() != "Result":
                    return graph.id_of(output)
        layer = graph.layer_named(chosen)
        if isinstance(layer, NoLayer):
            raise OptionError(f"there is no tensor {chosen!r} in the model: {layer.reason}")
        return _behind_result(graph, graph.output(layer))
    try:
        return _behind_result(graph, chosen)
    except KeyError as error:
        name = chosen.get_node().get_friendly_name()
        raise OptionError(f"{name!r} is not a tensor of this model: choose an output of the model itself") from error


def _behind_result(graph: ModelGraph, output: ov.Output) -> TensorId:
    node = output.get_node()
    return graph.id_of(node.input_value(0) if node.get_type_name() == "Result" else output)


def _cotangent(output: ov.Output, place: int) -> ov.Node:
    element = output.get_element_type()
    if not element.is_real():
        name, kind = output.get_node().get_friendly_name(), element.get_type_name()
        raise OptionError(f"{name!r} cannot be differentiated: it holds {kind}; choose a tensor of a float type")
    made = ops.parameter(output.get_partial_shape(), element, name=f"cotangent_{place}")
    made.output(0).get_tensor().set_names({f"cotangent_{place}"})
    return made


def _branch(graph: ModelGraph, outputs: list[TensorId], cotangents: list[TensorId], wrt: list[TensorId]) -> Branch:
    """The backward walk as a branch, for all sizes that the network takes, or guarded against others."""
    declined: NoGradientError | None = None
    for grid in (True, False, None):
        sized = graph.model.clone() if grid is None else with_dynamic_shapes(graph.model, grid)
        if sized is None:
            continue
        clone = ModelGraph(sized)
        for output, cotangent in zip(outputs, cotangents, strict=True):
            clone.ops[cotangent[0]].set_partial_shape(clone.output(output).get_partial_shape())
            clone.ops[cotangent[0]].validate_and_infer_types()
        pairs: dict[TensorId, ov.Output] = {}
        for output, cotangent in zip(outputs, cotangents, strict=True):
            given = clone.output(cotangent)
            pairs[output] = ops.add(pairs[output], given).output(0) if output in pairs else given
        try:
            ends = backward(clone, pairs, wrt)
        except NoGradientError as error:
            declined = error
            continue
        if not grid:
            ends = [_guarded(graph, clone, end) for end in ends]
        return fed_from_safe_taps(clone, cut_off(clone, ends))
    assert declined is not None
    raise declined


def _guarded(graph: ModelGraph, clone: ModelGraph, gradient: ov.Output) -> ov.Output:
    """A gradient that no inference returns for pictures of another size than the model's."""
    for parameter in graph.model.get_parameters():
        shape = parameter.get_partial_shape()
        axes = [axis for axis in range(1, len(shape)) if shape[axis].is_static]
        if axes and gradient.get_element_type() == ov.Type.f32 and shape[0].is_static and len(shape) == 4:
            place = graph.place_of(parameter)
            built = [shape[axis].get_length() for axis in axes]
            gradient = guarded(gradient, sizes_of(clone.output((place, 0)), axes), built)
    return gradient
