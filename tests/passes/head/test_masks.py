"""Masks over positions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovxai_patterns.analysis.positions import Positions

from ovxai_passes.head.masks import grid_masks, one_target_mask, target_masks
from ovxai_passes.vocabulary import Mask


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


@pytest.mark.parametrize("mask", list(Mask))
def test_one_mask_is_that_of_all(mask: Mask) -> None:
    ids = np.concatenate([[-1], np.random.default_rng(0).permutation(12)]).astype(np.int32).reshape(1, -1, 1)
    positions = Positions(ids, (3, 4))
    every = target_masks(mask, positions)
    np.testing.assert_array_equal(np.stack([one_target_mask(mask, positions, place) for place in range(12)]), every)
