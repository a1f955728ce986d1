"""Are the original outputs what they were? Many inputs, each model compiled once, states included."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.layout import assumed_inputs

from ovxai_passes.errors import VerificationError
from ovxai_passes.ops.precision import F32
from ovxai_passes.reference.comparing import SCORE_TOLERANCE

Array = npt.NDArray[np.generic]

DYNAMIC_BATCH = 2
_SCALES = (1.0, 0.1, 10.0, 1.0, 3.0, 0.3, 1.0, 30.0)
_PATIENCE = 10.0  # seconds; beyond, no further inputs are drawn
_AT_LEAST = 2


@dataclass(frozen=True)
class Case:
    """One set of inputs, and what it is called in messages."""

    name: str
    inputs: list[Array]


def random_case(model: ov.Model, batch: int = DYNAMIC_BATCH, seed: int = 0, scale: float = 1.0) -> Case:
    """Random input: 8-bit over its whole range, floats from N(0, 1) times `scale`.

    `batch` in place of a dynamic dimension; a height, width or number of channels as the analysis assumes it.
    """
    rng = np.random.default_rng(seed)
    values: list[Array] = []
    for port, shape in zip(model.inputs, assumed_inputs(model, batch), strict=True):
        dtype = port.get_element_type().to_dtype()
        if np.issubdtype(dtype, np.integer):
            limits = np.iinfo(dtype)
            values.append(rng.integers(limits.min if limits.bits == 8 else 0, limits.max, shape, dtype, endpoint=True))
        else:
            values.append((rng.standard_normal(shape) * scale).astype(dtype))
    return Case("random input", values)


def has_state(model: ov.Model) -> bool:
    """Whether a model remembers from one inference to the next (ReadValue, Assign)."""
    return bool(model.get_sinks())


def check_outputs(model: ov.Model, written: ov.Model, cases: Sequence[Case], trimmed: bool = False) -> list[str]:
    """Compare the original outputs for `cases` and further random inputs; returns what held.

    Bit by bit at f32 and at the device's default precision; of a `trimmed` model, to rounding at f32. All inferences of
    a model are of one request, so that a state passes from one to the next. Raises VerificationError.
    """
    configs: dict[str, dict[str, str]] = {"f32": F32} if trimmed else {"f32": F32, "default precision": {}}
    pairs = {
        name: tuple(ov.compile_model(one, "CPU", config).create_infer_request() for one in (model, written))
        for name, config in configs.items()
    }
    compared = 0
    for case in _with_draws(model, cases):
        for name, (before, after) in pairs.items():
            wanted, found = before.infer(case.inputs), after.infer(case.inputs)
            for index in range(len(model.outputs)):
                _compare(wanted[index], found[index], trimmed, f"{case.name}: output {index}", name)
        compared += 1
    rounding = f"equal to {SCORE_TOLERANCE:g} of the largest, at f32"
    how = rounding if trimmed else "bit-identical at f32 and at default precision"
    lines = [f"{case.name}: original outputs {how}" for case in cases]
    same = rounding if trimmed else "the same to the bit"
    return [*lines, f"{compared - len(cases)} more random inputs: original outputs {same}"]


def _with_draws(model: ov.Model, cases: Sequence[Case]) -> Iterator[Case]:
    yield from cases
    started = time.perf_counter()
    for place, scale in enumerate(_SCALES):
        if place >= _AT_LEAST and time.perf_counter() - started > _PATIENCE:
            return
        drawn = random_case(model, seed=1 + place, scale=scale)
        yield Case(f"random input {place + 1} of scale {scale:g}", drawn.inputs)


def _compare(wanted: Array, found: Array, trimmed: bool, what: str, precision: str) -> None:
    if not trimmed:
        if not np.array_equal(wanted, found, equal_nan=wanted.dtype.kind == "f"):
            raise VerificationError(f"{what} of the original model differs at {precision}")
        return
    before, after = np.asarray(wanted, np.float64), np.asarray(found, np.float64)
    if not np.abs(after - before).max() <= SCORE_TOLERANCE * np.abs(before).max():
        raise VerificationError(f"{what} of the trimmed model differs by more than rounding")
