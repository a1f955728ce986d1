"""The definition of EigenCAM: a singular value decomposition for each picture, in f64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.reference.given import Given, cells_of

Floats = npt.NDArray[np.float32]

_ITERATIONS = 512
"""Power iterations: what is left of components beside the first, where these are nearly as large."""


def definition(given: Given) -> Floats:
    """The raw map [N,h,w] f32."""
    feature = given.target.feature
    assert feature is not None, "the method reads a feature map"
    cells = cells_of(feature.positions, given.read([feature.tensor])[0])
    maps = [principal(one) for one in cells]
    return np.stack(maps).reshape(-1, *feature.positions.grid).astype(np.float32)


def principal(rows: Any) -> Any:
    """Rows [P,C] on their first right singular vector, [P], signed to correlate with the mean over channels.

    Where singular values nearly tie: on what power iterations come to, from the position that holds most of it.
    """
    left, values, right = np.linalg.svd(rows, full_matrices=False)
    if values[0] == 0:
        return np.zeros(len(rows))
    weights = (values / values[0]) ** (2 * _ITERATIONS)
    start = int(((left * weights) ** 2).sum(1).argmax())
    direction = (left[start] * values * weights) @ right
    projection = rows @ (direction / np.linalg.norm(direction))
    covariance = np.mean((projection - projection.mean()) * (rows.mean(1) - rows.mean()))
    return -projection if covariance < 0 else projection
