"""Pictures of another size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovxai_passes.explainer import get_preprocess_fn
from ovxai_passes.pictures.resizing import resize_picture

cv2 = pytest.importorskip("cv2", reason="pictures need OpenCV: pip install 'ovxai-passes[image]'")


def noise(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 50), st.integers(1, 50), st.sampled_from([1, 3, 4]))
@settings(max_examples=50, deadline=None)
def test_shapes_are_kept(height: int, width: int, rows: int, columns: int, channels: int) -> None:
    picture = noise(height, width, channels)
    found = resize_picture(picture, (rows, columns))
    assert found.shape == (rows, columns, channels)
    assert found.dtype == np.uint8
    assert resize_picture(picture[..., 0], (rows, columns)).shape == (rows, columns)


def test_smaller_pictures_are_means() -> None:
    stripes = np.tile(np.array([0, 200], np.uint8), (8, 4))[..., None]
    assert (resize_picture(stripes, (4, 4)) == 100).all(), "no stripe appears or is lost"
    np.testing.assert_array_equal(resize_picture(stripes, (16, 16), "nearest"), stripes.repeat(2, 0).repeat(2, 1))


@pytest.mark.parametrize("size", [(224, 224), (64, 300), (700, 333)])
@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("reverse", [False, True])
def test_preprocess_fn_is_that_of_opencv_to_the_bit(size: tuple[int, int], kind: str, reverse: bool) -> None:
    picture = noise(480, 640, 3).astype(kind)
    mean, std = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])
    prepare = get_preprocess_fn(change_channel_order=reverse, input_size=size, mean=mean, std=std, hwc_to_chw=True)
    turned = picture[..., ::-1].copy() if reverse else picture
    wanted = ((cv2.resize(turned, size) - mean) / std).transpose(2, 0, 1)[None].astype(np.float32)
    np.testing.assert_array_equal(prepare(picture), wanted)
    plain = get_preprocess_fn(change_channel_order=reverse, input_size=size, expand_zero_dim=False)(picture)
    np.testing.assert_array_equal(plain, cv2.resize(turned, size).astype(np.float32))
