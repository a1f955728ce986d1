"""Black-box methods find what a model looks at, whatever the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.scenes import SIDE, make_scene
from ovxai_tools.demo.shapes import make_picture
from ovxai_tools.evaluation.pointing import points_inside

import ovxai_passes as xai
from ovxai_passes.explainer import (
    DRISE,
    RISE,
    ActivationType,
    AISEClassification,
    AISEDetection,
    Preset,
    get_detection_postprocess_fn,
    get_postprocess_fn,
)
from ovxai_passes.explainer.black_box.kernels import SearchSpace, WindowSearch
from ovxai_passes.explainer.black_box.masks import RandomMasks
from ovxai_passes.pictures.levels import scaling

HELD_OUT = 1_000_000
SOFTMAX = get_postprocess_fn("logits", ActivationType.SOFTMAX)


def looks_at(row: int, column: int, kind: type = np.float32) -> ov.Model:
    """A classifier of two classes whose first score is the brightness of one 4x4 cell of a 16x16 picture."""
    image = ops.parameter([1, 3, 16, 16], kind, name="image")
    x = ops.convert(image, "f32") if kind is not np.float32 else image
    weights = np.zeros((1, 3, 16, 16), np.float32)
    weights[:, :, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = 1 / 48
    score = ops.reduce_sum(ops.multiply(x, ops.constant(weights)), ops.constant([1, 2, 3]), False)
    both = ops.concat([ops.unsqueeze(score, ops.constant([1])), ops.constant(np.full((1, 1), 0.5, np.float32))], 1)
    return ov.Model([ops.result(both)], [image], "looks")


def first(x: Any) -> Any:
    return x[0]


def _divided(x: Any, divisor: float) -> Any:
    return x[0] / divisor


def picture_at(number: int) -> tuple[Any, Any]:
    picture = make_picture(number)
    return picture, picture.pixels.transpose(2, 0, 1)[None].astype(np.float32)


def test_masks_depend_on_the_seed_and_their_number_alone() -> None:
    masks = RandomMasks((20, 30), 50, 4, 0.5, 3)
    whole = np.concatenate(list(masks.blocks(50)))
    assert whole.shape == (50, 20, 30)
    assert whole.min() >= 0
    assert whole.max() <= 1
    np.testing.assert_array_equal(whole, np.concatenate(list(masks.blocks(7))))
    assert not np.array_equal(whole, np.concatenate(list(RandomMasks((20, 30), 50, 4, 0.5, 4).blocks(50))))
    assert abs(whole.mean() - 0.5) < 0.1


def test_masks_are_bicubic_as_those_of_opencv() -> None:
    cv2 = pytest.importorskip("cv2", reason="the reference is OpenCV's")
    masks = RandomMasks((20, 28), 5, 4, 0.5, 0)
    grids, shifts = masks._drawn()
    for mask, grid, (down, across) in zip(next(masks.blocks(5)), grids, shifts, strict=True):
        large = cv2.resize(grid, (35, 25), interpolation=cv2.INTER_CUBIC)
        wanted = np.clip(large[down : down + 20, across : across + 28], 0, 1)
        np.testing.assert_allclose(mask, wanted, atol=1e-5)


def test_rise_is_the_weighted_sum_of_masks() -> None:
    model = looks_at(1, 2)
    data = np.random.default_rng(0).uniform(0.2, 1, (1, 3, 16, 16)).astype(np.float32)
    found = RISE(model, first).generate_saliency_map(data, num_masks=300, num_cells=4, scale_output=False)
    masks = np.concatenate(list(RandomMasks((16, 16), 300, 4, 0.5, 0).blocks(300)))
    compiled = ov.compile_model(model, "CPU")
    scores = np.stack([np.array(compiled(data * mask)[0][0]) for mask in masks])
    wanted = np.tensordot(scores.T, masks, 1)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found[0], wanted, rtol=1e-4)
    again = RISE(model, first).generate_saliency_map(data, num_masks=300, num_cells=4)
    np.testing.assert_array_equal(again[0], scaling(found[0]))


@pytest.mark.sampled(2)
@pytest.mark.parametrize("cell", [(1, 2), (3, 0)])
def test_maps_are_brightest_where_the_model_looks(cell: tuple[int, int]) -> None:
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    for kind, bright in ((np.float32, 1.0), (np.uint8, 200)):
        data = np.full((1, 3, 16, 16), bright, kind)
        model = looks_at(*cell, kind=kind)
        scores = partial(_divided, divisor=bright)
        rise, aise = RISE(model, scores), AISEClassification(model, scores)
        for method in (rise, aise):
            saliency = method.generate_saliency_map(data, [0], Preset.SPEED)[0]
            assert saliency.dtype == np.uint8
            row, column = np.unravel_index(saliency.argmax(), saliency.shape)
            assert (row // 4, column // 4) == cell
            assert set(method.predictions) == {0}
            assert method.predictions[0].score == pytest.approx(1, rel=1e-3)


def test_a_model_is_compiled_when_it_is_asked() -> None:
    rise = RISE(looks_at(0, 0), first, prepare_model=False)
    assert "_runner" not in vars(rise)
    rise.prepare_model()
    assert "_runner" in vars(rise)


def test_channels_last() -> None:
    image = ops.parameter([1, 16, 16, 3], np.float32)
    bright = ops.reduce_mean(
        ops.slice(image, *(ops.constant([n]) for n in (0, 4, 1, 1))), ops.constant([1, 2, 3]), False
    )
    model = ov.Model([ops.result(ops.unsqueeze(bright, ops.constant([1])))], [image], "top")
    saliency = RISE(model, first).generate_saliency_map(np.ones((16, 16, 3), np.float32), [0], num_masks=500)
    assert saliency[0][:4].mean() > saliency[0][8:].mean() + 50


def test_what_a_postprocess_may_not_return() -> None:
    data = np.ones((1, 3, 16, 16), np.float32)
    with pytest.raises(xai.OptionError, match=r"returns scores \[1,K\], not an array \[2\]"):
        RISE(looks_at(0, 0), lambda x: x[0][0]).generate_saliency_map(data)
    with pytest.raises(xai.OptionError, match="boxes, scores and labels, not an array"):
        DRISE(looks_at(0, 0), first).generate_saliency_map(data)
    failing = RISE(looks_at(0, 0), _fails_later())
    for _ in range(3):  # what was asked before is waited for
        with pytest.raises(ZeroDivisionError):
            failing.generate_saliency_map(data, num_masks=20)
    with pytest.raises(xai.OptionError, match=r"layout of YOLOv8 are \[1,4\+K,P\]"):
        DRISE(looks_at(0, 0), get_detection_postprocess_fn("yolo")).generate_saliency_map(data)
    with pytest.raises(xai.OptionError, match="num_masks takes a whole number from 1 on"):
        RISE(looks_at(0, 0), first).generate_saliency_map(data, num_masks=0)
    with pytest.raises(xai.OptionError, match="takes one of"):
        RISE(looks_at(0, 0), first).generate_saliency_map(data, preset="slow")
    with pytest.raises(xai.OptionError, match="no target 7: the model says something of 2"):
        RISE(looks_at(0, 0), first).generate_saliency_map(data, [7])
    with pytest.raises(xai.OptionError, match="one picture at a time"):
        RISE(looks_at(0, 0), first).generate_saliency_map(np.ones((2, 3, 16, 16), np.float32))
    with pytest.raises(xai.OptionError, match="prob takes a number between 0 and 1"):
        RISE(looks_at(0, 0), first).generate_saliency_map(data, prob=2.0)


def _fails_later() -> Any:
    calls = []

    def fails(x: Any) -> Any:
        calls.append(x)
        return x[0] if len(calls) < 5 else 1 / 0

    return fails


def test_the_search_finds_a_peak() -> None:
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    place = (12, 27)
    space = SearchSpace(((0.0, 1.0), (0.0, 1.0)), [0.1, 0.2], lambda window: float(window[place]))
    saliency = WindowSearch((32, 40), 60, 0.1, False).run(space)
    assert saliency.shape == (32, 40)
    assert saliency.max() == 1
    row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    assert abs(row - place[0]) <= 2
    assert abs(column - place[1]) <= 2


@pytest.mark.parametrize("iterations", [1, 20, 33])
def test_no_more_windows_are_tried_than_asked_for(iterations: int) -> None:
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    method = AISEClassification(looks_at(1, 2), first)
    data, widths = np.ones((1, 3, 16, 16), np.float32), [0.1, 0.2]
    method.generate_saliency_map(data, [0], num_iterations_per_kernel=iterations, kernel_widths=widths)
    assert method.inferences == 1 + 2 * 2 * iterations, "the picture, and each window kept and left out"


def _some_and_more(rise: tuple[int, int], aise: tuple[int, int]) -> list[Any]:
    """Each method with few pictures, and with more of them with -m slow; a map of RISE takes ten times as long."""
    cases = (("rise", rise), ("aise", aise))
    more = [pytest.param(method, counts[1], marks=pytest.mark.slow) for method, counts in cases]
    return [(method, counts[0]) for method, counts in cases] + more


@pytest.mark.parametrize(("method", "pictures"), _some_and_more((2, 10), (6, 24)))
def test_classifiers_are_explained_at_the_object(method: str, pictures: int) -> None:
    """With the quickest preset."""
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    model = ov.Core().read_model(demo.model_path("demo:cnn"))
    explain = (RISE if method == "rise" else AISEClassification)(model, SOFTMAX)
    inside = []
    for number in range(HELD_OUT, HELD_OUT + pictures):
        picture, data = picture_at(number)
        maps = explain.generate_saliency_map(data, [picture.label], Preset.SPEED)
        inside.append(points_inside(maps[picture.label].astype(np.float32), picture.box))
    assert np.mean(inside) >= 0.85


@pytest.mark.parametrize(("method", "pictures"), _some_and_more((1, 3), (2, 8)))
def test_detections_are_explained_at_their_box(method: str, pictures: int) -> None:
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    model = ov.Core().read_model(demo.model_path("demo:detector"))
    explain = (DRISE if method == "rise" else AISEDetection)(model, get_detection_postprocess_fn("yolo"))
    inside = []
    for number in range(HELD_OUT, HELD_OUT + pictures):
        scene = make_scene(number)
        data = scene.pixels.transpose(2, 0, 1)[None].astype(np.float32)
        maps = explain.generate_saliency_map(data, None, Preset.SPEED)
        assert set(maps) == set(explain.predictions)
        for target, saliency in maps.items():
            box = explain.predictions[target].bounding_box
            assert box is not None
            x0, y0, x1, y1 = (edge / SIDE for edge in box)
            inside.append(points_inside(saliency.astype(np.float32), (x0, y0, x1, y1), SIDE))
    assert np.mean(inside) >= 0.85


@pytest.mark.parametrize("read", ["index", "name", "order", "count"])
def test_a_postprocess_gets_each_output_once(read: str) -> None:
    image = ops.parameter([1, 3, 16, 16], np.float32)
    scores = ops.reduce_mean(image, ops.constant([2, 3]), False)
    model = ov.Model([ops.result(ops.negative(scores)), ops.result(scores)], [image], "two outputs")
    for port, name in zip(model.outputs, ("other", "logits"), strict=True):
        port.get_tensor().set_names({name})
    ways: dict[str, Callable[[Mapping[Any, Any]], Any]] = {
        "index": lambda x: x[1],
        "name": lambda x: x["logits"],
        "order": lambda x: list(x.values())[1],
        "count": lambda x: x[len(x) - 1],
    }
    method = RISE(model, ways[read])
    method.generate_saliency_map(np.full((1, 3, 16, 16), 2, np.float32), [0], num_masks=2)
    assert method.predictions[0].score == pytest.approx(2, rel=1e-2)


def test_bytes_for_a_model_of_real_numbers_are_not_rounded_under_masks() -> None:
    small = np.random.default_rng(0).integers(0, 2, (1, 3, 16, 16), np.uint8)
    bytes_, reals = (
        RISE(looks_at(1, 2), first).generate_saliency_map(one, [0], num_masks=100)[0]
        for one in (small, small.astype(np.float32))
    )
    np.testing.assert_array_equal(bytes_, reals)
