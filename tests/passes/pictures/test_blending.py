"""A map over a picture is what OpenCV and plain arithmetic make of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ovxai_passes as xai
from ovxai_passes.pictures.blending import overlay

pytest.importorskip("cv2", reason="overlays need OpenCV: pip install 'ovxai-passes[image]'")


def by_hand(heat: npt.NDArray[Any], image: npt.NDArray[Any], weight: float) -> npt.NDArray[Any]:
    return np.clip(heat.astype(np.float64) * weight + image.astype(np.float64) * (1 - weight), 0, 255)


@given(st.integers(5, 20), st.integers(5, 20), st.floats(0, 1), st.sampled_from(["uint8", "float32", "float64"]))
@settings(max_examples=60, deadline=None)
def test_overlay_is_to_the_nearest_level(height: int, width: int, weight: float, kind: str) -> None:
    rng = np.random.default_rng(height * width)
    heat = rng.integers(0, 256, (2, height, width, 3), np.uint8)
    image = (rng.random((height, width, 3)) * 255).astype(kind)
    wanted = by_hand(heat, image, weight)
    found = overlay(heat, image[None], weight)
    assert found.dtype == np.uint8
    assert np.abs(found - wanted).max() <= 0.51
    exact = overlay(heat, image[None], weight, cast_to_uint8=False)
    assert exact.dtype == np.float32
    np.testing.assert_allclose(exact, wanted, atol=1e-3)
    np.testing.assert_array_equal(overlay(heat[0], image[None], weight), found[0])


def test_what_lies_outside_of_levels_is_cut_off() -> None:
    heat = np.full((2, 2, 3), 200, np.uint8)
    image = np.array([-500.0, 500.0])[:, None, None] * np.ones((2, 2, 3))
    assert overlay(heat, image, 0.5)[:, 0, 0].tolist() == [0, 255]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels_of_pictures(channels: int) -> None:
    heat = np.zeros((5, 6, 3), np.uint8)
    image = np.full((5, 6, channels), 100, np.uint8)
    assert (overlay(heat, image, 0.25) == 75).all()


def test_pictures_that_do_not_fit_are_refused() -> None:
    heat = np.zeros((5, 6, 3), np.uint8)
    with pytest.raises(xai.OptionError, match="not as large as the picture"):
        overlay(heat, np.zeros((6, 6, 3), np.uint8))
    with pytest.raises(xai.OptionError, match="1, 3 or 4 channels, not of 2"):
        overlay(heat, np.zeros((5, 6, 2), np.uint8))
