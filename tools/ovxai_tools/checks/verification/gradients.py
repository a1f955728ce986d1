"""Gradients, as `vjp` gives them for definitions, held to central differences of the model itself.

(f(F + h v) - f(F - h v)) / 2h  =  sum of G ⊙ v          for v along the gradient G, and along random halves of it

Of a detector f is that of the box that is the best one where h is 0, and F the level's map with the largest gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph, TensorId

from ovxai_passes.errors import VerificationError
from ovxai_passes.gradients.backward import vjp
from ovxai_passes.insert import Insertion
from ovxai_passes.methods.spec import required
from ovxai_passes.methods.target import Target
from ovxai_passes.model_info.tensor_values import last_of
from ovxai_passes.ops.precision import F32
from ovxai_passes.reference.given import Given
from ovxai_passes.reference.gradient.best_boxes import ScoredBoxes, box_cotangents, boxes_given
from ovxai_passes.reference.gradient.derivatives import cotangents, layers_of, scores_tensors
from ovxai_passes.vocabulary import GradientOf
from ovxai_tools.checks.verification.outputs import Case

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float64]

_HALVES = 3
_RISE = 0.02  # of class scores
_SHARE = 0.01  # of the tensor's length, which a step is at most, not to cross kinks
_ROUNDING = 2 * float(np.finfo(np.float32).eps)  # of the largest score, in a difference
_TOLERANCE = 0.02


def vjp_for(model: ov.Model, target: Target) -> ov.Model:
    """The model with the gradients of class scores for the layers of a target, last and in their order."""
    graph = ModelGraph(model)
    ends, layers = ([graph.output(one) for one in tensors] for tensors in (scores_tensors(target), layers_of(target)))
    return vjp(model, ends, layers)


def vjp_of(
    model: ov.Model, raw: Insertion, inputs: Sequence[Array], before: Sequence[Sequence[Array]]
) -> Callable[[TensorId, Mapping[TensorId, Array]], Array]:
    """The gradient of class scores for a tensor of the model, of its shape, given their cotangents."""
    layers = layers_of(raw.target)

    @cache
    def compiled() -> ov.CompiledModel:
        return ov.compile_model(vjp_for(model, raw.target), "CPU", F32)

    def gradient(tensor: TensorId, given: Mapping[TensorId, Array]) -> Array:
        fed = [given[one] for one in scores_tensors(raw.target)]
        earlier = [[*one, *map(np.zeros_like, fed)] for one in before]
        return last_of(compiled(), [*earlier, [*inputs, *fed]])[layers.index(tensor) - len(layers)]

    return gradient


def check_gradient(model: ov.Model, raw: Insertion, given: Given, case: Case, before: Sequence[Sequence[Array]]) -> str:
    """Compare the gradient of the first class with central differences. Raises VerificationError."""
    graph, scores = ModelGraph(model), scores_tensors(raw.target)
    tensors = layers_of(raw.target)
    region = [place for tensor in tensors for end in scores for place in graph.region(tensor, end)]
    if any(graph.ops[place].get_type_name() == "FakeQuantize" for place in region):
        return f"{case.name}: gradients pass 8-bit rounding straight through, which differences do not show"
    vjp_given = required(given.vjp)
    begin = _begin(given)
    found = [np.asarray(vjp_given(tensor, begin), np.float64) for tensor in tensors]
    sizes = [float(np.linalg.norm(one)) for one in found]
    place = int(np.argmax(sizes))
    gradient, tensor = found[place], tensors[place]
    if not sizes[place]:
        return f"{case.name}: the gradient is 0"
    steep = max(float(np.abs(one).max()) for one in begin.values())  # what is differentiated over class scores
    moved = _Moved(model, (tensor, scores), given, case, before)
    rng, told = np.random.default_rng(0), 0
    for number in range(1 + _HALVES):
        direction = gradient * moved.smooth * (rng.random(gradient.shape) < 0.5 if number else 1)
        wanted = float(np.linalg.norm(direction))
        if not wanted:
            continue
        direction = direction / wanted
        step = min(steep * max(_RISE, 100 * _ROUNDING * moved.largest) / wanted, _SHARE * moved.length)
        rounding = steep * _ROUNDING * moved.largest / step
        if rounding > wanted / 2:
            continue
        wide, narrow = (moved.slope(direction, size) for size in (step, step / 2))
        if not abs(narrow - wanted) <= _TOLERANCE * wanted + 3 * abs(wide - narrow) + rounding:
            name = graph.ops[tensor[0]].get_friendly_name()
            raise VerificationError(
                f"{case.name}: the gradient for {name} is {wanted:.4g} along a direction where central differences "
                f"give {narrow:.4g}"
            )
        told += 1
    if not told:
        return f"{case.name}: gradient too small beside rounding to be told from differences"
    return f"{case.name}: gradient equal to central differences along {told} directions"


def _begin(given: Given) -> Mapping[TensorId, Array]:
    """The cotangents of the first class."""
    if not given.target.features:
        return {scores_tensors(given.target)[0]: cotangents(given)[0]}
    boxes = boxes_given(given)
    return box_cotangents(boxes, _first_classes(given, next(iter(boxes.values.values()))), given.gradient_of)


def _first_classes(given: Given, scores: Array) -> npt.NDArray[np.int64]:
    classes = required(given.classes)
    return np.broadcast_to(classes, (len(scores), classes.shape[1]))[:, 0]


class _Moved:
    """What is differentiated, of the model with something added to a tensor of it; `largest`: of the scores;
    `length`: of the tensor. `smooth`: where that is not 0, for there ReLU and equal elements of MaxPool have kinks.
    """

    def __init__(
        self,
        model: ov.Model,
        ends: tuple[TensorId, Sequence[TensorId]],
        given: Given,
        case: Case,
        before: Sequence[Sequence[Array]],
    ) -> None:
        """`ends`: the tensor, and those of the class scores."""
        tensor, scores = ends
        clone = model.clone()
        graph = ModelGraph(clone)
        output, results = graph.output(tensor), [graph.output(one) for one in scores]
        if not output.get_element_type().is_real():  # a picture of u8: a step would be rounded away
            graph.ops[tensor[0]].set_element_type(ov.Type.f32)
            clone.validate_nodes_and_infer_types()
        readers = [reader for reader in output.get_target_inputs() if reader.get_node().get_type_name() != "Result"]
        step = ops.parameter(output.get_partial_shape(), ov.Type.f32)
        moved = ops.convert(ops.add(ops.convert(output, "f32"), step), output.get_element_type().get_type_name())
        for reader in readers:
            reader.replace_source_output(moved.output(0))
        made = [ops.result(one) for one in results]
        whole = ov.Model(made, clone.get_sinks(), [*clone.get_parameters(), step], "moved")
        self._compiled = ov.compile_model(whole, "CPU", F32)
        self._case, self._before = case, before
        self._what = _of_boxes(given) if given.target.features else _of_scores(given)
        value, *own = given.read([tensor, *scores])
        self.length = float(np.linalg.norm(np.asarray(value, np.float64)))
        self.smooth = np.asarray(value) != 0
        self.largest = max(float(np.abs(np.asarray(one, np.float64)).max()) for one in own)

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
        return self._what(last_of(self._compiled, runs))


_What = Callable[[Sequence[Array]], float]
"""What is differentiated, summed over images, of the values of the class scores."""


def _of_scores(given: Given) -> _What:
    """Of a classifier."""
    scores = required(given.target.site).scores
    multi_label = given.multi_label or scores.activation == "Sigmoid"
    (own,) = given.read([scores.tensor])
    classes = _first_classes(given, np.asarray(own).reshape(-1, scores.classes))

    def value(values: Sequence[Array]) -> float:
        flat = np.asarray(values[0], np.float64).reshape(len(classes), -1)
        each = zip(flat, classes, strict=True)
        return sum(_differentiated(z, c, given.gradient_of, multi_label) for z, c in each)

    return value


def _of_boxes(given: Given) -> _What:
    """Of the best boxes of a detector."""
    boxes = boxes_given(given)
    classes = _first_classes(given, next(iter(boxes.values.values())))
    best = [boxes.best(image, int(label))[0] for image, label in enumerate(classes)]

    def value(values: Sequence[Array]) -> float:
        now = ScoredBoxes(boxes.grids, dict(zip(boxes.values, values, strict=True)))
        each = enumerate(zip(classes, best, strict=True))
        return sum(now.differentiated(image, int(label), box, given.gradient_of) for image, (label, box) in each)

    return value


def _differentiated(scores: Floats, label: int, gradient_of: GradientOf, multi_label: bool) -> float:
    own = float(scores[label])
    if gradient_of is GradientOf.LOGIT:
        return own
    if multi_label or len(scores) == 1:
        logarithm = -float(np.logaddexp(0, -own))
    else:
        logarithm = own - float(np.logaddexp.reduce(scores))
    return logarithm if gradient_of is GradientOf.LOG_PROBABILITY else float(np.exp(logarithm))
