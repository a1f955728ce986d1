"""The outcome of one game."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PointingResult:
    """The result of one setting. `accuracy`: of the classifier, or mAP50 of the detector.

    `inside`: the share of maps that point at their object; of a classifier, among its correct answers. `map_size`: HxW.
    """

    model: str
    method: str
    mask: str | None
    k: int | None
    map_size: str
    default: bool
    accuracy: float
    inside: float
