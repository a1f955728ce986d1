"""Scenes of one to three shapes, small and large, on the backgrounds of shapes.py: what the demo detector sees.

Deterministic: a scene depends on its number alone. The sizes leave a gap between small and large, because each of the
detector's two levels is responsible for one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovxai_tools.demo.shapes import LABELS, Box, background, draw_distractor, draw_object

SIDE = 96
SMALL, LARGE = (7.5, 11.0), (18.0, 25.0)
"""Radii in pixels."""

LARGE_SIDE = 25.0
"""The longer side of the box, in pixels, from which on an object is a large one; none comes near it."""

_MOST = 3
_TRIES = 40
_APART = 2.0


@dataclass(frozen=True)
class Scene:
    """`pixels`: u8 [96,96,3] RGB. `labels`: places in LABELS. `boxes`: x0, y0, x1, y1 of each object as fractions."""

    pixels: npt.NDArray[np.uint8]
    labels: tuple[int, ...]
    boxes: tuple[Box, ...]


def make_scene(number: int) -> Scene:
    """The scene with that number; numbers from 1,000,000 on are held out from training."""
    rng = np.random.default_rng((20240609, number))
    canvas = background(rng, SIDE)
    for _ in range(rng.integers(5, 13)):
        draw_distractor(rng, canvas)
    circles = _circles(rng)
    labels = tuple(int(label) for label in rng.integers(len(LABELS), size=len(circles)))
    boxes = tuple(
        draw_object(rng, canvas, label, circle[2], circle[:2]) for label, circle in zip(labels, circles, strict=True)
    )
    canvas += rng.normal(0, 5, canvas.shape)
    return Scene(np.clip(canvas, 0, 255).astype(np.uint8), labels, boxes)


def _circles(rng: np.random.Generator) -> list[npt.NDArray[np.float64]]:
    """x, y and radius, in pixels, of the circles that objects fill; they do not touch.

    A circle for which no place is found is left out, so large ones come first and at least one is there.
    """
    wanted = int(rng.integers(1, _MOST + 1))
    radii = sorted((rng.uniform(*(LARGE if rng.uniform() < 0.5 else SMALL)) for _ in range(wanted)), reverse=True)
    circles: list[npt.NDArray[np.float64]] = []
    for radius in radii:
        for _ in range(_TRIES):
            x, y = rng.uniform(radius + 1, SIDE - radius - 1, 2)
            if all(np.hypot(x - other[0], y - other[1]) > radius + other[2] + _APART for other in circles):
                circles.append(np.array([x, y, radius]))
                break
    return circles
