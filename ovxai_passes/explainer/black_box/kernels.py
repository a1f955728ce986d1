"""AISE's search: where does a Gaussian window keep, or take away, most of a score?

    g(h,w) = exp( -((h - y)^2 + (w - x)^2) / 2 s^2 ),  coordinates 0..1, scaled to a largest value of 1
    S = sum over widths s of  K_s / max K_s,   K_s = sum over windows tried  (loss - least loss) * g

A window is two vectors, one along each axis, so the sum over all windows is one product of two matrices. DIRECT
(Jones, Perttunen, Stuckman, 1993; scipy.optimize.direct) chooses the windows. AISE of openvino_xai 1.1.0, which does
not take off the least loss: where most windows lose the score, the sum then marks what was looked at least.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import MissingExtraError
from ovxai_passes.explainer.black_box.running import progress
from ovxai_passes.explainer.checked import checked_flag
from ovxai_passes.pictures.levels import scaling
from ovxai_passes.value_checks import number, whole_number

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Loss = Callable[[Floats], float]
Bounds = tuple[tuple[float, float], tuple[float, float]]
"""Least and largest x, least and largest y, as fractions."""


@dataclass(frozen=True)
class SearchSpace:
    """Which windows are tried for a target: `bounds` of their middles, and `widths`. `loss`: what says how good one is.

    `loss` takes a window [H,W], and is larger where it holds more of what is explained.
    """

    bounds: Bounds
    widths: Sequence[float]
    loss: Loss


@dataclass(frozen=True)
class WindowSearch:
    """How windows are searched for in a picture of a `size`: so many `iterations` for each width.

    Raises OptionError.
    """

    size: tuple[int, int]
    iterations: int
    epsilon: float
    locally_biased: bool

    def __post_init__(self) -> None:
        whole_number("num_iterations_per_kernel", self.iterations, 1)
        number("solver_epsilon", self.epsilon, 0)
        checked_flag("locally_biased", self.locally_biased)

    def maps(self, spaces: Mapping[int, SearchSpace], scale_output: bool) -> dict[int, Array]:
        """Maps [H,W] by target, one after the other: u8, or f32 0..1 without `scale_output`."""
        scales = checked_flag("scale_output", scale_output)
        found: dict[int, Array] = {}
        with progress(sum(len(space.widths) for space in spaces.values()) * self.iterations, "AISE") as done:
            for target, space in spaces.items():
                saliency = self.run(space, done)
                found[target] = scaling(saliency) if scales else saliency
        return found

    def run(self, space: SearchSpace, done: Callable[[int], None] = lambda _: None) -> Floats:
        """The map [H,W] f32 of one target, 0..1. `done` is told how many windows more are through."""
        total = np.zeros(self.size, np.float32)
        for width in space.widths:
            kernel = self._of_width(space, float(width), done)
            total += kernel / kernel.max() if kernel.max() > 0 else kernel
        return total / total.max() if total.max() > 0 else total

    def _of_width(self, space: SearchSpace, width: float, done: Callable[[int], None]) -> Floats:
        rows: list[Floats] = []
        columns: list[Floats] = []
        losses: list[float] = []

        def tried(middle: Any) -> float:
            if len(losses) == self.iterations:  # DIRECT looks at its budget after whole rounds alone
                return 0.0
            row, column = (
                self._window(size, place, width) for size, place in zip(self.size, middle[::-1], strict=True)
            )
            losses.append(space.loss(np.outer(row, column)))
            rows.append(row)
            columns.append(column)
            done(1)
            return -losses[-1]

        bounds = [(low, max(high, low + 1e-6)) for low, high in space.bounds]
        _direct()(tried, bounds, eps=self.epsilon, maxfun=self.iterations, locally_biased=self.locally_biased)
        done(self.iterations - len(losses))  # DIRECT ends earlier where it has found the best
        weights = np.array(losses, np.float32)
        weighted = np.stack(rows) * (weights - weights.min())[:, None]
        return np.asarray(weighted.T @ np.stack(columns), np.float32)

    @staticmethod
    def _window(size: int, middle: float, width: float) -> Floats:
        values = np.exp(-((np.linspace(0, 1, size) - middle) ** 2) / (2 * width**2))
        return (values / values.max()).astype(np.float32)


def _direct() -> Callable[..., Any]:
    try:
        from scipy.optimize import direct  # noqa: PLC0415  # an optional extra, imported where used
    except ImportError as error:
        raise MissingExtraError("AISE searches by scipy: pip install 'ovxai-passes[blackbox]'") from error
    return direct
