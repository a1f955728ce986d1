"""Every colour map is a table of 256 colours, and is found by name and by number."""

from __future__ import annotations

import numpy as np
import pytest

import ovxai_passes as xai
from ovxai_passes.explainer.colormaps import COLORMAPS, JET, Colormap, colormap_of
from ovxai_passes.explainer.visualizer import colormap

SOME = {"jet": {0: (0, 0, 128), 128: (130, 255, 126), 255: (128, 0, 0)}, "grey": {0: (0, 0, 0), 100: (100, 100, 100)}}
"""Some colours of each, by level."""


@pytest.mark.parametrize("one", COLORMAPS, ids=lambda one: one.name)
def test_tables(one: Colormap) -> None:
    table = one.table()
    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    assert {level: tuple(map(int, table[level])) for level in SOME[one.name]} == SOME[one.name]
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(colormap(levels, one.name).reshape(256, 3), table)


def test_numbers_of_opencv() -> None:
    assert colormap_of(JET) is colormap_of("jet")


@pytest.mark.parametrize("kind", ["none such", 99, True])
def test_others_are_refused(kind: int | str) -> None:
    with pytest.raises(xai.OptionError, match=r"there are no colours of .*'jet', 'grey'"):
        colormap_of(kind)
