"""Classes, scores and boxes written onto overlays. Needs OpenCV (extra `image`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.pictures.drawing import draw_box, draw_text

_RED = (255, 0, 0)
_MARGIN, _LINE = 3, 20


@dataclass
class Prediction:
    """What a model says of a target: class, score, and of a detection the box x1, y1, x2, y2 in pixels."""

    label: int | None = None
    score: float | None = None
    bounding_box: Sequence[float] | None = None


def letter_classes(
    maps: Sequence[npt.NDArray[np.uint8]],
    targets: Sequence[int | str],
    names: Sequence[str] | None,
    predictions: Mapping[Any, Prediction],
) -> None:
    """Write the class of each overlay, with the score where there is one, into its corner."""
    for picture, target in zip(maps, targets, strict=True):
        if isinstance(target, str):
            continue
        text = names[target] if names and target < len(names) else str(target)
        said = predictions.get(target)
        if said is not None and said.score is not None:
            text += f"|{said.score:.2f}"
        draw_text(picture, text, (_MARGIN, _MARGIN), _RED, smooth=False)


def letter_detections(
    maps: Sequence[npt.NDArray[np.uint8]],
    targets: Sequence[int | str],
    names: Sequence[str] | None,
    predictions: Mapping[Any, Prediction],
    scale: tuple[float, float] = (1.0, 1.0),
) -> None:
    """Draw the box of each overlay's detection with its class and score; without a prediction nothing is drawn.

    `scale`: pixels of the overlay to one of what boxes are told in, rows and columns.
    """
    for picture, target in zip(maps, targets, strict=True):
        said = predictions.get(target)
        if said is None or said.bounding_box is None:
            continue
        x1, y1, x2, y2 = (int(edge * scale[1 - place % 2]) for place, edge in enumerate(said.bounding_box))
        known = names and said.label is not None and said.label < len(names)
        text = names[said.label] if known and names and said.label is not None else str(said.label)
        text += f"|{said.score:.2f}" if said.score is not None else ""
        if x1 <= x2 and y1 <= y2:
            draw_box(picture, (x1, y1, x2, y2), _RED)
        draw_text(picture, text, (max(x1, 0), max(y1 - _LINE, 0)), _RED, smooth=False)
