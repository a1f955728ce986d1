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
    kept: list[Detection] = []
    for cell in np.argsort(-scores, kind="stable"):
        if scores[cell] < threshold:
            break
        x0, y0, x1, y1 = (float(edge) for edge in corners[cell])
        found = Detection((x0, y0, x1, y1), int(labels[cell]), float(scores[cell]), int(cell))
        if all(other.label != found.label or iou(other.box, found.box) <= overlap for other in kept):
            kept.append(found)
    return kept


def iou(one: Corners, other: Corners) -> float:
    """Area that two boxes share, as a part of what they cover together."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    both = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return shared / (both - shared) if shared else 0.0
