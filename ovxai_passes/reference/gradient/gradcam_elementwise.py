"""The definition of element-wise Grad-CAM."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ovxai_passes.reference.given import Given
from ovxai_passes.reference.gradient.derivatives import Floats, weighted_definition


def definition(given: Given) -> npt.NDArray[np.float32]:
    """The raw map [N,k,h,w] f32."""
    return weighted_definition(given, _weights)


def _weights(values: Floats, gradients: Floats) -> Floats:
    return gradients * (gradients * values > 0)
