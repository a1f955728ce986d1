"""Gradients of a model file for its inputs, against central differences.

    f = sum of c ⊙ outputs, c drawn        (f(x + h v) - f(x - h v)) / 2h  =  sum of gradient ⊙ v

for v along the gradient, and along random halves of it. Of several steps h the one counts at which half of it changes
the difference least. What is told is how far both sides are apart, over the right one. Models of 8 bits are held to
`straight_through`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops
from openvino.preprocess import PrePostProcessor

from ovxai_passes.gradients.backward import vjp
from ovxai_passes.model_info.read import read_model
from ovxai_passes.ops.precision import F32
from ovxai_tools.checks.gradient_sweep.straight_through import smooth, spell_out_roundings, watched

DIRECTIONS = 8
_RISES = (1e-2, 3e-3, 1e-3, 3e-4)
"""Changes of f that steps are to make, as shares of the length of the outputs."""
NEAR = 0.02
"""What f32 lets differences tell."""

Array = npt.NDArray[np.float32]


def differences(path: Path, tell: Callable[..., None]) -> None:
    """Tell the columns of a model's row, as they are found. Raises what reading and differentiating raise."""
    model = read_model(path)
    integers = model.inputs[0].get_element_type().is_integral()
    model = _ending_in_floats(_of_floats(model))
    tell(status="declined", origin=path.suffix[1:])
    seen = watched(model)
    made = vjp(seen, seen.outputs[: len(model.outputs)], seen.inputs)
    spell_out_roundings(made)
    rng = np.random.default_rng(0)
    shape = model.inputs[0].get_shape()
    picture = (rng.integers(0, 128, shape) if integers else rng.standard_normal(shape)).astype(np.float32)
    weights = [rng.standard_normal(output.get_shape()).astype(np.float32) for output in model.outputs]
    *told, found = ov.compile_model(made, "CPU", F32)([picture, *weights]).values()
    gradient = np.asarray(found, np.float64)
    moved = _Differentiated(smooth(model, told[len(model.outputs) :]), picture, weights)
    apart = []
    for number in range(DIRECTIONS):
        half = gradient * (rng.random(gradient.shape) < 0.5 if number else 1)
        wanted = float(np.linalg.norm(half))
        apart.append(abs(moved.slope(half / wanted, wanted) - wanted) / wanted)
    worst = max(apart)
    tell(operations=len(made.get_ops()), directions=DIRECTIONS, direction_median=float(np.median(apart)))
    tell(direction_worst=worst, status="equal" if worst <= NEAR else "different")


def _of_floats(model: ov.Model) -> ov.Model:
    """The model for one picture in f32, so that steps are not rounded away."""
    if model.inputs[0].get_partial_shape()[0].is_dynamic:
        model.reshape({0: [1, *list(model.inputs[0].get_partial_shape())[1:]]})
    if model.inputs[0].get_element_type().is_integral():
        model.get_parameters()[0].set_element_type(ov.Type.f32)
        model.validate_nodes_and_infer_types()
        return model
    processor = PrePostProcessor(model)
    processor.input().tensor().set_element_type(ov.Type.f32)
    return processor.build()


def _ending_in_floats(model: ov.Model) -> ov.Model:
    """The model up to the last tensors of floats in front of its results, in f32."""
    ends = []
    for result in model.get_results():
        output = result.input_value(0)
        while not output.get_element_type().is_real():
            output = output.get_node().input_value(0)
        ends.append(ops.result(ops.convert(output, "f32")))
    return ov.Model(ends, model.get_parameters())


class _Differentiated:
    """f, and its slopes at a picture."""

    def __init__(self, model: ov.Model, picture: Array, weights: list[Array]) -> None:
        self._compiled = ov.compile_model(model, "CPU", F32)
        self._picture, self._weights = picture, weights
        values = self._compiled([picture]).values()
        self._length = float(np.sqrt(sum(float(np.square(one, dtype=np.float64).sum()) for one in values)))

    def slope(self, direction: npt.NDArray[Any], about: float) -> float:
        """Along a direction; `about`: what it is about."""
        found: list[tuple[float, float]] = []
        for rise in _RISES:
            step = rise * self._length / about
            wide, narrow = (self._difference(direction, size) for size in (step, step / 2))
            found.append((abs(wide - narrow), narrow))
        return min(found)[1]

    def _difference(self, direction: npt.NDArray[Any], step: float) -> float:
        above, below = (self._value((self._picture + sign * step * direction).astype(np.float32)) for sign in (1, -1))
        return (above - below) / (2 * step)

    def _value(self, picture: Array) -> float:
        values = self._compiled([picture]).values()
        each = zip(values, self._weights, strict=True)
        return sum(float((np.asarray(a, np.float64) * b).sum()) for a, b in each)
