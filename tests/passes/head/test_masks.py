"""Masks over positions."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovxai_patterns.analysis.positions import Positions

from ovxai_passes.head.masks import grid_masks, one_target_mask, target_masks
from ovxai_passes.mapping.bell import bell_weights
from ovxai_passes.vocabulary import Mask
from tests.support.running import run


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


@pytest.mark.parametrize("kept", [0, 2])
@pytest.mark.parametrize("grid", [(3, 4), (5, 2)])
def test_bells_are_made_of_two_small_matrices(grid: tuple[int, int], kept: int) -> None:
    cells = grid_masks(Mask.GAUSSIAN, grid).reshape(grid[0] * grid[1], -1)
    levels = tuple(np.unique(cells).tolist())
    tokens = np.ones((len(cells), kept), np.float32)
    indicators = [(cells == np.float32(level)).astype(np.float32) for level in levels]
    for part, weight in [(cells, 1), *((indicator, 0) for indicator in indicators)]:
        value = np.concatenate([tokens * weight, part], 1).reshape(len(cells), 1, 1, -1)
        made = bell_weights(value, cells, grid, levels)
        assert made is not None
        assert max(np.size(op.get_data()) for op in _constants_above(made)) <= max(grid) ** 2
        np.testing.assert_array_equal(run(ov.Model([made], [])), value)


def test_other_weights_are_no_bells() -> None:
    cells = grid_masks(Mask.GAUSSIAN, (3, 3)).reshape(9, -1)
    shuffled = cells[:, ::-1].copy()
    assert bell_weights(shuffled, cells, (3, 3), (0.0,)) is None
    hot = grid_masks(Mask.ONE_HOT, (3, 3)).reshape(9, -1)
    assert bell_weights(hot, hot, (3, 3), (0.0, 1.0)) is None
    uneven = np.concatenate([np.arange(9, dtype=np.float32)[:, None], cells], 1)
    assert bell_weights(uneven, cells, (3, 3), (0.0,)) is None


def _constants_above(node: ov.Node) -> list[ov.Node]:
    model = ov.Model([node], [])
    return [op for op in model.get_ops() if op.get_type_name() == "Constant"]


@pytest.mark.parametrize("mask", list(Mask))
def test_one_mask_is_that_of_all(mask: Mask) -> None:
    ids = np.concatenate([[-1], np.random.default_rng(0).permutation(12)]).astype(np.int32).reshape(1, -1, 1)
    positions = Positions(ids, (3, 4))
    every = target_masks(mask, positions)
    np.testing.assert_array_equal(np.stack([one_target_mask(mask, positions, place) for place in range(12)]), every)
