"""PNGs of a palette: maps, and files that have to be small."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from ovxai_passes.pictures.colormaps import COLORMAPS, Colormap, colormap
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.encoding import encoded, encoded_map, encoded_small
from ovxai_passes.pictures.resizing import resize
from tests.support.extras import needs_pictures

needs_pictures()
Image = pytest.importorskip("PIL.Image")

PHOTO = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
SHAPES = [(1, 1), (3, 300), (300, 3), (120, 160)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("one", COLORMAPS, ids=lambda one: one.name)
def test_a_map_has_the_colours_of_its_levels(tmp_path: Path, one: Colormap, shape: tuple[int, int]) -> None:
    levels = resize(np.random.default_rng(0).integers(0, 256, (7, 7), np.uint8), shape)
    data = encoded_map(levels, one.table())
    with Image.open(io.BytesIO(data)) as checked:
        checked.verify()
    (tmp_path / "a.png").write_bytes(data)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png"), colormap(levels, one.name))
    cv2 = pytest.importorskip("cv2")
    by_opencv = cv2.imread(str(tmp_path / "a.png"))[..., ::-1]
    np.testing.assert_array_equal(by_opencv, colormap(levels, one.name))


def test_a_map_is_small() -> None:
    levels = resize(np.random.default_rng(0).integers(0, 256, (7, 7), np.uint8), (480, 640))
    assert len(encoded_map(levels, COLORMAPS[0].table())) < len(encoded(colormap(levels), ".png")) / 2


def test_small_files(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded_small(PHOTO))
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png"), PHOTO)
    (tmp_path / "b.png").write_bytes(encoded_small(PHOTO, 16))
    assert len(np.unique(read_picture(tmp_path / "b.png").reshape(-1, 3), axis=0)) <= 16
    assert (tmp_path / "b.png").stat().st_size < (tmp_path / "a.png").stat().st_size
