"""From the output of a detector, in the layout of YOLOv8, to detections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Corners = tuple[float, float, float, float]

_OVERLAP = 0.5
"""From this overlap on, two boxes are about the same object."""


@dataclass(frozen=True)
class Detection:
    """A found object. `box`: x0, y0, x1, y1 in pixels. `label`: its class. `cell`: its place along the axis P."""

    box: Corners
    label: int
    score: float
    cell: int


def detections_of(output: Floats, threshold: float = 0.3, overlap: float = _OVERLAP) -> list[Detection]:
    """What one picture's output [4+K,P] says: the best class of each cell, best score first.

    Rows: centre x, centre y, width and height in pixels, then K class scores. Scores below `threshold` are left out,
    and cells whose box has more than that `overlap` with a better one of their class (non-maximum suppression).
    """
    labels, scores = output[4:].argmax(0), output[4:].max(0)
    corners = np.stack([*(output[:2] - output[2:4] / 2), *(output[:2] + output[2:4] / 2)], 1)
    order = np.argsort(-scores, kind="stable")
    left = order[scores[order] >= threshold]
    kept: list[Detection] = []
    while left.size:
        cell, others = int(left[0]), left[1:]
        x0, y0, x1, y1 = (float(edge) for edge in corners[cell])
        kept.append(Detection((x0, y0, x1, y1), int(labels[cell]), float(scores[cell]), cell))
        alike = labels[others] == labels[cell]
        left = others[~(alike & (overlaps(corners[cell], corners[others]) > overlap))]
    return kept


def overlaps(box: npt.ArrayLike, others: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Area that a box x0, y0, x1, y1 shares with each of others [D,4], as a part of what they cover together: [D]."""
    one, many = np.asarray(box, np.float64), np.asarray(others, np.float64).reshape(-1, 4)
    corners = np.minimum(one[2:], many[:, 2:]) - np.maximum(one[:2], many[:, :2])
    shared = np.clip(corners, 0, None).prod(1)
    areas = [np.clip(each[:, 2:] - each[:, :2], 0, None).prod(1) for each in (one[None], many)]
    whole = areas[0] + areas[1] - shared
    return np.asarray(shared / np.where(whole > 0, whole, 1), np.float64)
