"""Gradients of many small graphs in one model, held to differences of their values along random directions.

    <J^T c, d>  against  <c, (f(x + e·d) - f(x - e·d)) / 2e>,  extrapolated from two e

Inputs are spaced: no two elements are nearer than the steps, and none is that near to 0, so no kink is crossed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import openvino as ov
from hypothesis import strategies as st
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.gradients.context import output_of
from ovxai_passes.gradients.walk import backward
from ovxai_passes.ops.precision import F32
from tests.fixtures.graphs import Weights

Array = npt.NDArray[np.float32]
Shape = tuple[int, ...]
_STEP, _DIRECTIONS = 0.004, 4


@dataclass(frozen=True)
class Sizes:
    """Of the inputs of all graphs of a model."""

    n: int
    c: int
    h: int
    w: int
    lead: int
    dynamic: bool

    @property
    def map(self) -> Shape:
        return self.n, self.c, self.h, self.w

    @property
    def rows(self) -> Shape:
        return self.n, self.h, self.c


Build = Callable[[Sizes, list[ov.Node], Weights], ov.Node | ov.Output]
Shapes = Callable[[Sizes], list[Shape]]


def sizes(dynamic: bool = True) -> st.SearchStrategy[Sizes]:
    small = st.integers(5, 8)
    flag = st.booleans() if dynamic else st.just(False)
    return st.builds(Sizes, st.integers(1, 3), st.sampled_from([4, 6]), small, small, st.integers(0, 1), flag)


def spaced(rng: np.random.Generator, shape: Shape) -> Array:
    """Numbers of both signs about 0, in random order."""
    count = int(np.prod(shape))
    values = (np.arange(count) - count / 2 + 0.5) * max(0.03, 4 / count)
    return rng.permutation(values).reshape(shape).astype(np.float32)


def worst(cases: dict[str, tuple[Shapes, Build]], given: Sizes) -> dict[str, float]:
    """For each graph how far its gradients are from the differences, as a share of what moves."""
    rng, weights = np.random.default_rng(0), Weights(1)
    inputs = {name: [spaced(rng, shape) for shape in shapes(given)] for name, (shapes, _) in cases.items()}
    parameters = {
        name: [ops.parameter(_open(value.shape, given), np.float32) for value in values]
        for name, values in inputs.items()
    }
    made = {name: output_of(build(given, parameters[name], weights)) for name, (_, build) in cases.items()}
    everything = [one for name in cases for one in parameters[name]]
    forward = ov.Model([ops.result(made[name]) for name in cases], everything)
    values = [value for name in cases for value in inputs[name]]
    compiled = ov.compile_model(forward, "CPU", F32)
    before = list(compiled(values).values())
    front = (2,) * given.lead
    cotangents = [rng.standard_normal((*front, *value.shape)).astype(np.float32) for value in before]
    given_cotangents = [
        ops.parameter([*([-1] * given.lead), *made[name].get_partial_shape()], np.float32) for name in cases
    ]
    graph = ModelGraph(forward)
    ends = {graph.id_of(made[name]): one for name, one in zip(cases, given_cotangents, strict=True)}
    wanted = [graph.id_of(one.output(0)) for one in everything]
    gradients = backward(graph, ends, wanted, given.lead)
    results = [*gradients, *made.values()]  # in one model: plugins share weights between what is read both ways
    whole = ov.Model([ops.result(one) for one in results], [*everything, *given_cotangents])
    found = list(ov.compile_model(whole, "CPU", F32)([*values, *cotangents]).values())[: len(gradients)]
    for value, gradient in zip(values, found, strict=True):
        assert gradient.shape == (*front, *value.shape)
    differences = dict.fromkeys(cases, 0.0)
    for _ in range(_DIRECTIONS):
        directions = [rng.choice([-1.0, 1.0], value.shape).astype(np.float32) for value in values]
        moved = {}
        for step in (_STEP, _STEP / 2):
            ends_of = [
                list(compiled([v + sign * step * d for v, d in zip(values, directions, strict=True)]).values())
                for sign in (1, -1)
            ]
            moved[step] = [(a.astype(np.float64) - b) / (2 * step) for a, b in zip(*ends_of, strict=True)]
        place = 0
        for number, name in enumerate(cases):
            slope = (4 * moved[_STEP / 2][number] - moved[_STEP][number]) / 3
            count = len(inputs[name])
            own = [
                (gradient.astype(np.float64) * direction).reshape(*front, -1).sum(-1)
                for gradient, direction in zip(
                    found[place : place + count], directions[place : place + count], strict=True
                )
            ]
            place += count
            wanted_here = (cotangents[number] * slope).reshape(*front, -1).sum(-1)
            scale = np.abs(cotangents[number] * slope).sum() ** 0.5 + np.abs(wanted_here).max() + 1e-2
            differences[name] = max(differences[name], float(np.abs(sum(own) - wanted_here).max() / scale))
    return differences


def _open(shape: Shape, given: Sizes) -> list[int]:
    """The batch is dynamic, if any size is."""
    return [-1, *shape[1:]] if given.dynamic and shape else list(shape)
