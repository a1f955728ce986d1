"""Pictures of coloured shapes on cluttered backgrounds: what the demo models are trained and judged on.

One labelled object a picture, its box known; around it distractors that belong to no class (lines, dots, slivers,
scribbles). Deterministic: a picture depends on its number alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SIDE = 64
LABELS = ("disc", "square", "triangle", "star", "cross", "ring", "crescent", "heart")

HELD_OUT = 1_000_000
"""Pictures and scenes from this number on are not trained on."""

Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Picture:
    """`pixels`: u8 [64,64,3] RGB. `label`: place in LABELS. `box`: x0, y0, x1, y1 of the object as fractions."""

    pixels: npt.NDArray[np.uint8]
    label: int
    box: Box


def make_picture(number: int) -> Picture:
    """The picture with that number."""
    rng = np.random.default_rng((20240607, number))
    canvas = background(rng, SIDE)
    for _ in range(rng.integers(3, 8)):
        draw_distractor(rng, canvas)
    label = int(rng.integers(len(LABELS)))
    radius = rng.uniform(8.5, 14)
    centre = rng.uniform(radius + 1, SIDE - radius - 1, 2)
    box = draw_object(rng, canvas, label, radius, centre)
    canvas += rng.normal(0, 5, canvas.shape)
    return Picture(np.clip(canvas, 0, 255).astype(np.uint8), label, box)


def held_out(count: int) -> list[Picture]:
    """The first pictures that are not trained on."""
    return [make_picture(number) for number in range(HELD_OUT, HELD_OUT + count)]


def make_pair(number: int, labels: tuple[int, int]) -> tuple[Picture, Picture]:
    """One picture with two labelled objects, on the left and on the right, told once with each of them.

    No model is trained on such pictures; they show what a map says about the class that is not the best.
    """
    rng = np.random.default_rng((20240608, number))
    canvas = background(rng, SIDE)
    for _ in range(rng.integers(3, 8)):
        draw_distractor(rng, canvas)
    centres = (rng.uniform((14, 15), (17, 49)), rng.uniform((47, 15), (50, 49)))
    boxes = [
        draw_object(rng, canvas, label, rng.uniform(10, 13), centre)
        for label, centre in zip(labels, centres, strict=True)
    ]
    canvas += rng.normal(0, 5, canvas.shape)
    pixels = np.clip(canvas, 0, 255).astype(np.uint8)
    return Picture(pixels, labels[0], boxes[0]), Picture(pixels, labels[1], boxes[1])


def draw_object(rng: np.random.Generator, canvas: Floats, label: int, radius: float, centre: Floats) -> Box:
    """A labelled shape, turned somehow, on a square canvas; returns its box."""
    side = len(canvas)
    x, y = _local(side, centre, radius, rng.uniform(0, 2 * np.pi))
    inside = np.clip(0.5 - _SHAPES[label](x, y) * radius, 0, 1)
    _paint(canvas, inside, _colour_unlike(rng, canvas, inside))
    rows, columns = np.nonzero(inside > 0.5)
    return (
        float(columns.min() / side),
        float(rows.min() / side),
        float((columns.max() + 1) / side),
        float((rows.max() + 1) / side),
    )


def _local(side: int, centre: Floats, radius: float, angle: float) -> tuple[Floats, Floats]:
    """Coordinates of all pixels [side,side] in the frame of a rotated object of radius 1; y points up."""
    rows, columns = np.mgrid[:side, :side] + 0.5
    dx, dy = (columns - centre[0]) / radius, (centre[1] - rows) / radius
    return dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)


# Signed distances (negative inside, in units of the radius) of the labelled shapes.


def _disc(x: Floats, y: Floats) -> Floats:
    return np.hypot(x, y) - 0.95


def _square(x: Floats, y: Floats) -> Floats:
    return np.maximum(np.abs(x), np.abs(y)) - 0.75


def _polygon(x: Floats, y: Floats, corners: int, inner: float) -> Floats:
    """Distance to the half-planes between the corners of a regular polygon whose edges lie `inner` off the centre."""
    angles = 2 * np.pi * (np.arange(corners) + 0.5) / corners + np.pi / 2
    sides: Floats = np.max([x * np.cos(a) + y * np.sin(a) for a in angles], axis=0)
    return sides - inner


def _triangle(x: Floats, y: Floats) -> Floats:
    return _polygon(x, y, 3, 0.5)


def _star(x: Floats, y: Floats) -> Floats:
    sector = np.pi / 5
    angle = np.abs(np.mod(np.arctan2(x, y) + sector, 2 * sector) - sector)
    along, across = np.hypot(x, y) * np.cos(angle), np.hypot(x, y) * np.sin(angle)
    tip, notch = np.array([1.0, 0.0]), 0.42 * np.array([np.cos(sector), np.sin(sector)])
    normal = np.array([notch[1], tip[0] - notch[0]])
    distance: Floats = ((along - tip[0]) * normal[0] + across * normal[1]) / np.hypot(*normal)
    return distance


def _cross(x: Floats, y: Floats) -> Floats:
    def bar(a: Floats, b: Floats) -> Floats:
        return np.maximum(np.abs(a) - 0.95, np.abs(b) - 0.28)

    return np.minimum(bar(x, y), bar(y, x))


def _ring(x: Floats, y: Floats) -> Floats:
    return np.abs(np.hypot(x, y) - 0.72) - 0.24


def _crescent(x: Floats, y: Floats) -> Floats:
    return np.maximum(np.hypot(x, y) - 0.95, 0.75 - np.hypot(x - 0.5, y))


def _heart(x: Floats, y: Floats) -> Floats:
    lobe = np.hypot(np.abs(x) - 0.42, y - 0.3) - 0.5
    point = np.maximum(0.756 * np.abs(x) - 0.655 * (y + 0.95), y - 0.05)
    return np.minimum(lobe, point)


_SHAPES: tuple[Callable[[Floats, Floats], Floats], ...] = (
    _disc,
    _square,
    _triangle,
    _star,
    _cross,
    _ring,
    _crescent,
    _heart,
)


def background(rng: np.random.Generator, side: int) -> Floats:
    """Smooth blotches of two colours, f64 [side,side,3]."""
    coarse = rng.uniform(0, 1, (6, 6))
    steps = np.linspace(0, 5, side)
    low = np.minimum(steps.astype(int), 4)
    part = steps - low
    rows = coarse[low] * (1 - part)[:, None] + coarse[low + 1] * part[:, None]
    blotches = rows[:, low] * (1 - part) + rows[:, low + 1] * part
    first, second = rng.uniform(30, 225, (2, 3))
    return blotches[..., None] * first + (1 - blotches[..., None]) * second


def draw_distractor(rng: np.random.Generator, canvas: Floats) -> None:
    """A line, a dot, a sliver or a scribble somewhere on a square canvas."""
    side = len(canvas)
    x, y = _local(side, rng.uniform(0, side, 2), 1.0, rng.uniform(0, 2 * np.pi))
    kind = rng.integers(4)
    if kind == 0:
        distance = np.maximum(np.abs(y) - rng.uniform(0.6, 1.4), np.abs(x) - rng.uniform(8, 30))
    elif kind == 1:
        distance = np.hypot(x, y) - rng.uniform(1.2, 2.6)
    elif kind == 2:
        length = rng.uniform(6, 12)
        distance = (np.hypot(x / length, y / (length * 0.18)) - 1) * length * 0.18
    else:
        wave = rng.uniform(2, 4) * np.sin(x / rng.uniform(1.5, 3.0))
        distance = np.maximum(np.abs(y - wave) - 1.0, np.abs(x) - rng.uniform(6, 14))
    _paint(canvas, np.clip(0.5 - distance, 0, 1), rng.uniform(0, 255, 3))


def _colour_unlike(rng: np.random.Generator, canvas: Floats, inside: Floats) -> Floats:
    """A colour that stands out from what the object covers."""
    behind = (canvas * inside[..., None]).sum((0, 1)) / inside.sum()
    while True:
        colour: Floats = rng.uniform(0, 255, 3)
        if np.abs(colour - behind).sum() > 150:
            return colour


def _paint(canvas: Floats, inside: Floats, colour: Floats) -> None:
    canvas += inside[..., None] * (colour - canvas)
