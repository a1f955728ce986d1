"""Where a map points: its largest value, after bilinear upsampling."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ovxai_passes.explainer import resize

Floats = npt.NDArray[np.float32]
Box = tuple[float, float, float, float]

_FINE = 64


def peak(saliency: Floats, side: int = _FINE) -> tuple[float, float]:
    """X and y, as fractions, of the largest value of a map [h,w], upsampled bilinearly to `side` x `side` pixels.

    Among equal values the middle one counts: towards the border an upsampled map is constant.
    """
    large = resize(saliency, (side, side))
    y, x = (np.flatnonzero((large >= large.max()).any(axis)) for axis in (1, 0))
    return float((x.mean() + 0.5) / side), float((y.mean() + 0.5) / side)


def points_inside(saliency: Floats, box: Box, side: int = _FINE) -> bool:
    """Whether the largest value of a map [h,w] lies in a box of fractions x0, y0, x1, y1."""
    x, y = peak(saliency, side)
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]
