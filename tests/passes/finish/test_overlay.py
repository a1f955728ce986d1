"""Overlays that a model makes are those that the helper makes of its map and its picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
import pytest
from openvino.preprocess import ColorFormat, PrePostProcessor
from ovxai_tools.checks.verify import random_case, verify
from ovxai_tools.demo import shipped as demo

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.options import Options
from ovxai_passes.pictures.blending import overlay
from ovxai_passes.pictures.colormaps import colormap
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.resizing import resize, resize_picture
from tests.fixtures import graphs
from tests.support.bits import changed_outputs
from tests.support.extras import needs_pictures
from tests.support.running import run

needs_pictures()

Picture = npt.NDArray[np.uint8]
STEEPEST = {"jet": 5, "viridis": 3, "turbo": 7, "grey": 1}
"""How far the colours of two neighbouring levels are apart, channel by channel, at most."""


@dataclass(frozen=True)
class Fed:
    """A model, a picture of its size, and that picture as its input."""

    model: ov.Model
    picture: Picture
    value: npt.NDArray[Any]


def compare(fed: Fed, weight: float = 0.4, kind: str = "jet", **options: Any) -> npt.NDArray[np.uint8]:
    """Colours have to be the helper's; overlays too, where OpenCV's rounded sums come to the same level.

    OpenCV resizes levels in whole numbers, which is one level off here and there: colours then differ by those of two
    levels.
    """
    coloured: dict[str, Any] = {} if kind == "jet" else {"colormap": kind}
    model = xai.insert_xai(fed.model, overlay=weight, **coloured, **options)
    saliency = run(model, fed.value, name="saliency_map")
    levels = (
        saliency if saliency.dtype == np.uint8 else np.asarray(saliency.astype(np.float32) * 255 + 2**-12, np.uint8)
    )
    found = run(model, fed.value, name="saliency_overlay")
    assert found.dtype == np.uint8
    for row, laid in zip(levels, found, strict=True):
        maps = row.reshape(-1, *row.shape[-2:])
        wanted = overlay(colormap(resize(maps, fed.picture.shape[:2]), kind), fed.picture, weight)
        off = np.abs(laid.reshape(wanted.shape).astype(int) - wanted.astype(int))
        assert off.max() <= np.ceil(weight * STEEPEST[kind]) + 1
        assert (off > 1).mean() < 0.06
        assert off.mean() < 0.2
    if kind != "jet":
        colours = run(model, fed.value, name="saliency_colors")
        wanted = np.stack([colormap(row, kind) for row in levels.reshape(-1, *levels.shape[-2:])])
        np.testing.assert_array_equal(colours.reshape(wanted.shape), wanted)
    return found


def classifier(name: str, batch: int = 1) -> Fed:
    model = ov.Core().read_model(demo.model_path(name))
    picture = resize_picture(read_picture(demo.pictures()[3].path), (64, 64))
    return Fed(model, picture, np.repeat(picture.transpose(2, 0, 1)[None].astype(np.float32), batch, 0))


CASES: list[dict[str, Any]] = [
    {"top_k": 1},
    {"classes": [3, 0], "kind": "turbo", "weight": 0.7},
    {"top_k": 2, "saliency_map_size": "input", "kind": "viridis", "threshold": 0.3},
    {"top_k": 1, "saliency_map_size": (20, 30), "kind": "grey", "weight": 1},
    {"explain_method": "activationmap", "scaling": "joint"},
    {"top_k": 1, "output_dtype": "f32", "weight": 0.2},
]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("options", CASES, ids=str)
@pytest.mark.parametrize("name", ["demo:cnn", "demo:vit"])
def test_of_demo_classifiers(name: str, options: dict[str, Any]) -> None:
    count = options.get("top_k") or len(options.get("classes", ())) or None
    wanted = (1, 64, 64, 3) if count is None else (1, count, 64, 64, 3)
    assert compare(classifier(name), **options).shape == wanted


def test_of_a_batch() -> None:
    assert compare(classifier("demo:cnn", batch=3), top_k=2).shape == (3, 2, 64, 64, 3)


def test_of_the_demo_detector() -> None:
    picture = resize_picture(read_picture(demo.scenes()[0].path), (96, 96))
    model = ov.Core().read_model(demo.model_path("demo:detector"))
    fed = Fed(model, picture, picture.transpose(2, 0, 1)[None].astype(np.float32))
    sizes: tuple[dict[str, Any], ...] = (
        {},
        {"saliency_map_size": "input"},
        {"saliency_map_size": "largest", "kind": "viridis"},
    )
    for options in sizes:
        assert compare(fed, classes=[1, 3], **options).shape == (1, 2, 96, 96, 3)
    assert compare(fed, explain_method="eigencam").shape == (1, 96, 96, 3)


def with_preprocessing(fill: Callable[[PrePostProcessor], None]) -> ov.Model:
    """demo:cnn, without its own first two operations, behind another preprocessing."""
    process = PrePostProcessor(ov.Core().read_model(demo.model_path("demo:cnn")))
    fill(process)
    return process.build()


def u8_nhwc(process: PrePostProcessor) -> None:
    process.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    process.input().model().set_layout(ov.Layout("NCHW"))


def bgr_u8(process: PrePostProcessor) -> None:
    u8_nhwc(process)
    process.input().tensor().set_color_format(ColorFormat.BGR)
    process.input().preprocess().convert_color(ColorFormat.RGB)


def mean_and_scale(process: PrePostProcessor) -> None:
    process.input().tensor().set_element_type(ov.Type.f32).set_layout(ov.Layout("NHWC"))
    process.input().model().set_layout(ov.Layout("NCHW"))
    process.input().preprocess().mean([10.0, 12.0, 14.0]).scale([0.9, 1.0, 1.1])


def test_of_a_u8_input_by_prepostprocessor() -> None:
    fed = classifier("demo:cnn")
    laid = fed.picture[None]
    plain = compare(Fed(with_preprocessing(u8_nhwc), fed.picture, laid), top_k=1)
    turned = np.ascontiguousarray(laid[..., ::-1])
    model = with_preprocessing(bgr_u8)
    assert np.array_equal(compare(Fed(model, fed.picture, turned), top_k=1, bgr=True), plain)
    as_fed = compare(Fed(model, turned[0], turned), top_k=1)
    assert not np.array_equal(as_fed, plain), "an input of blue, green, red is told to be one"


def test_of_a_float_input_that_the_network_normalises() -> None:
    fed = classifier("demo:cnn")
    model = with_preprocessing(mean_and_scale)
    compare(Fed(model, fed.picture, fed.picture[None].astype(np.float32)), top_k=1)


@pytest.mark.parametrize("where", ["told", "said"])
def test_of_an_input_that_is_normalised_outside(where: str) -> None:
    mean, scale = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    value = ((picture.astype(np.float32) - mean) / scale).transpose(2, 0, 1)[None].astype(np.float32)
    model = graphs.cnn()
    if where == "told":
        compare(Fed(model, picture, value), top_k=2, mean=mean, scale=scale)
        return
    model.set_rt_info("123.675 116.28 103.53", ["model_info", "mean_values"])
    model.set_rt_info("58.395 57.12 57.375", ["model_info", "scale_values"])
    compare(Fed(model, picture, value), top_k=2)


def test_grey_and_opaque_pictures() -> None:
    for channels in (1, 4):
        image = ov.opset13.parameter([1, 8, 8, channels], np.uint8, name="image")
        laid = ov.opset13.transpose(ov.opset13.convert(image, "f32"), ov.opset13.constant([0, 3, 1, 2]))
        weights = np.random.default_rng(0).standard_normal((6, channels, 3, 3)).astype(np.float32)
        one = [1, 1]
        feature = ov.opset13.relu(ov.opset13.convolution(laid, ov.opset13.constant(weights), one, one, one, one))
        scores = ov.opset13.reduce_mean(feature, ov.opset13.constant([2, 3]), False)
        model = ov.Model([scores], [image])
        value = np.random.default_rng(1).integers(0, 256, (1, 8, 8, channels), np.uint8)
        picture = np.repeat(value[0], 3, -1) if channels == 1 else value[0, ..., :3]
        compare(Fed(model, picture, value), top_k=1, max_cost=1e6)


def test_original_outputs_stay_and_shapes_may_change() -> None:
    fed = classifier("demo:cnn")
    model = xai.insert_xai(fed.model, top_k=1, overlay=0.5, colormap="jet", saliency_map_size="input")
    assert not changed_outputs(fed.model, model, 3)
    model.reshape([2, 3, 96, 80])
    value = np.random.default_rng(0).integers(0, 256, (2, 3, 96, 80)).astype(np.float32)
    assert run(model, value, name="saliency_overlay").shape == (2, 1, 96, 80, 3)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "options", [{"saliency_map_size": "input", "output_dtype": "f16", "threshold": 0.3}, {}], ids=str
)
def test_verification_knows_them(options: dict[str, Any]) -> None:
    model = classifier("demo:cnn").model
    asked = Options.checked(top_k=2, overlay=0.3, colormap="viridis", **options)
    made = insert(model, asked)
    raw = insert(model, asked.of_raw_map(xai.Task.CLASSIFICATION))
    held = verify(model, made.model, raw, [random_case(model)], made)
    assert sum("saliency_overlay is" in line or "saliency_colors are" in line for line in held) == 2
    other = insert(model, Options.checked(top_k=2, overlay=0.4, colormap="viridis", **options))
    with pytest.raises(xai.VerificationError, match="saliency_overlay is not"):
        verify(model, other.model, raw, [random_case(model)], made)


def test_of_a_real_classifier(data: Path) -> None:
    model = ov.Core().read_model(data / "efficientnet_lite0.xml")
    picture = resize_picture(read_picture(data / "parrot.jpg"), (224, 224))
    value = ((picture.astype(np.float32) - 127) / 128).transpose(2, 0, 1)[None]
    compare(Fed(model, picture, value), top_k=1, mean=127, scale=128)
    compare(Fed(model, picture, value), top_k=1, mean=127, scale=128, saliency_map_size="input", kind="turbo")
