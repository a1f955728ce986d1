"""What both kinds of AISE have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.compat.methods.black_box.base import BlackBoxXAIMethod

Array = npt.NDArray[Any]


class AISEBase(BlackBoxXAIMethod):
    """AISE: windows are searched for. The attributes are those of the last picture."""

    num_iterations_per_kernel: int | None = None
    kernel_widths: Sequence[float] | Array | None = None
    solver_epsilon: float = 0.1
    locally_biased: bool = False


class GaussianPerturbationMask:
    """Windows on a grid of a size (H, W): Gaussians over coordinates 0..1."""

    def __init__(self, input_size: tuple[int, int]) -> None:
        self.h, self.w = np.meshgrid(np.linspace(0, 1, input_size[1]), np.linspace(0, 1, input_size[0]))

    def generate_kernel_mask(self, gauss_param: tuple[float, float, float], scale: float = 1.0) -> Array:
        """A window [H,W]; `gauss_param`: x and y of its middle, and its width. `scale`: its largest value."""
        x, y, width = gauss_param
        window = np.exp(-((self.h - x) ** 2 + (self.w - y) ** 2) / (2 * width**2))
        return np.asarray(scale * window / window.max())
