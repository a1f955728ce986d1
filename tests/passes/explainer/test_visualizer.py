"""Maps become pictures as OpenCV would make them, all classes at once."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ovxai_passes as xai
from ovxai_passes.explainer import Explanation, Visualizer, colormap, overlay, resize, scale, scaling
from ovxai_passes.pictures.arrays import as_bhwc, size_of
from ovxai_passes.pictures.colormaps import colormap_of

cv2 = pytest.importorskip("cv2", reason="pictures need OpenCV: pip install 'ovxai-passes[image]'")

RNG = np.random.default_rng(0)
KINDS = ("uint8", "uint16", "float32", "float64")


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 60), st.integers(1, 60), st.sampled_from(KINDS))
@settings(max_examples=60, deadline=None)
def test_resize_is_that_of_opencv(height: int, width: int, rows: int, columns: int, kind: str) -> None:
    maps = (np.random.default_rng(height * width).random((3, height, width)) * 255).astype(kind)
    found = resize(maps, (rows, columns))
    assert found.dtype == maps.dtype
    for one, saliency in zip(found, maps, strict=True):
        np.testing.assert_array_equal(one, cv2.resize(saliency, (columns, rows)).reshape(rows, columns))
    np.testing.assert_array_equal(resize(maps[0], (rows, columns)), found[0])


def test_resize_takes_types_that_opencv_does_not() -> None:
    maps = RNG.integers(0, 1000, (2, 3, 4))
    found = resize(maps, (9, 7))
    assert found.dtype == maps.dtype
    np.testing.assert_allclose(found, resize(maps.astype(np.float32), (9, 7)), atol=0.5)


def test_other_colours_are_refused() -> None:
    levels = np.zeros((2, 2), np.uint8)
    np.testing.assert_array_equal(colormap(levels, 2), colormap(levels))
    with pytest.raises(xai.OptionError, match="no colours of colormap_type=4"):
        colormap(levels, 4)


def test_jet_by_hand() -> None:
    table = colormap_of("jet").table()
    assert table[[0, 128, 255]].tolist() == [[0, 0, 128], [130, 255, 126], [128, 0, 0]]


def test_scaling_each_map_by_itself() -> None:
    maps = np.array([[[1, 2], [3, 5]], [[4, 4], [4, 4]]], np.float32)
    assert scaling(maps).tolist() == [[[0, 63], [127, 255]], [[0, 0], [0, 0]]]
    assert scale is scaling
    assert scaling(maps[0], cast_to_uint8=False, max_value=1).tolist() == [[0, 0.25], [0.5, 1]]


def test_overlay_weighs_the_map() -> None:
    image = np.full((2, 2, 3), 100, np.uint8)
    coloured = np.zeros((3, 2, 2, 3), np.uint8)
    coloured[1] = 200
    assert overlay(coloured, image, 0.25)[:, 0, 0, 0].tolist() == [75, 125, 75]
    assert overlay(coloured[1], image[None].transpose(0, 3, 1, 2), 1.0).max() == 200
    with pytest.raises(xai.OptionError, match="scale them first"):
        colormap(np.zeros((2, 2), np.float32))


def test_a_thousand_classes_at_once() -> None:
    """Each function on 1000 maps of 224x224: it is the vectorised way that is looked for, not a time."""
    maps = RNG.integers(0, 255, (1000, 7, 7), np.uint8)
    started = time.perf_counter()
    large = resize(maps, (224, 224))
    coloured = colormap(scaling(large))
    assert overlay(coloured, RNG.integers(0, 255, (224, 224, 3), np.uint8)).shape == (1000, 224, 224, 3)
    assert time.perf_counter() - started < 60, "an hour would be a loop over pixels"


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (3, 5, 7), (1, 5, 7, 3), (1, 3, 5, 7), (5, 7, 1), (1, 5, 7)])
def test_layouts_of_pictures(shape: tuple[int, ...]) -> None:
    image = np.zeros(shape)
    assert size_of(image) == (5, 7)
    assert as_bhwc(image).shape[:3] == (1, 5, 7)
    with pytest.raises(xai.OptionError, match="two to four axes"):
        as_bhwc(np.zeros((1, 1, 5, 7, 3)))


def _explanation(task: xai.Task = xai.Task.CLASSIFICATION) -> Explanation:
    return Explanation(RNG.integers(0, 255, (1, 3, 4, 4), np.uint8), -1, task, ["cat", "dog", "owl"])


def test_what_is_asked_for_is_done() -> None:
    image = RNG.integers(0, 255, (20, 30, 3), np.uint8)
    show = Visualizer()
    assert show(_explanation(), image).shape == (20, 30, 3)
    assert show(_explanation(), image, colormap=False).shape == (20, 30)
    assert show(_explanation(), image, resize=False).shape == (4, 4, 3)
    assert show(_explanation(), image, output_size=(8, 9), overlay=True).shape == (8, 9, 3)
    assert show(_explanation(), image, resize=False, colormap=False).shape == (4, 4)
    scaled = show(_explanation(), image, resize=False, colormap=False, scaling=True)
    assert all(saliency.max() == 255 for saliency in scaled.saliency_map.values())
    with pytest.raises(xai.OptionError, match="how large maps become"):
        show(_explanation(), None)
    with pytest.raises(xai.OptionError, match="laid over a picture"):
        show(_explanation(), None, output_size=(4, 4), overlay=True)


def test_maps_in_colours_are_not_written_over_by_an_overlay() -> None:
    image = RNG.integers(0, 255, (20, 30, 3), np.uint8)
    explanation = Visualizer()(_explanation(), image)
    held = dict(explanation.saliency_map)
    before = {target: saliency.copy() for target, saliency in held.items()}
    Visualizer()(explanation, image, overlay=True)
    for target, saliency in held.items():
        np.testing.assert_array_equal(saliency, before[target])
        assert (explanation.saliency_map[target] != saliency).any()


def test_pictures_of_sixteen_bits_are_scaled_not_cut_off() -> None:
    picture = RNG.integers(0, 256, (4, 5, 3), np.uint8)
    heat = RNG.integers(0, 256, (4, 5, 3), np.uint8)
    wide = picture.astype(np.uint16) * 257
    np.testing.assert_allclose(overlay(heat, wide, 0.3).astype(int), overlay(heat, picture, 0.3).astype(int), atol=1)


def test_predictions_are_written_onto_overlays() -> None:
    image = np.zeros((60, 90, 3), np.uint8)
    maps = RNG.integers(0, 255, (1, 3, 4, 4), np.uint8)

    def shown(written: bool) -> Explanation:
        one = Explanation(maps, -1, xai.Task.CLASSIFICATION, ["cat", "dog", "owl"])
        return Visualizer()(one, image, overlay=True, overlay_prediction=written)

    for one, bare in zip(shown(True).saliency_map.values(), shown(False).saliency_map.values(), strict=True):
        changed = (one != bare).any(-1)
        assert 20 < changed.sum() < 1000
        assert np.argwhere(changed).max(0)[0] < 30, "the letters are in the upper part"
        assert one[changed][:, 0].mean() > 2 * max(one[changed][:, 1].mean(), one[changed][:, 2].mean())
