"""Class heads are found, and their maps are what numpy makes of the heads' tensors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ovxai_passes as xai
from ovxai_passes.methods.spec import required
from ovxai_passes.ops.precision import F32
from ovxai_passes.reference.class_probability import resized
from ovxai_passes.reference.comparing import worst_difference
from tests.fixtures import detector_graphs as graphs
from tests.fixtures.detector_parts import CLASSES, Known
from tests.support.detectors import SIZE, expected, heads_of, located
from tests.support.running import random_input, run


@pytest.mark.parametrize("family", graphs.FAMILIES, ids=lambda family: family.__name__)
def test_families(family: Callable[[], Known]) -> None:
    known = family()
    found = located(known.model)
    heads = required(found.target.grids).heads
    assert heads is not None
    assert (found.report.task, found.report.method) == ("detection", "detclassprobabilitymap")
    assert [level.name for level in found.report.levels] == list(known.heads)
    assert [level.grid for level in found.report.levels] == list(known.grids)
    assert {level.anchors for level in found.report.levels} == {known.anchors}
    assert (found.report.classes, heads.background) == (known.width - known.first, known.background)
    assert heads.activation == known.activation
    image = random_input(known.model)
    saliency = run(found.model, image, name="saliency_map")
    assert worst_difference(saliency, expected(known, image)) <= 1
    assert saliency.dtype == np.float32
    for config in (F32, {}):
        before, after = (ov.compile_model(model, "CPU", config)([image]) for model in (known.model, found.model))
        for place in range(len(known.model.outputs)):
            np.testing.assert_array_equal(before[place], after[place])


@pytest.mark.parametrize("family", [graphs.yolov8, graphs.yolov5, graphs.efficientdet], ids=lambda one: one.__name__)
def test_layers_by_name_give_the_same(family: Callable[[], Known]) -> None:
    known = family()
    image = random_input(known.model)
    found = located(known.model, target_layer=list(known.heads), num_anchors=[known.anchors])
    assert found.report.classes == known.width
    wanted = expected(Known(known.model, known.heads, known.grids, known.anchors, known.width), image)
    assert worst_difference(run(found.model, image, name="saliency_map"), wanted) <= 1


def test_scaled_maps_and_their_sizes() -> None:
    known = graphs.any_batch()
    image = random_input(known.model, 3)
    for asked, size in ((None, SIZE), ((5, 9), (5, 9)), ("largest", (8, 8)), ("middle", (4, 4))):
        model = xai.insert_xai(known.model, saliency_map_size=asked)
        saliency = run(model, image, name="saliency_map")
        assert saliency.shape == (3, CLASSES, *size)
        assert saliency.dtype == np.uint8
        assert (saliency.min((2, 3)) == 0).all()
        assert (saliency.max((2, 3)) == 255).all()
        alone = run(model, image[1:2], name="saliency_map")
        assert np.abs(saliency[1:2].astype(int) - alone.astype(int)).max() <= 1


def test_any_size() -> None:
    known = graphs.yolov8(None)
    found = located(known.model)
    assert "grids of levels are those of a picture of 224 x 224" in found.report.notices
    rng = np.random.default_rng(0)
    for height, width in ((32, 32), (48, 80)):
        image = rng.standard_normal((2, 3, height, width)).astype(np.float32)
        still = known.model.clone()
        still.reshape(image.shape)
        grids = tuple((height // cells, width // cells) for cells in (4, 8))
        wanted = expected(Known(still, known.heads, grids), image)
        assert worst_difference(run(found.model, image, name="saliency_map"), wanted) <= 1
    for method, asked in (("activationmap", None), ("detclassprobabilitymap", "largest")):
        with pytest.raises(xai.OvxaiError, match="size"):
            located(known.model, method=method, saliency_map_size=asked)


def test_shapes_that_do_not_go_together() -> None:
    model = graphs.yolov5().model
    model.reshape([1, 3, -1, -1])
    with pytest.raises(xai.TargetNotFoundError, match="no consistent shapes yet"):
        located(model)


@pytest.mark.parametrize("classes", [1, 2, 4, 21, 80])
@pytest.mark.parametrize(
    "family", [graphs.yolox, graphs.yolov5, graphs.yolov8_of, graphs.atss], ids=lambda one: one.__name__
)
def test_any_number_of_classes(family: Callable[[int], Known], classes: int) -> None:
    known = family(classes)
    found = located(known.model)
    assert [level.name for level in found.report.levels] == list(known.heads)
    assert found.report.classes == classes
    image = random_input(known.model)
    assert worst_difference(run(found.model, image, name="saliency_map"), expected(known, image)) <= 1


def test_objectness_weighs_the_scores() -> None:
    known = graphs.yolov5()
    image = random_input(known.model)
    maps = []
    for head in heads_of(known, image):
        shares = 1 / (1 + np.exp(-head))
        maps.append(resized((shares[:, :, 5:] * shares[:, :, 4:5]).max(1), SIZE))
    mean = sum(maps) / len(maps)
    wanted = np.exp(mean) / np.exp(mean).sum(1, keepdims=True)
    found = located(known.model, objectness=True)
    assert worst_difference(run(found.model, image, name="saliency_map"), wanted.astype(np.float32)) <= 1
    for known in (graphs.yolox(), graphs.yolov4()):
        plain, weighed = (located(known.model, objectness=weigh) for weigh in (False, True))
        maps = [run(found.model, image, name="saliency_map") for found in (plain, weighed)]
        assert worst_difference(maps[1], maps[0]) > 10
    with pytest.raises(xai.OptionError, match="none beside them"):
        located(graphs.yolov8().model, objectness=True)


def test_the_background() -> None:
    known = graphs.ssd_otx()
    image = random_input(known.model)
    found = located(known.model)
    assert found.report.chosen == (0, 1, 2, 3, 4)
    assert any("class 5 is the background" in notice for notice in found.report.notices)
    kept = located(known.model, keep_background=True)
    whole = Known(known.model, known.heads, known.grids, known.anchors, known.width)
    assert worst_difference(run(kept.model, image, name="saliency_map"), expected(whole, image)) <= 1
    first = located(known.model, background=0)
    assert first.report.chosen == (1, 2, 3, 4, 5)
    with pytest.raises(xai.OptionError, match="is the background"):
        located(known.model, classes=[5])
    with pytest.raises(xai.OptionError, match="numbered from 0 to 5"):
        located(known.model, background=6)


def test_some_classes() -> None:
    known = graphs.ssd_otx()
    image = random_input(known.model)
    every = run(located(known.model).model, image, name="saliency_map")
    some = located(known.model, classes=[3, 1])
    assert some.report.chosen == (3, 1)
    np.testing.assert_allclose(run(some.model, image, name="saliency_map"), every[:, [3, 1]], rtol=1e-6)


def test_the_story_says_why() -> None:
    report = located(graphs.yolox().model).report
    assert report.story[0].startswith("task detection: classes are scored at the places of 2 grids")
    assert any("box0, box1: grids 8x8 4x4, 4 values" in line and "boxes" in line for line in report.story)
    given = located(graphs.yolox().model, task="detection").report
    assert given.story[0] == "task detection: given"


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 30), st.integers(1, 30))
@settings(max_examples=20, deadline=None)
def test_the_resize_is_bilinear_between_middles(height: int, width: int, rows: int, columns: int) -> None:
    torch = pytest.importorskip("torch", reason="the reference is PyTorch's: pip install 'ovxai-passes[zoo]'")
    maps = np.random.default_rng(height * 10 + width).normal(size=(1, 2, height, width))
    wanted = torch.nn.functional.interpolate(torch.from_numpy(maps), (rows, columns), mode="bilinear").numpy()
    np.testing.assert_allclose(resized(maps, (rows, columns)), wanted, atol=1e-9)
