"""The ruler itself: what counts as equal."""

from __future__ import annotations

import numpy as np
import pytest

from ovxai_passes.reference.comparing import worst_difference
from ovxai_passes.reference.finishing.scaling import scaled_map

WANTED = np.linspace(0, 1, 12, dtype=np.float32).reshape(1, 3, 2, 2)


@pytest.mark.parametrize(("shift", "equal"), [(0.0, True), (2e-4, True), (5e-4, False), (1.0, False)])
def test_what_is_allowed(shift: float, equal: bool) -> None:
    assert (worst_difference(WANTED + np.float32(shift), WANTED) <= 1) is equal


def test_where_nothing_is_allowed_nothing_passes() -> None:
    zeros = np.zeros_like(WANTED)
    assert worst_difference(zeros, zeros) == 0
    assert worst_difference(zeros + np.float32(7), zeros) == np.inf


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_not_equal(value: float) -> None:
    broken = WANTED.copy()
    broken[0, 0, 0, 0] = value
    assert worst_difference(broken, WANTED) == np.inf
    assert worst_difference(broken, broken) == np.inf


def test_scaling_by_hand() -> None:
    maps = np.array([[[1, 2], [3, 5]], [[4, 4], [4, 4]]], np.float32)
    assert scaled_map(maps).tolist() == [[[0, 63], [127, 255]], [[0, 0], [0, 0]]]
