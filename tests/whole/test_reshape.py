"""An augmented model that is given another shape gives the map of the model that was given it first, or throws."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.analysis.layout import analysis_clone

import ovxai_passes as xai
from ovxai_passes.reference.comparing import worst_difference
from tests.fixtures import graphs
from tests.fixtures.graphs import CLASSES, Weights, dense, integers, model_of
from tests.passes.head.test_classes import tokens_of_a_map
from tests.passes.methods.test_methods import LAYOUTS, Layout
from tests.support.running import run

SLOW = pytest.mark.slow
SIZES = ((3, 8, 8), (1, 12, 8), (2, 10, 18))
FOLLOW = frozenset(
    {
        *("cnn", "maximum and 1x1 classifier", "NHWC, u8", "scores pooled"),
        *("maximum in two steps", "mean in two steps, NHWC"),
    }
)
"""Layouts whose network takes pictures of other sizes and whose map is made for any."""


def _shape(model: ov.Model, size: tuple[int, int, int]) -> list[int]:
    batch, height, width = size
    last = model.inputs[0].get_partial_shape()[3] == 3
    return [batch, height, width, 3] if last else [batch, 3, height, width]


def _image(model: ov.Model, shape: list[int]) -> Any:
    rng = np.random.default_rng(1)
    if model.inputs[0].get_element_type() == ov.Type.u8:
        return rng.integers(0, 255, shape, np.uint8, endpoint=True)
    return rng.standard_normal(shape).astype(np.float32)


def outcomes(model: ov.Model, size: tuple[int, int, int], opened: bool, **options: Any) -> str:
    """What becomes of an augmented model at another shape: "plain throws", "throws", "follows" or "wrong".

    `opened`: it is given dynamic dimensions, and the shape comes with the picture.
    """
    shape = _shape(model, size)
    image, reshaped = _image(model, shape), model.clone()
    try:
        reshaped.reshape(shape)
        analysis_clone(reshaped)  # shape inference does not compare a Reshape that copies axes
        run(reshaped, image)
    except RuntimeError:
        return "plain throws"
    late = xai.insert_xai(model, embed_scaling=False, **options)
    target = str(late.get_rt_info(["ovxai", "target"]).astype(str))
    early = xai.insert_xai(reshaped, embed_scaling=False, **options)
    if str(early.get_rt_info(["ovxai", "target"]).astype(str)) != target:
        early = xai.insert_xai(reshaped, embed_scaling=False, target_layer=target, **options)
    given = [-1 if axis != shape.index(3) else 3 for axis in range(4)] if opened else shape
    try:
        late.reshape(given)
        found = run(late, image, name="saliency_map")
    except RuntimeError:
        return "throws"
    wanted = run(early, image, name="saliency_map")
    same = found.shape == wanted.shape and worst_difference(found, wanted) <= 1
    plain = model.clone()
    plain.reshape(given)
    np.testing.assert_array_equal(run(late, image), run(plain, image))
    return "follows" if same else "wrong"


def _read_outs() -> list[Any]:
    """All layouts as they are, and dynamic those that follow; the rest with -m slow."""
    quick = [(one, 1, False) for one in LAYOUTS] + [(one, -1, True) for one in LAYOUTS if one.name in FOLLOW]
    every = [(one, batch, opened) for one in LAYOUTS for batch in (1, -1) for opened in (False, True)]
    return quick + [pytest.param(*case, marks=SLOW) for case in every if case not in quick]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("layout", "batch", "opened"), _read_outs(), ids=lambda value: getattr(value, "name", str(value))
)
def test_read_outs(layout: Layout, batch: int, opened: bool) -> None:
    model = layout.build(batch, **layout.options)
    found = [outcomes(model, size, opened, **layout.insertion) for size in SIZES]
    assert "wrong" not in found
    assert found[0] in ("follows", "plain throws"), "another batch"
    if layout.name in FOLLOW:
        assert found == ["follows"] * len(SIZES)
    else:
        assert set(found[1:]) == {"plain throws"}


OPTIONS: tuple[dict[str, Any], ...] = (
    {"explain_method": "activationmap"},
    {"explain_method": "activationmap", "feature_vector": True},
    {"explain_method": "eigencam"},
    {"mask": "gaussian"},
    {"reference": True},
    {"reference": True, "mask": "gaussian"},
    {"top_k": 2},
    {"classes": [2, 0]},
)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("opened", [False, pytest.param(True, marks=SLOW)], ids=["static", "dynamic"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("build", [graphs.cnn, graphs.nhwc_cnn, graphs.scores_pooled])
def test_methods_and_options(build: Any, options: dict[str, Any], opened: bool) -> None:
    assert [outcomes(build(1), size, opened, **options) for size in SIZES] == ["follows"] * len(SIZES)


@pytest.mark.parametrize("options", [{}, {"scaling": "joint"}, {"only_map": True}], ids=str)
def test_scaled_maps(options: dict[str, Any]) -> None:
    model, shape = graphs.cnn(1), [2, 3, 12, 20]
    image, reshaped = _image(model, shape), model.clone()
    reshaped.reshape(shape)
    late = xai.insert_xai(model, **options)
    late.reshape(shape)
    found, wanted = (run(one, image, name="saliency_map") for one in (late, xai.insert_xai(reshaped, **options)))
    assert found.shape == wanted.shape == (2, CLASSES, 6, 10)
    assert np.abs(found.astype(int) - wanted.astype(int)).max() <= 1


def _windowed_pooling(batch: int = 1) -> ov.Model:
    """A pooling by a window of 4x4, which is the whole grid of a picture of 8x8 only."""
    w, image = Weights(), graphs.picture(batch)
    x = ops.avg_pool(ops.swish(graphs.conv(image, w, 3, 6, 2, stride=2)), [4, 4], [0, 0], [0, 0], [4, 4], True)
    x = ops.reshape(
        ops.slice(x, integers(0, 0), integers(1, 1), integers(1, 1), integers(2, 3)), integers(-1, 6), False
    )
    return model_of(dense(x, w, 6, CLASSES), image)


def _adaptive(batch: int = 1) -> ov.Model:
    """VGG's: an adaptive pooling to the grid that a matrix then reads position by position."""
    w, image = Weights(), graphs.picture(batch)
    x = ops.adaptive_avg_pool(ops.swish(graphs.conv(image, w, 3, 6, 2, stride=2)), integers(4, 4))
    return model_of(dense(ops.reshape(x, integers(0, 96), True), w, 96, CLASSES), image)


