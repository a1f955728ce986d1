"""Sensitivity: how much a map changes with small noise on the picture, smaller is better.

    mean over draws of |map(x + noise) - map(x)| / |map(x)|

Yeh et al., On the (In)fidelity and Sensitivity of Explanations, arXiv 1901.09392, as a mean in place of the largest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ovxai_tools.evaluation.compared.shown import Floats, Levels, Shown, as_large

NOISE, DRAWS = 5.0, 4
"""Deviation of the noise in levels of 0..255, and how often it is drawn."""


def sensitivity(one: Shown, saliency: Floats, maker: Callable[[Sequence[Shown]], list[Floats]], seed: int) -> float:
    """Of a map [H,W] that `maker` made, from 0 up; 0 of a map of zeros that stays one."""
    rng = one.rng(seed)
    noisy = [replace(one, pixels=_noisy(one.pixels, rng)) for _ in range(DRAWS)]
    others = [as_large(values, saliency.shape) for values in maker(noisy)]
    size = float(np.linalg.norm(saliency))
    changes = [float(np.linalg.norm(other - saliency)) for other in others]
    return float(np.mean([change / size if size > 0 else float(change > 0) for change in changes]))


def _noisy(pixels: Levels, rng: np.random.Generator) -> Levels:
    return np.clip(np.rint(pixels + rng.normal(0, NOISE, pixels.shape)), 0, 255).astype(np.uint8)
