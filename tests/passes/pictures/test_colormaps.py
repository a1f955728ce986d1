"""Every colour map is a table of 256 colours, and is found by name and by number."""

from __future__ import annotations

import numpy as np
import pytest

import ovxai_passes as xai
from ovxai_passes.pictures.colormaps import COLORMAPS, JET, Colormap, colormap, colormap_of

cv2 = pytest.importorskip("cv2", reason="colours are OpenCV's: pip install 'ovxai-passes[image]'")

SOME = {
    "jet": {0: (0, 0, 128), 128: (130, 255, 126), 255: (128, 0, 0)},
    "viridis": {0: (68, 1, 84), 128: (33, 145, 140), 255: (253, 231, 37)},
    "turbo": {0: (48, 18, 59), 128: (164, 252, 60), 255: (122, 4, 3)},
    "grey": {0: (0, 0, 0), 100: (100, 100, 100)},
}
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
    with pytest.raises(
        xai.OptionError, match=r"there are no colours of .*'jet' \(2\), 'viridis' \(16\), 'turbo' \(20\), 'grey'"
    ):
        colormap_of(kind)


@pytest.mark.parametrize("name", ["viridis", "turbo"])
def test_tables_are_those_of_matplotlib(name: str) -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra: plot)")
    wanted = matplotlib.colormaps[name](np.arange(256), bytes=True)[:, :3]
    np.testing.assert_allclose(colormap_of(name).table().astype(int), wanted, atol=1)  # OpenCV 5 has the same bytes


def test_tables_by_number_are_those_of_opencv() -> None:
    levels = np.arange(256, dtype=np.uint8)[:, None]
    for one in COLORMAPS:
        if one.number is not None:
            wanted = cv2.cvtColor(cv2.applyColorMap(levels, one.number), cv2.COLOR_BGR2RGB)
            np.testing.assert_array_equal(colormap(levels, one.number), wanted)
