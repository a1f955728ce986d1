"""Masks over positions."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from ovxai_patterns.layout import Positions

from ovxai_passes.masks import grid_masks, target_masks
from ovxai_passes.options import Mask


def test_bell_by_hand() -> None:
    masks = grid_masks(Mask.GAUSSIAN, (3, 4)) * 16
    np.testing.assert_array_equal(masks[5], [[1, 2, 1, 0], [2, 4, 2, 0], [1, 2, 1, 0]])
    np.testing.assert_array_equal(masks[0], [[4, 2, 0, 0], [2, 1, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(masks[11], [[0, 0, 0, 0], [0, 0, 1, 2], [0, 0, 2, 4]])


@given(st.integers(1, 6), st.integers(1, 6))
def test_each_mask_peaks_at_its_own_position(height: int, width: int) -> None:
    for kind in Mask:
        masks = grid_masks(kind, (height, width))
        assert masks.shape == (height * width, height, width)
        np.testing.assert_array_equal(masks.reshape(height * width, -1).argmax(1), np.arange(height * width))


def test_kept_tokens_weigh_one_and_order_follows_the_positions() -> None:
    ids = np.array([-1, 3, 1, -1, 0, 2], np.int32).reshape(1, 6, 1)
    masks = target_masks(Mask.ONE_HOT, Positions(ids, (2, 2)))
    assert masks.shape == (4, 1, 6, 1)
    np.testing.assert_array_equal(masks[..., 0].reshape(4, 6)[:, [0, 3]], np.ones((4, 2)))
    np.testing.assert_array_equal(masks[3, 0, :, 0], [1, 1, 0, 1, 0, 0])
