"""Pictures in, and side by side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import openvino as ov
import pytest
from ovxai_tools.pictures.model_input import as_input

import ovxai_passes as xai
from ovxai_passes.model_info.preparation import Preparation
from tests.fixtures import graphs
from tests.support.extras import needs_pictures

needs_pictures()

Picture = npt.NDArray[np.uint8]


def picture() -> Picture:
    return np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)


def test_layouts_types_and_batches() -> None:
    pixels = picture()
    for batch, wanted in ((1, 1), (3, 3), (-1, 1)):
        given = as_input(picture(), graphs.cnn(batch), Preparation())
        assert given.dtype == np.float32
        np.testing.assert_array_equal(given, np.repeat(pixels.transpose(2, 0, 1)[None], wanted, 0))
    given = as_input(picture(), graphs.nhwc_cnn(), Preparation())
    assert given.dtype == np.uint8
    np.testing.assert_array_equal(given[0], pixels)


def test_mean_scale_and_channel_order() -> None:
    given = as_input(picture(), graphs.cnn(), Preparation((1, 2, 3), (2,), bgr=True))
    wanted = (picture().astype(np.float32)[..., ::-1] - [1, 2, 3]) / 2
    np.testing.assert_allclose(given[0].transpose(1, 2, 0), wanted, rtol=1e-6)


def test_preparation_from_model_info() -> None:
    model = graphs.cnn()
    assert Preparation.from_model(model) == Preparation()
    model.set_rt_info("123.5 116 103", ["model_info", "mean_values"])
    model.set_rt_info("58", ["model_info", "scale_values"])
    model.set_rt_info("True", ["model_info", "reverse_input_channels"])
    assert Preparation.from_model(model) == Preparation((123.5, 116, 103), (58,), bgr=True)


def test_signed_bytes_begin_128_below_pixels() -> None:
    image = ov.opset13.parameter([1, 8, 8, 3], np.int8)
    model = ov.Model([ov.opset13.relu(image)], [image])
    given = as_input(picture(), model, Preparation.from_model(model))
    assert given.dtype == np.int8
    np.testing.assert_array_equal(given[0].astype(int) + 128, picture())
    model.set_rt_info("127", ["model_info", "mean_values"])
    assert Preparation.from_model(model).mean == (127,)


def test_inputs_that_are_no_pictures() -> None:
    vector = ov.opset13.parameter([1, 8], np.float32)
    with pytest.raises(xai.OptionError, match="no picture"):
        as_input(picture(), ov.Model([ov.opset13.relu(vector)], [vector]), Preparation())
    with pytest.raises(xai.OptionError, match="1 or 3 numbers"):
        as_input(picture(), graphs.cnn(), Preparation((1, 2)))
