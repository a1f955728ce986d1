"""AISE of detectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from ovxai_passes.compat.methods.black_box.aise.base import AISEBase
from ovxai_passes.compat.methods.black_box.base import Preset
from ovxai_passes.compat.methods.black_box.utils import check_detection_output
from ovxai_passes.explainer.black_box import detectors
from ovxai_passes.value_checks import member

Array = npt.NDArray[Any]


class AISEDetection(AISEBase, detectors.AISEDetection):
    """AISE for detectors, box by box. `postprocess_fn` returns boxes [1,D,4], scores [1,D] and labels [1,D]."""

    divisors: Sequence[float] | Array | None = None

    @staticmethod
    def check(x: Any) -> None:
        """Raises RuntimeError for what a postprocess_fn should not return."""
        check_detection_output(x)

    def generate_saliency_map(
        self,
        data: Array,
        target_indices: Sequence[int] | None = None,
        preset: Preset | str = Preset.BALANCE,
        num_iterations_per_kernel: int | None = None,
        divisors: Sequence[float] | Array | None = None,
        solver_epsilon: float = 0.05,
        locally_biased: bool = False,
        scale_output: bool = True,
    ) -> dict[int, Array]:
        """Maps [H,W] by number of the box."""
        iterations, parts = detectors.PRESETS[member("preset", Preset, preset)]
        self.num_iterations_per_kernel = iterations if num_iterations_per_kernel is None else num_iterations_per_kernel
        self.divisors = parts if divisors is None else divisors
        self.solver_epsilon, self.locally_biased = solver_epsilon, locally_biased
        return super().generate_saliency_map(
            data,
            target_indices,
            preset,
            num_iterations_per_kernel,
            divisors,
            solver_epsilon,
            locally_biased,
            scale_output,
        )
