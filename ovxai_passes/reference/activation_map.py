"""The definition of ActivationMap: the mean over channels, cell by cell."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from ovxai_patterns.analysis.positions import Positions

from ovxai_passes.reference.given import Given, cells_of

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float32]


def definition(given: Given) -> Floats:
    """The raw map [N,h,w] f32."""
    feature = given.target.feature
    assert feature is not None, "the method reads a feature map"
    return mean_map(feature.positions, given.read([feature.tensor])[0])


def mean_map(positions: Positions, feature: Array) -> Floats:
    """ActivationMap [N,h,w] f32 of a target, by definition: summed cell by cell."""
    maps = cells_of(positions, feature).mean(2)
    return maps.reshape(-1, *positions.grid).astype(np.float32)
