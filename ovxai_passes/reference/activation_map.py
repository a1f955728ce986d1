"""The definition of ActivationMap: the mean over channels, cell by cell."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from ovxai_patterns.analysis.positions import Positions

from ovxai_passes.reference.given import Given

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float32]


def definition(given: Given) -> Floats:
    """The raw map [N,h,w] f32."""
    feature = given.target.feature
    assert feature is not None, "the method reads a feature map"
    return mean_map(feature.positions, given.read([feature.tensor])[0])


def mean_map(positions: Positions, feature: Array) -> Floats:
    """ActivationMap [N,h,w] f32 of a target, by definition: summed cell by cell."""
    height, width = positions.grid
    ids = np.broadcast_to(positions.ids, (1, *feature.shape[1:]))
    flat = feature.astype(np.float64).reshape(len(feature), -1)
    result = np.zeros((len(feature), height * width))
    for cell in range(height * width):
        result[:, cell] = flat[:, (ids == cell).reshape(-1)].mean(1)
    return result.reshape(-1, height, width).astype(np.float32)
