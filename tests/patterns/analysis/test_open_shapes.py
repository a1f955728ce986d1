"""Models that leave shapes open: sizes that are assumed, bounds, and channels told by the first convolution."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.analysis.assumed import first_convolution, within
from ovxai_patterns.analysis.layout import analysis_clone, assumed_inputs, picture_axes
from ovxai_tools.cli.transform import main

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.options import Options
from ovxai_passes.reference.comparing import worst_difference
from tests.fixtures.graphs import CLASSES, Weights, conv, dense, integers, model_of, norm
from tests.support.cli import invoke
from tests.support.running import run


def _image(*dims: int | ov.Dimension, kind: object = np.float32) -> ov.Node:
    return ops.parameter(ov.PartialShape([ov.Dimension(dim) if isinstance(dim, int) else dim for dim in dims]), kind)


def shallow(image: ov.Node, last: bool = False, stride: int = 1) -> ov.Model:
    """Conv 3x3, at the picture's own size unless a stride is given → ReLU → mean → classes."""
    w = Weights(3)
    x = ops.transpose(ops.subtract(image, w(1, 1, 1, 3)), integers(0, 3, 1, 2)) if last else image
    x = ops.relu(conv(x, w, 3, 6, 3, stride=stride))
    return model_of(dense(ops.reduce_mean(x, integers(2, 3), False), w, 6, CLASSES), image)


