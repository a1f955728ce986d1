"""When are two maps equal?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

RANGE_TOLERANCE = 1e-3
SCORE_TOLERANCE = 1e-5


def worst_difference(
    found: Floats, wanted: Floats, positions_axis: int | tuple[int, ...] = (-2, -1), span: Floats | None = None
) -> float:
    """Largest |found - wanted| as a share of what is allowed: above 1 they are not equal.

    Infinite where a value is not finite. Allowed, map by map: 1e-3 of the range of `wanted` plus 1e-5 of the largest
    |score|. `span`: these ranges, where `wanted` holds a part of the positions only.
    """
    if span is None:
        span = np.ptp(wanted, axis=positions_axis, keepdims=True)
    allowed = RANGE_TOLERANCE * span + SCORE_TOLERANCE * np.abs(wanted).max()
    if not (np.isfinite(found).all() and np.isfinite(wanted).all()):
        return float("inf")
    difference = np.abs(found - wanted)
    worst = np.where(difference > 0, np.inf, 0.0)
    np.divide(difference, allowed, out=worst, where=np.broadcast_to(allowed > 0, worst.shape))
    return float(worst.max())
