"""Maps as grey levels."""

from __future__ import annotations

import numpy as np

from ovxai_passes.pictures.levels import scaling


def test_the_largest_value_is_white_and_the_least_black_whatever_the_span() -> None:
    """Times 255 before the division, one in some spans came out as 254.99998 and was truncated to 254."""
    maps = np.random.default_rng(0).standard_normal((2000, 3, 4)).astype(np.float32)
    levels = scaling(maps)
    assert (levels.max((1, 2)) == 255).all()
    assert (levels.min((1, 2)) == 0).all()
    assert levels.dtype == np.uint8


def test_a_constant_map_is_black() -> None:
    assert not scaling(np.full((2, 3, 4), 7.5, np.float32)).any()
