"""Another size, low values, other types and colours: each is its definition, and what OpenCV makes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openvino import opset13 as ops

import ovxai_passes as xai
from ovxai_passes.finish.colour_tables import colour_table
from ovxai_passes.finish.resize import resized
from ovxai_passes.finish.threshold import cut_below
from ovxai_passes.insert import insert, plan
from ovxai_passes.ops.branch import Branch
from ovxai_passes.options import Options
from ovxai_passes.pictures.colormaps import COLORMAPS, colormap_of
from ovxai_passes.pictures.resizing import resize
from ovxai_passes.reference.finishing import shown
from ovxai_passes.reference.finishing.scaling import unit_map
from ovxai_passes.vocabulary import Colormap
from tests.fixtures import attention_graphs, detector_graphs, graphs
from tests.support.extras import needs_pictures
from tests.support.running import random_input, run

CNN = graphs.cnn


def branch(shape: list[int]) -> Branch:
    source = ops.parameter(shape, np.float32)
    return Branch(ov.Model([source], [source]), ((0, 0),))


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.booleans(),
)
def test_another_size_is_opencvs(seed: int, grid: tuple[int, int], size: tuple[int, int], agnostic: bool) -> None:
    needs_pictures()
    shape = [2, *grid] if agnostic else [2, 3, *grid]
    maps = np.random.default_rng(seed).random(shape, np.float32)
    found = run(resized(branch([-1, *shape[1:]]), size).model, maps)
    wanted = np.stack([resize(one, size) for one in maps.reshape(-1, *grid)]).reshape(found.shape)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    np.testing.assert_allclose(shown.resized(maps, size), wanted, atol=1e-5)


def test_colours_are_opencvs() -> None:
    needs_pictures()
    assert [one.value for one in Colormap] == [one.name for one in COLORMAPS]
    for kind in Colormap:
        np.testing.assert_array_equal(colour_table(kind), colormap_of(kind.value).table())


@pytest.mark.parametrize("precision", ["f32", "bf16", "f16"])
def test_the_largest_value_stays_at_any_threshold(precision: str) -> None:
    unit = np.linspace(0, 1, 9, dtype=np.float32).reshape(1, 1, 3, 3)
    for threshold in (0.5, 1.0):
        found = run(
            cut_below(branch([1, 1, 3, 3]), threshold).model, unit, config={"INFERENCE_PRECISION_HINT": precision}
        )
        np.testing.assert_array_equal(found, np.where(unit >= threshold, unit, 0))


CASES: list[dict[str, Any]] = [
    {"saliency_map_size": (7, 9)},
    {"saliency_map_size": "input"},
    {"threshold": 0.4},
    {"output_dtype": "f32"},
    {"output_dtype": "f16", "threshold": 0.7, "saliency_map_size": "input"},
    {"saliency_map_size": (9, 5), "scaling": "joint", "threshold": 0.3},
    {"saliency_map_size": (9, 5), "embed_scaling": False},
]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "build", [graphs.cnn, graphs.nhwc_cnn, attention_graphs.class_attention], ids=lambda one: one.__name__
)
@pytest.mark.parametrize("options", CASES, ids=str)
def test_of_whole_models(build: Any, options: dict[str, Any]) -> None:
    model = build(-1)
    image = random_input(model, 3)
    raw = run(xai.insert_xai(model, embed_scaling=False), image, name="saliency_map")
    found = run(xai.insert_xai(model, **options), image, name="saliency_map")
    wanted = expected(raw, options)
    assert found.shape == wanted.shape
    kind = {"f16": np.float16, "f32": np.float32, None: np.uint8}[options.get("output_dtype")]
    assert found.dtype == (np.float32 if options.get("embed_scaling") is False else kind)
    values = found / 255 if found.dtype == np.uint8 else found.astype(np.float32)
    scale = np.abs(wanted).max() if options.get("embed_scaling") is False else 1
    off = np.abs(values - wanted)
    threshold = options.get("threshold", -1)
    off[np.abs(wanted - threshold) < 1e-3] = 0
    assert off.max() <= (1 / 255 + 1e-5 if found.dtype == np.uint8 else 1e-3) * scale
    below = (wanted > 0) & (wanted < threshold - 1e-3)
    assert not values[below].any()


def expected(raw: npt.NDArray[np.float32], options: dict[str, Any]) -> npt.NDArray[np.float64]:
    size = options.get("saliency_map_size")
    scaled = raw if options.get("embed_scaling") is False else unit_map(raw, options.get("scaling") == "joint")
    large = np.asarray(scaled, np.float64)
    if size is not None:
        large = shown.resized(large, (8, 8) if size == "input" else size)
    return np.where(large < options.get("threshold", -np.inf), 0, large)


def test_the_size_of_the_picture_is_that_of_the_inference() -> None:
    model = xai.insert_xai(CNN(), saliency_map_size="input", top_k=2, colormap="jet")
    model.reshape([2, 3, 16, 24])
    image = np.random.default_rng(0).standard_normal((2, 3, 16, 24)).astype(np.float32)
    assert run(model, image, name="saliency_map").shape == (2, 2, 16, 24)
    assert run(model, image, name="saliency_colors").shape == (2, 2, 16, 24, 3)


@pytest.mark.parametrize("method", ["detclassprobabilitymap", "activationmap", "eigencam"])
def test_detectors_get_maps_as_large_as_the_picture(method: str) -> None:
    model = detector_graphs.yolov8().model
    height, width = model.inputs[0].get_partial_shape().to_shape()[2:]
    made = insert(model, Options.checked(method=method, saliency_map_size="input"))
    found = run(made.model, random_input(model), name="saliency_map")
    assert found.shape[-2:] == (height, width)
    raw = run(
        insert(model, Options.checked(method=method, embed_scaling=False)).model,
        random_input(model),
        name="saliency_map",
    )
    assert np.abs(found / 255 - shown.resized(unit_map(raw), (height, width))).max() <= 1 / 255 + 1e-4


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"threshold": 0}, "above 0 and up to 1"),
        ({"threshold": 1.5}, "above 0 and up to 1"),
        ({"overlay": 2}, "above 0 and up to 1"),
        ({"overlay": float("nan")}, "above 0 and up to 1"),
        ({"colormap": "rainbow"}, "takes one of 'jet'"),
        ({"output_dtype": "u8"}, "takes one of 'f16', 'f32'"),
        ({"threshold": 0.5, "scaling": "none"}, "threshold is for scaled maps"),
        ({"output_dtype": "f16", "embed_scaling": False}, "output_dtype is for scaled maps"),
        ({"colormap": "jet", "embed_scaling": False}, "colormap is for scaled maps"),
        ({"overlay": 0.5, "embed_scaling": False}, "overlay is for scaled maps"),
        ({"saliency_map_size": "middle"}, "is for detectors; this model classifies"),
        ({"saliency_map_size": (0, 4)}, "height and width"),
        ({"colormap": "jet"}, "colormap makes a picture of each map, and there is one for each of 5 classes"),
        ({"saliency_map_size": (4000, 4000), "max_tensor_gib": 0.1}, "give a smaller saliency_map_size"),
        ({"overlay": 0.5, "top_k": 1}, "nothing tells how pixels became the model's input: say how"),
    ],
    ids=str,
)
def test_refusals(options: dict[str, Any], reason: str) -> None:
    """A plan refuses what an insertion refuses."""
    model = CNN()
    with pytest.raises(xai.OvxaiError, match=reason):
        xai.insert_xai(model, **options)
    with pytest.raises(xai.OvxaiError, match=reason):
        plan(model, Options.checked(**options))


def test_an_output_of_that_name_is_not_made_twice() -> None:
    model = CNN()
    model.outputs[0].get_tensor().add_names({"saliency_colors"})
    with pytest.raises(xai.OptionError, match="an output named saliency_colors already"):
        xai.insert_xai(model, colormap="jet", top_k=1)


def test_a_picture_of_colours_comes_off_again_and_its_options_are_known() -> None:
    model = CNN()
    made = xai.insert_xai(model, top_k=1, colormap="grey", overlay=0.5, mean=0, feature_vector=True)
    names = [next(iter(port.get_names())) for port in made.outputs]
    wanted = ["saliency_map", "saliency_classes", "saliency_colors", "saliency_overlay", "feature_vector"]
    assert names[1:] == wanted
    assert xai.insert_xai(made, colormap="grey", overlay=0.5) is made
    with pytest.raises(xai.OptionError, match="colormap='jet'"):
        xai.insert_xai(made, colormap="jet")
    assert len(xai.remove_xai(made).outputs) == 1
