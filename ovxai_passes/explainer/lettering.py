"""Classes, scores and boxes written onto overlays. Needs Pillow; without it nothing is written, which is logged."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_log = logging.getLogger(__name__)

_RED = (255, 0, 0)
_LARGEST, _SMALLEST = 20, 8
_MARGIN = 3


@dataclass
class Prediction:
    """What a model says of a target: class, score, and of a detection the box x1, y1, x2, y2 in pixels."""

    label: int | None = None
    score: float | None = None
    bounding_box: Sequence[float] | None = None


def letter_classes(
    maps: npt.NDArray[np.uint8],
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
        _write(picture, text, (_MARGIN, _MARGIN))


def letter_detections(
    maps: npt.NDArray[np.uint8],
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
        _write(picture, text, (max(x1, 0), max(y1 - _LARGEST, 0)), (x1, y1, x2, y2))


def _write(
    picture: npt.NDArray[np.uint8], text: str, place: tuple[int, int], box: tuple[int, int, int, int] | None = None
) -> None:
    try:
        from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415  # an optional extra, imported where used
    except ImportError:
        _log.info("nothing is written onto overlays without Pillow: pip install 'ovxai-passes[image]'")
        return
    drawn = Image.fromarray(picture)
    draw = ImageDraw.Draw(drawn)
    if box is not None and box[0] <= box[2] and box[1] <= box[3]:
        draw.rectangle(box, outline=_RED, width=2)
    fonts = [ImageFont.load_default(size) for size in range(_LARGEST, _SMALLEST, -2)]
    font = next((font for font in fonts if _fits(draw, text, font, place, drawn)), fonts[-1])
    draw.text(place, text, _RED, font)
    picture[:] = np.asarray(drawn)


def _fits(draw: Any, text: str, font: Any, place: tuple[int, int], picture: Any) -> bool:
    return bool(place[0] + draw.textlength(text, font) <= picture.width - _MARGIN)
