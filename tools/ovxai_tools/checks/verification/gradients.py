"""Gradients, as `vjp` gives them for definitions, held to central differences of the model itself.

(f(F + h v) - f(F - h v)) / 2h  =  sum of G ⊙ v          for v along the gradient G, and along random halves of it
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph, TensorId

from ovxai_passes.errors import VerificationError
from ovxai_passes.gradients.backward import vjp
from ovxai_passes.insert import Insertion
from ovxai_passes.methods.spec import required
from ovxai_passes.model_info.tensor_values import last_of
from ovxai_passes.ops.precision import F32
from ovxai_passes.reference.given import Given
from ovxai_passes.reference.gradient.derivatives import cotangents
from ovxai_passes.vocabulary import GradientOf
from ovxai_tools.checks.verification.outputs import Case

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float64]

_HALVES = 3
_RISE = 0.02  # of what is differentiated
_SHARE = 0.01  # of the tensor's length, which a step is at most, not to cross kinks
_ROUNDING = 2 * float(np.finfo(np.float32).eps)  # of the largest score, in a difference
_TOLERANCE = 0.02


def vjp_of(
    model: ov.Model, raw: Insertion, inputs: Sequence[Array], before: Sequence[Sequence[Array]]
) -> Callable[[TensorId, Array], Array]:
    """The gradient of the class scores for a tensor of the model, of its shape, given their cotangent."""
    scores = raw.site.scores.tensor
    compiled: dict[TensorId, ov.CompiledModel] = {}

    def gradient(tensor: TensorId, cotangent: Array) -> Array:
        if tensor not in compiled:
            graph = ModelGraph(model)
            made = vjp(model, [graph.output(scores)], [graph.output(tensor)])
            compiled[tensor] = ov.compile_model(made, "CPU", F32)
        earlier = [[*one, np.zeros_like(cotangent)] for one in before]
        return last_of(compiled[tensor], [*earlier, [*inputs, cotangent]])[-1]

    return gradient


def check_gradient(model: ov.Model, raw: Insertion, given: Given, case: Case, before: Sequence[Sequence[Array]]) -> str:
    """Compare the gradient of the first class with central differences. Raises VerificationError."""
    tensor, graph = raw.target.layer, ModelGraph(model)
    region = graph.region(tensor, raw.site.scores.tensor)
    if any(graph.ops[place].get_type_name() == "FakeQuantize" for place in region):
        return f"{case.name}: gradients pass 8-bit rounding straight through, which differences do not show"
    assert given.vjp is not None, "the method takes gradients"
    gradient = np.asarray(given.vjp(tensor, cotangents(given)[0]), np.float64)
    size = float(np.linalg.norm(gradient))
    if not size:
        return f"{case.name}: the gradient is 0"
    moved = _Moved(model, raw, given, case, before)
    rng, told = np.random.default_rng(0), 0
    for number in range(1 + _HALVES):
        direction = gradient * moved.smooth * (rng.random(gradient.shape) < 0.5 if number else 1)
        wanted = float(np.linalg.norm(direction))
        if not wanted:
            continue
        direction = direction / wanted
        step = min(max(_RISE, 100 * _ROUNDING * moved.largest) / wanted, _SHARE * moved.length)
        rounding = _ROUNDING * moved.largest / step
        if rounding > wanted / 2:
            continue
        wide, narrow = (moved.slope(direction, size) for size in (step, step / 2))
        if not abs(narrow - wanted) <= _TOLERANCE * wanted + 3 * abs(wide - narrow) + rounding:
            raise VerificationError(
                f"{case.name}: the gradient for {raw.report.target.name} is {wanted:.4g} along a direction where "
                f"central differences give {narrow:.4g}"
            )
        told += 1
    if not told:
        return f"{case.name}: gradient too small beside rounding to be told from differences"
    return f"{case.name}: gradient equal to central differences along {told} directions"


class _Moved:
    """What is differentiated, of the model with something added to a tensor of it; `largest`: of the scores;
    `length`: of the tensor. `smooth`: where that is not 0, for there ReLU and equal elements of MaxPool have kinks.
    """

    def __init__(
        self, model: ov.Model, raw: Insertion, given: Given, case: Case, before: Sequence[Sequence[Array]]
    ) -> None:
        clone = model.clone()
        graph = ModelGraph(clone)
        output, scores = graph.output(raw.target.layer), graph.output(raw.site.scores.tensor)
        if not output.get_element_type().is_real():  # a picture of u8: a step would be rounded away
            graph.ops[raw.target.layer[0]].set_element_type(ov.Type.f32)
            clone.validate_nodes_and_infer_types()
        readers = [reader for reader in output.get_target_inputs() if reader.get_node().get_type_name() != "Result"]
        step = ops.parameter(output.get_partial_shape(), ov.Type.f32)
        moved = ops.convert(ops.add(ops.convert(output, "f32"), step), output.get_element_type().get_type_name())
        for reader in readers:
            reader.replace_source_output(moved.output(0))
        whole = ov.Model([ops.result(scores)], clone.get_sinks(), [*clone.get_parameters(), step], "moved")
        self._compiled = ov.compile_model(whole, "CPU", F32)
        self._case, self._before, self._given = case, before, given
        self._multi_label = given.multi_label or raw.site.scores.activation == "Sigmoid"
        own, tensor = given.read([raw.site.scores.tensor, raw.target.layer])
        self.length = float(np.linalg.norm(np.asarray(tensor, np.float64)))
        self.smooth = np.asarray(tensor) != 0
        flat = np.asarray(own, np.float64).reshape(-1, raw.site.scores.classes)
        self.largest = float(np.abs(flat).max())
        classes = required(given.classes)
        self._classes = np.broadcast_to(classes, (len(flat), classes.shape[1]))[:, 0]

    def slope(self, direction: Floats, size: float) -> float:
        """The central difference along a direction, with steps of this size."""
        above, below = (self._value((sign * size * direction).astype(np.float32)) for sign in (1, -1))
        return (above - below) / (2 * size)

    def _value(self, step: npt.NDArray[np.float32]) -> float:
        earlier = [[*one, np.zeros_like(step)] for one in self._before]
        kinds = [port.get_element_type().to_dtype() for port in self._compiled.inputs]
        runs = [
            [value.astype(kind) for value, kind in zip(one, kinds, strict=True)]
            for one in [*earlier, [*self._case.inputs, step]]
        ]
        (scores,) = last_of(self._compiled, runs)
        flat = np.asarray(scores, np.float64).reshape(len(self._classes), -1)
        return sum(
            _differentiated(z, c, self._given.gradient_of, self._multi_label)
            for z, c in zip(flat, self._classes, strict=True)
        )


def _differentiated(scores: Floats, label: int, gradient_of: GradientOf, multi_label: bool) -> float:
    own = float(scores[label])
    if gradient_of is GradientOf.LOGIT:
        return own
    if multi_label or len(scores) == 1:
        logarithm = -float(np.logaddexp(0, -own))
    else:
        logarithm = own - float(np.logaddexp.reduce(scores))
    return logarithm if gradient_of is GradientOf.LOG_PROBABILITY else float(np.exp(logarithm))
