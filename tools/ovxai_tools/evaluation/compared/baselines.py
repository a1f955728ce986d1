"""Maps that know nothing of the model: what a method has to be better than."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ovxai_tools.evaluation.compared.shown import Corners, Floats, Shown

_COARSE = 32
"""Pixels of a cell of the random map: that of most networks."""


def random_maps(shown: Sequence[Shown], seed: int) -> list[Floats]:
    """Independent uniform values, a cell for every 32 pixels, at least 4 x 4 of them."""
    return [_random(one, seed) for one in shown]


def centre_maps(shown: Sequence[Shown], seed: int) -> list[Floats]:
    """A bell in the middle of the picture; its deviation is a quarter of each side."""
    return [_bell(one, _whole(one), 4.0) for one in shown]


def box_maps(shown: Sequence[Shown], seed: int) -> list[Floats]:
    """A bell in the middle of each box; its deviation is a quarter of each side of the box."""
    return [np.max([_bell(one, box, 4.0) for box in one.boxes], axis=0) for one in shown]


Baseline = Callable[[Sequence[Shown], int], list[Floats]]

BASELINES: dict[str, Baseline] = {"random": random_maps, "centre": centre_maps}
BOX_BASELINES: dict[str, Baseline] = {"box gaussian": box_maps}
"""Those that need boxes."""


def _random(one: Shown, seed: int) -> Floats:
    rng = one.rng(seed)
    height, width = (max(4, side // _COARSE) for side in one.pixels.shape[:2])
    return rng.random((height, width), np.float32)


def _whole(one: Shown) -> Corners:
    place = one.place
    return place.left, place.top, place.left + place.width, place.top + place.height


def _bell(one: Shown, box: Corners, share: float) -> Floats:
    height, width = one.pixels.shape[:2]
    x0, y0, x1, y1 = box
    across = np.exp(-0.5 * ((np.arange(width) + 0.5 - (x0 + x1) / 2) / max((x1 - x0) / share, 0.5)) ** 2)
    down = np.exp(-0.5 * ((np.arange(height) + 0.5 - (y0 + y1) / 2) / max((y1 - y0) / share, 0.5)) ** 2)
    return np.outer(down, across).astype(np.float32)
