"""Pictures fitted to an input as openvino-model-api fits them, and maps brought back onto them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from ovxai_tools.pictures.fitting import Fit

from ovxai_passes.vocabulary import ResizeType
from tests.support.extras import needs_pictures

needs_pictures()

SIZES = [((40, 60), (32, 32)), ((60, 40), (32, 32)), ((40, 60), (30, 20)), ((32, 32), (32, 32)), ((1, 200), (32, 32))]


def picture(size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Grey levels that rise to the right and below: 1 to 255."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    levels = 1 + 127 * rows / size[0] + 127 * columns / size[1]
    return np.repeat(levels.astype(np.uint8)[..., None], 3, 2)


@pytest.mark.parametrize("kind", ResizeType)
@pytest.mark.parametrize(("size", "taken"), SIZES)
def test_a_map_of_what_is_seen_lies_where_it_was(
    size: tuple[int, int], taken: tuple[int, int], kind: ResizeType
) -> None:
    """The input itself as a map: back on the picture it is the picture, where the model was shown it."""
    given, fit = picture(size), Fit.of(size, taken, kind)
    found = fit.onto_picture(fit.onto_input(given)[..., 0])
    if found.shape != size:
        found = Fit.of(found.shape, size, ResizeType.STANDARD).onto_input(found[..., None].repeat(3, 2))[..., 0]
    there = found > 0
    assert there.mean() > (0.2 if kind is ResizeType.CROP and size[0] > 1 else 0.99 if kind is not kind.CROP else 0)
    off = np.abs(found.astype(int) - given[..., 0].astype(int))[there]
    assert off.mean() < 4


def test_where_a_picture_lies() -> None:
    wide = (20, 40)
    letterbox = Fit.of(wide, (32, 32), ResizeType.LETTERBOX).onto_input(picture(wide))
    corner = Fit.of(wide, (32, 32), ResizeType.FIT_TO_WINDOW).onto_input(picture(wide))
    assert list(np.flatnonzero(letterbox[..., 0].any(1))[[0, -1]]) == [8, 23]
    assert list(np.flatnonzero(corner[..., 0].any(1))[[0, -1]]) == [0, 15]
    middle = Fit.of(wide, (32, 32), ResizeType.CROP)
    assert (middle.shown.left, middle.shown.width, middle.shown.height) == (10, 20, 20)
    back = middle.onto_picture(np.full((4, 4), 9, np.uint8))
    assert back.shape == wide
    assert list(np.flatnonzero(back[0])[[0, -1]]) == [10, 29]


@pytest.mark.parametrize("kind", ResizeType)
def test_the_client_fits_alike(kind: ResizeType) -> None:
    utils = pytest.importorskip(
        "model_api.adapters.utils", reason="the client needs: pip install 'ovxai-passes[clients]'"
    )
    given = picture((24, 48))
    wanted = utils.RESIZE_TYPES[kind.value](given, (32, 32))
    found = Fit.of((24, 48), (32, 32), kind).onto_input(given)
    assert wanted.shape == found.shape
    assert np.abs(found.astype(int) - wanted.astype(int)).mean() < 3, "the same places, by another interpolation"
