"""What a detector has found in a picture, drawn on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.found_outputs import postprocess_found
from ovxai_passes.pictures.drawing import draw_box
from ovxai_passes.pictures.writing import BLACK, WHITE, Colour, write_on_plate
from ovxai_passes.vocabulary import Task
from ovxai_tools.pictures.fitting import Fit
from ovxai_tools.pictures.sureness import percent

Levels = npt.NDArray[np.uint8]

_LEAST, _MOST = 0.3, 20  # the score from which on boxes are drawn, and how many
_OF_CLASS: Colour = (255, 214, 0)
_SIZE = 12  # of letters


@dataclass(frozen=True)
class FoundBox:
    """A detection: `corners` x0, y0, x1, y1 as fractions of the picture."""

    corners: tuple[float, float, float, float]
    label: int
    score: float

    @property
    def is_inside(self) -> bool:
        """Whether its middle is in the picture, not in what an input has around that."""
        x0, y0, x1, y1 = self.corners
        return 0 <= x0 + x1 <= 2 and 0 <= y0 + y1 <= 2


def boxes_found(model: ov.Model, results: Mapping[Any, Any], fit: Fit) -> tuple[FoundBox, ...] | None:
    """The boxes that the outputs of a detector hold, the best last; None where their layout is not known."""
    try:
        boxes, scores, labels = postprocess_found(model, Task.DETECTION)(results)
    except OptionError:
        return None
    corners = np.asarray(boxes[0], np.float64)
    if corners.size and corners.max() <= 1:  # as shares of the input
        corners = corners * np.array([fit.taken[1], fit.taken[0]] * 2)
    order = np.argsort(-scores[0], kind="stable")
    found = (
        FoundBox(_on_picture(corners[one], fit), int(labels[0][one]), float(scores[0][one]))
        for one in order[scores[0][order] >= _LEAST]
    )
    return tuple(islice((one for one in found if one.is_inside), _MOST))[::-1]


def _on_picture(corners: npt.NDArray[np.float64], fit: Fit) -> tuple[float, float, float, float]:
    """Corners in pixels of a model's input as fractions of the picture."""
    x0, y0, x1, y1 = corners
    left, right = (
        (fit.shown.left + (x - fit.place.left) * fit.shown.width / fit.place.width) / fit.picture[1] for x in (x0, x1)
    )
    top, bottom = (
        (fit.shown.top + (y - fit.place.top) * fit.shown.height / fit.place.height) / fit.picture[0] for y in (y0, y1)
    )
    return float(left), float(top), float(right), float(bottom)


def draw_boxes(picture: Levels, boxes: Sequence[FoundBox], names: Sequence[str], shown: int | None) -> None:
    """Draw boxes with class and score into a picture, in place: those of the class `shown` in colour, above others."""
    height, width = picture.shape[:2]
    for box in sorted(boxes, key=lambda one: one.label == shown):
        x0, y0, x1, y1 = (
            int(np.clip(edge * side, 0, side - 1))
            for edge, side in zip(box.corners, (width, height, width, height), strict=True)
        )
        colour = _OF_CLASS if box.label == shown else WHITE
        draw_box(picture, (x0 - 1, y0 - 1, x1 + 1, y1 + 1), BLACK)  # seen on bright pictures, too
        draw_box(picture, (x0, y0, x1, y1), colour)
        name = names[box.label] if box.label < len(names) else str(box.label)
        plate = (x0, y0 - _SIZE - 9 if y0 > _SIZE + 9 else y1 + 2)
        write_on_plate(picture, f"{name} {percent(box.score)}", plate, _SIZE, (BLACK, colour))
