"""Pictures as the model is shown them, baselines, grids: places and shares worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from ovxai_tools.evaluation.compared.baselines import box_maps, centre_maps, random_maps
from ovxai_tools.evaluation.compared.grids import Tile, grids_of
from ovxai_tools.evaluation.compared.shown import Shown, shown_of
from ovxai_tools.pictures.fitting import Box, Fit

from ovxai_passes.errors import OptionError
from ovxai_passes.vocabulary import ResizeType
from tests.support.extras import needs_pictures

needs_pictures()


def _picture(height: int, width: int) -> Shown:
    return Shown("a", np.zeros((height, width, 3), np.uint8), 0, Box(0, 0, height, width), ((8.0, 16.0, 24.0, 32.0),))


@pytest.mark.parametrize(
    ("kind", "box", "place"),
    [
        (ResizeType.STANDARD, (32, 0, 64, 32), Box(0, 0, 64, 64)),
        (ResizeType.FIT_TO_WINDOW, (32, 0, 64, 16), Box(0, 0, 32, 64)),
        (ResizeType.LETTERBOX, (32, 16, 64, 32), Box(16, 0, 32, 64)),
        (ResizeType.CROP, (32, 0, 64, 32), Box(0, 0, 64, 64)),
    ],
)
def test_boxes_lie_where_the_picture_lies(kind: ResizeType, box: tuple[int, ...], place: Box) -> None:
    """The upper right quarter of a picture of 100 x 200 in an input of 64 x 64; a crop shows x from 50 to 150."""
    fit = Fit.of((100, 200), (64, 64), kind)
    found = shown_of("a", np.zeros((100, 200, 3), np.uint8), fit, 3, [(0.5, 0, 1, 0.5)])
    assert found.boxes[0] == pytest.approx(box)
    assert found.place == place
    assert found.inside.sum() == (box[2] - box[0]) * (box[3] - box[1])
    assert found.inside[box[1], box[0]]


def test_baselines() -> None:
    one = _picture(64, 128)
    (centre,), (box,), (chance,) = centre_maps([one], 0), box_maps([one], 0), random_maps([one], 0)
    assert divmod(int(centre.argmax()), 128) in [(y, x) for y in (31, 32) for x in (63, 64)]
    assert divmod(int(box.argmax()), 128) in [(y, x) for y in (23, 24) for x in (15, 16)]
    assert chance.shape == (4, 4)
    assert (random_maps([one], 0)[0] == chance).all()
    assert not (random_maps([one], 1)[0] == chance).all()


def test_a_grid_holds_tiles_of_different_classes() -> None:
    tiles = [Tile(np.full((8, 8, 3), label, np.uint8), label) for label in (1, 2, 3, 4, 5) for _ in range(3)]
    for cells in grids_of(tiles, 2, (16, 16), 20, 0):
        assert len({one.target for one in cells}) == 4
        assert len({one.key for one in cells}) == 1
        for one in cells:
            assert one.inside.sum() == 64
            assert (one.pixels[one.inside] == one.target).all()


def test_a_grid_of_smaller_tiles() -> None:
    tiles = [Tile(np.full((8, 8, 3), label, np.uint8), label) for label in range(1, 10)]
    (cells,) = grids_of(tiles, 3, (8, 8), 1, 0)
    assert sum(int(one.inside.sum()) for one in cells) == 64
    assert all((one.pixels[one.inside] == one.target).all() for one in cells)


def test_a_grid_takes_as_many_classes_as_cells() -> None:
    tiles = [Tile(np.zeros((8, 8, 3), np.uint8), label) for label in range(3)]
    with pytest.raises(OptionError, match="takes pictures of 4 classes, and the model is sure of pictures of 3"):
        list(grids_of(tiles, 2, (16, 16), 1, 0))