@pytest.mark.parametrize("opened", [False, True], ids=["static", "dynamic"])
def test_what_is_right_for_one_grid_throws_on_others(opened: bool) -> None:
    found = [outcomes(_windowed_pooling(), size, opened) for size in (*SIZES, (1, 8, 16))]
    assert found == ["follows", "throws", "throws", "throws"]


@pytest.mark.parametrize("opened", [False, True], ids=["static", "dynamic"])
def test_a_grid_that_the_network_fixes(opened: bool) -> None:
    found = [outcomes(_adaptive(), size, opened) for size in (*SIZES, (1, 8, 16))]
    assert found == ["follows"] * 4


def test_sides_may_not_be_swapped() -> None:
    """As many positions on another grid are another grid: 4x8 is not 8x4."""
    w, image = Weights(), ops.parameter([1, 3, 8, 16], np.float32)
    x = ops.reshape(ops.swish(graphs.conv(image, w, 3, 6, 2, stride=2)), integers(0, -1), True)
    model = model_of(dense(x, w, 6 * 32, CLASSES), image)
    late = xai.insert_xai(model)
    with pytest.raises(RuntimeError):
        late.reshape([1, 3, 16, 8])
    late = xai.insert_xai(model)
    late.reshape([1, 3, -1, -1])
    assert run(late, _image(model, [1, 3, 8, 16]), name="saliency_map").shape == (1, CLASSES, 4, 8)
    with pytest.raises(RuntimeError):
        run(late, _image(model, [1, 3, 16, 8]))


@pytest.mark.parametrize("options", [{}, {"top_k": 2}], ids=str)
def test_tokens_without_position_embedding(options: dict[str, Any]) -> None:
    """Their grid is that of the map that they come from."""
    assert [outcomes(tokens_of_a_map(1), size, True, **options) for size in SIZES] == ["follows"] * len(SIZES)
