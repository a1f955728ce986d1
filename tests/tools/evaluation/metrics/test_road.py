"""Pixels filled in, against a dense linear system that is written out here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from ovxai_tools.evaluation.metrics.road import imputed

from tests.support.extras import needs_pictures

needs_pictures()


def _dense(picture: npt.NDArray[np.uint8], removed: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    height, width = removed.shape
    cells = [(y, x) for y in range(height) for x in range(width)]
    system, right = np.eye(len(cells)), picture.reshape(len(cells), -1).astype(np.float64)
    for row, (y, x) in enumerate(cells):
        if not removed[y, x]:
            continue
        right[row] = 0
        around = {
            (y + dy, x + dx): 1 / 12 if dy and dx else 1 / 6
            for dy in (-1, 0, 1)
            for dx in (-1, 0, 1)
            if (dy, dx) != (0, 0) and 0 <= y + dy < height and 0 <= x + dx < width
        }
        for (to_y, to_x), weight in around.items():
            system[row, to_y * width + to_x] = -weight / sum(around.values())
    return np.asarray(np.linalg.solve(system, right)).reshape(picture.shape)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("shape", [(20, 27, 3), (33, 16, 3), (6, 5, 1)])
def test_it_is_the_solution_of_the_system(share: float, shape: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 256, shape, dtype=np.uint8)
    removed = rng.random(shape[:2]) < share
    found = imputed(picture, removed)
    assert (found[~removed] == picture[~removed]).all()
    assert found == pytest.approx(_dense(picture, removed), abs=1)


def test_a_hole_in_a_slope_is_filled_with_the_slope() -> None:
    picture = np.repeat(np.arange(0, 240, 10, dtype=np.uint8)[None, :, None], 24, axis=0)
    removed = np.zeros((24, 24), np.bool_)
    removed[6:18, 6:18] = True
    assert imputed(picture, removed) == pytest.approx(picture.astype(float), abs=1)


def test_of_a_picture_without_pixels_the_mean_is_left() -> None:
    picture = np.array([[[0], [200]]], np.uint8)
    assert (imputed(picture, np.ones((1, 2), np.bool_)) == 100).all()
    assert (imputed(picture, np.zeros((1, 2), np.bool_)) == picture).all()
