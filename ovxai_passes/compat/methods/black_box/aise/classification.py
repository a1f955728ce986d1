"""AISE of classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from ovxai_passes.compat.methods.black_box.aise.base import AISEBase
from ovxai_passes.compat.methods.black_box.base import Preset
from ovxai_passes.explainer.black_box import aise
from ovxai_passes.value_checks import member

Array = npt.NDArray[Any]


class AISEClassification(AISEBase, aise.AISEClassification):
    """AISE for classifiers, target by target."""

    def generate_saliency_map(
        self,
        data: Array,
        target_indices: Sequence[int] | None = None,
        preset: Preset | str = Preset.BALANCE,
        num_iterations_per_kernel: int | None = None,
        kernel_widths: Sequence[float] | Array | None = None,
        solver_epsilon: float = 0.1,
        locally_biased: bool = False,
        scale_output: bool = True,
    ) -> dict[int, Array]:
        """Maps [H,W] by target."""
        iterations, widths = aise.PRESETS[member("preset", Preset, preset)]
        self.num_iterations_per_kernel = iterations if num_iterations_per_kernel is None else num_iterations_per_kernel
        self.kernel_widths = widths if kernel_widths is None else kernel_widths
        self.solver_epsilon, self.locally_biased = solver_epsilon, locally_biased
        return super().generate_saliency_map(
            data,
            target_indices,
            preset,
            num_iterations_per_kernel,
            kernel_widths,
            solver_epsilon,
            locally_biased,
            scale_output,
        )
