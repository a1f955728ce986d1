"""Thumbnails of the page."""

from __future__ import annotations

import numpy as np
import pytest
from ovxai_tools.pictures.contact_sheet import figure, thumbnail
from ovxai_tools.pictures.map_drawing import Backdrop, Style

from tests.support.extras import needs_pictures

needs_pictures()


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        ((480, 640), (192, 256)),
        ((481, 643), (192, 256)),
        ((3000, 4000), (192, 256)),
        ((64, 64), (256, 256)),
        ((1, 1), (256, 256)),
        ((1, 3000), (1, 256)),
        ((3000, 1), (1024, 256)),
    ],
    ids=str,
)
def test_sizes(shape: tuple[int, int], wanted: tuple[int, int]) -> None:
    y, x = np.mgrid[: shape[0], : shape[1]]
    picture = np.stack([255 * y / shape[0], 255 * x / shape[1], 0 * x], 2).astype(np.uint8)
    small = thumbnail(picture)
    assert small.shape == (*wanted, 3)
    y, x = np.mgrid[: wanted[0], : wanted[1]]
    if min(shape) > 1:
        np.testing.assert_allclose(small[..., 0], 255 * (y + 0.5) / wanted[0], atol=4)
        np.testing.assert_allclose(small[..., 1], 255 * (x + 0.5) / wanted[1], atol=4)
    assert "data:image/jpeg;base64," in figure(small, "a <b>", 0.5)
    assert "a &lt;b&gt;" in figure(small, "a <b>", 0.5)


def test_the_thumbnail_of_an_overlay_is_the_overlay_made_small() -> None:
    rng = np.random.default_rng(0)
    picture = np.kron(rng.integers(0, 256, (6, 8, 3)), np.ones((80, 80, 1))).astype(np.uint8)
    drawn = Backdrop(picture, Style()).draw(rng.integers(0, 256, (7, 7), np.uint8))
    assert np.abs(drawn.small.astype(float) - thumbnail(drawn.overlay)).mean() < 2