def fixed(image: ov.Node, side: int) -> ov.Model:
    """As `shallow`, but with a matrix over the positions of a picture of `side` pixels."""
    w = Weights(4)
    x = ops.reshape(ops.relu(conv(image, w, 3, 6, 4, stride=4)), integers(-1, 6 * (side // 4) ** 2), False)
    return model_of(dense(x, w, 6 * (side // 4) ** 2, CLASSES), image)


def _compared(model: ov.Model, image: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> None:
    static = model.clone()
    static.reshape(list(image.shape))
    wanted = run(xai.insert_xai(static, embed_scaling=False), image, name="saliency_map")
    found = run(xai.insert_xai(model, embed_scaling=False), image, name="saliency_map")
    assert found.shape == wanted.shape
    assert worst_difference(found, wanted) <= 1


@pytest.mark.parametrize("batch", [1, -1])
def test_a_shallow_network_of_any_size(batch: int) -> None:
    model = shallow(_image(batch, 3, -1, -1))
    _compared(model, np.random.default_rng(0).standard_normal((1, 3, 32, 32)).astype(np.float32))
    assert insert(model, Options()).report.dynamic


@pytest.mark.parametrize("last", [False, True])
def test_channels_are_those_of_the_first_convolution(last: bool) -> None:
    model = shallow(_image(-1, -1, -1, -1), last)
    assert picture_axes(model.get_parameters()[0]) == ((1, 2) if last else (2, 3))
    assert first_convolution(model.get_parameters()[0]) == (3 if last else 1, 3)
    assert assumed_inputs(model, 2) == [[2, 224, 224, 3] if last else [2, 3, 224, 224]]
    shape = (2, 16, 24, 3) if last else (2, 3, 16, 24)
    _compared(model, np.random.default_rng(0).standard_normal(shape).astype(np.float32))


def test_channels_of_grouped_convolutions() -> None:
    image, w = _image(-1, -1, -1, -1), Weights()
    x = ops.group_convolution(ops.convert(image, "f32"), w(5, 2, 1, 3, 3), [1, 1], [1, 1], [1, 1], [1, 1])
    model = model_of(dense(ops.reduce_mean(ops.relu(x), integers(2, 3), False), w, 10, CLASSES), image)
    assert first_convolution(image) == (1, 5)
    _compared(model, np.random.default_rng(0).standard_normal((1, 5, 8, 8)).astype(np.float32))


def test_layout_by_the_first_convolution() -> None:
    """Six channels last: neither axis says so by its size."""
    image, w = _image(1, 8, 8, 6), Weights()
    x = ops.relu(conv(ops.transpose(image, integers(0, 3, 1, 2)), w, 6, 4, 2, stride=2))
    model_of(dense(ops.reduce_mean(x, integers(2, 3), False), w, 4, CLASSES), image)
    assert picture_axes(image) == (1, 2)


@pytest.mark.parametrize(("stride", "positions"), [(8, 784), pytest.param(1, 50176, marks=pytest.mark.slow)])
def test_verified_with_everything_open(tmp_path: Path, stride: int, positions: int) -> None:
    ov.save_model(shallow(_image(-1, -1, -1, -1), True, stride), tmp_path / "open.xml")
    result = invoke(main, tmp_path / "open.xml", tmp_path / "out.xml", "--verify")
    assert f"map equal to the naive definition on 64 of {positions} positions" in result.output


@pytest.mark.parametrize("bounds", [(32, 64), (32, -1), (1, 100), (300, 400)])
def test_sizes_are_within_bounds(bounds: tuple[int, int]) -> None:
    dim = ov.Dimension(*bounds)
    size = within(dim, 224)
    assert bounds[0] <= size <= (bounds[1] if bounds[1] > 0 else size)
    model = shallow(_image(ov.Dimension(2, 4), 3, dim, dim))
    assert assumed_inputs(model) == [[2, 3, size, size]]
    assert analysis_clone(model).inputs[0].get_shape() == [2, 3, size, size]
    low = min(bounds[0], 32)
    if bounds[0] == low:  # the same at a static size, which the grid's limit allows
        _compared(model, np.random.default_rng(0).standard_normal((2, 3, low, low + 1)).astype(np.float32))


def test_bounded_models_are_verified(tmp_path: Path) -> None:
    dim = ov.Dimension(16, 40)
    ov.save_model(shallow(_image(ov.Dimension(1, 3), 3, dim, dim)), tmp_path / "open.xml")
    assert "alone" in invoke(main, tmp_path / "open.xml", tmp_path / "out.xml", "--verify").output


@pytest.mark.parametrize("side", [32, 96, 224])
def test_sizes_that_the_network_asks_for_are_found(side: int) -> None:
    model = fixed(_image(-1, -1, -1, -1), side)
    assert analysis_clone(model).inputs[0].get_shape() == [1, 3, side, side]
    if side == 32:  # a matrix over all positions is mapped for one grid only, so that the loop is written
        _compared(model, np.random.default_rng(0).standard_normal((1, 3, side, side)).astype(np.float32))


def _focused(image: ov.Node) -> ov.Node:
    return ops.space_to_depth(image, "blocks_first", 2)


@pytest.mark.parametrize("shape", [ov.PartialShape.dynamic(), ov.PartialShape([-1, -1, -1, -1])])
def test_what_cannot_be_told_asks_for_shapes(shape: ov.PartialShape) -> None:
    w, image = Weights(), ops.parameter(shape, np.float32)
    x = conv(_focused(image), w, 20, 6, 2, stride=2)
    model = model_of(dense(ops.reduce_mean(x, integers(2, 3), False), w, 6, CLASSES), image)
    with pytest.raises(xai.TargetNotFoundError, match=r"\(model\.reshape\)"):
        xai.insert_xai(model)


def test_tokens_of_an_open_shape_are_explained_on_the_grid_that_was_found() -> None:
    """As exports of transformers come: [?,?,?,?], and a table of position embeddings for one number of patches."""
    w, image = Weights(), _image(-1, -1, -1, -1)
    x = ops.reshape(conv(image, w, 3, 8, 16, stride=16), integers(0, 8, -1), True)
    x = ops.add(ops.transpose(x, integers(0, 2, 1)), w(1, 36, 8))
    model = model_of(dense(ops.reduce_mean(norm(x, w, 8), integers(1), False), w, 8, CLASSES), image)
    assert analysis_clone(model).inputs[0].get_shape() == [1, 3, 96, 96]
    pictures = [
        np.random.default_rng(0).standard_normal((1, 3, *size)).astype(np.float32) for size in ((96, 96), (64, 144))
    ]
    _compared(model, pictures[0])
    assert run(model, pictures[1]).shape == (1, CLASSES)
    with pytest.raises(RuntimeError):  # 4x9 patches are as many as 6x6
        run(xai.insert_xai(model), pictures[1])


def test_a_grid_that_is_the_same_for_any_size() -> None:
    """As VGG: pooled to 4x4, whatever the picture's size, then flattened."""
    image, w = _image(-1, 3, -1, -1), Weights()
    x = ops.adaptive_avg_pool(ops.relu(conv(image, w, 3, 6, 8, stride=2)), integers(4, 4))
    x = ops.swish(conv(x, w, 6, 6, 3))
    model = model_of(dense(ops.reshape(x, integers(0, 96), True), w, 96, CLASSES), image)
    augmented = xai.insert_xai(model, embed_scaling=False)
    for size in (16, 24):
        picture = np.random.default_rng(0).standard_normal((2, 3, size, size)).astype(np.float32)
        static = model.clone()
        static.reshape(list(picture.shape))
        wanted = run(xai.insert_xai(static, embed_scaling=False), picture, name="saliency_map")
        assert worst_difference(run(augmented, picture, name="saliency_map"), wanted) <= 1
