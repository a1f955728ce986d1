"""How good detections are: mAP50."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ovxai_passes.explainer.boxes import Corners, Detection, overlaps

_OVERLAP = 0.5
"""From this overlap on, two boxes are about the same object."""


@dataclass(frozen=True)
class Truth:
    """An object that is there. `box`: x0, y0, x1, y1 in pixels."""

    box: Corners
    label: int


def average_precision_50(found: Sequence[Sequence[Detection]], truth: Sequence[Sequence[Truth]], label: int) -> float:
    """Area under the precision of one class over its recall, from detections and objects picture by picture.

    Best score first, a detection is right where the object of its class that it overlaps most is not taken yet and the
    overlap is at least 0.5. Precision is the best at that recall or a larger one. NaN where no object has the class.
    """
    objects = [[one.box for one in picture if one.label == label] for picture in truth]
    count = sum(len(boxes) for boxes in objects)
    if not count:
        return float("nan")
    claims = [(one, place) for place, picture in enumerate(found) for one in picture if one.label == label]
    taken: set[tuple[int, int]] = set()
    right = np.zeros(len(claims), bool)
    for rank, (claim, place) in enumerate(sorted(claims, key=lambda claim: -claim[0].score)):
        shared = overlaps(claim.box, objects[place])
        best = int(shared.argmax()) if shared.size else -1
        if best >= 0 and shared[best] >= _OVERLAP and (place, best) not in taken:
            taken.add((place, best))
            right[rank] = True
    precision = right.cumsum() / np.arange(1, len(right) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best_from_here[right].sum() / count)


def map_50(found: Sequence[Sequence[Detection]], truth: Sequence[Sequence[Truth]]) -> float:
    """The mean of the average precisions of all classes that are there."""
    labels = {one.label for picture in truth for one in picture}
    return float(np.mean([average_precision_50(found, truth, label) for label in sorted(labels)]))
