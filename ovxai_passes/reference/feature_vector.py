"""The definition of the feature vector."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from ovxai_patterns.analysis.positions import NOWHERE, Positions

Array = npt.NDArray[np.generic]


def pooled_features(positions: Positions, feature: Array) -> npt.NDArray[np.float64]:
    """The feature vector [N,C] of a tensor: its first kept token, or the mean over positions."""
    places = tuple(axis for axis, size in enumerate(positions.ids.shape) if size > 1)
    values = np.moveaxis(np.asarray(feature, np.float64), places, range(1, len(places) + 1))
    rows = values.reshape(len(values), positions.ids.size, -1)
    kept = np.flatnonzero(positions.ids.reshape(-1) == NOWHERE)
    return np.asarray(rows[:, kept[0]] if kept.size else rows.mean(1))
