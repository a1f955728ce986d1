"""Class heads are found, and their maps are what numpy makes of the heads' tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ovxai_patterns.analysis.graph import ModelGraph

import ovxai_passes as xai
from ovxai_passes.insert import DetectorInsertion, insert_any
from ovxai_passes.model_info.tensor_values import F32, tensors_at
from ovxai_passes.options import Options
from ovxai_passes.reference.classifiers import worst_difference
from ovxai_passes.reference.detectors import resized
from tests.fixtures import detector_graphs as graphs
from tests.fixtures import graphs as classifiers
from tests.support.running import Array, random_input, run

SIZE = (23, 23)


def located(model: ov.Model, **options: Any) -> DetectorInsertion:
    found = insert_any(model, Options.checked(embed_scaling=False, **options))
    assert isinstance(found, DetectorInsertion)
    return found


def heads_of(known: graphs.Known, image: Array) -> list[Array]:
    """The values of a fixture's class heads, [N,anchors,width,h,w]."""
    graph = ModelGraph(known.model)
    named = {node.get_friendly_name(): (place, 0) for place, node in enumerate(graph.ops)}
    values = tensors_at(known.model, [named[name] for name in known.heads], [image])
    planes = [
        value if value.shape[2:] == grid else value.transpose(0, 3, 1, 2)
        for value, grid in zip(values, known.grids, strict=True)
    ]
    return [
        plane.astype(np.float64).reshape(len(plane), known.anchors, known.width, *grid)
        for plane, grid in zip(planes, known.grids, strict=True)
    ]


def expected(known: graphs.Known, image: Array, size: tuple[int, int] = SIZE) -> Array:
    """The raw map by numpy alone, from what is known of the fixture."""
    maps = []
    for head in heads_of(known, image):
        scores = head[:, :, known.first : known.width - known.more].max(1)
        if known.background is not None:
            scores = np.delete(scores, known.background, 1)
        maps.append(resized(scores, size))
    mean = sum(maps) / len(maps)
    if mean.shape[1] == 1:
        return mean
    shares = np.exp(mean - mean.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


@pytest.mark.parametrize("family", graphs.FAMILIES, ids=lambda family: family.__name__)
def test_families(family: Callable[[], graphs.Known]) -> None:
    known = family()
    found = located(known.model)
    heads = found.locate.result.heads
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
def test_layers_by_name_give_the_same(family: Callable[[], graphs.Known]) -> None:
    known = family()
    image = random_input(known.model)
    found = located(known.model, target_layer=list(known.heads), num_anchors=[known.anchors])
    assert found.report.classes == known.width
    wanted = expected(graphs.Known(known.model, known.heads, known.grids, known.anchors, known.width), image)
    assert worst_difference(run(found.model, image, name="saliency_map"), wanted) <= 1


def test_scaled_maps_and_their_sizes() -> None:
    known = graphs.any_batch()
    image = random_input(known.model, 3)
    for asked, size in ((None, SIZE), ((5, 9), (5, 9)), ("largest", (8, 8)), ("middle", (4, 4))):
        model = xai.insert_xai(known.model, saliency_map_size=asked)
        saliency = run(model, image, name="saliency_map")
        assert saliency.shape == (3, graphs.CLASSES, *size)
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
        wanted = expected(graphs.Known(still, known.heads, grids), image)
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
def test_any_number_of_classes(family: Callable[[int], graphs.Known], classes: int) -> None:
    known = family(classes)
    found = located(known.model)
    assert [level.name for level in found.report.levels] == list(known.heads)
    assert found.report.classes == classes
    image = random_input(known.model)
    assert worst_difference(run(found.model, image, name="saliency_map"), expected(known, image)) <= 1


@pytest.mark.parametrize(
    ("outputs", "heads", "anchors"),
    [
        ({"cls": 10, "box": 64}, "cls", 1),
        ({"cls": 27, "box": 36}, "cls", 9),
        ({"cls": 720, "box": 36}, "cls", 9),
        ({"cls": 4, "box": 4}, "cls", 1),
        ({"cls": 4, "box": 4, "ctr": 1}, "cls", 1),
        ({"hm": 1, "wh": 2, "reg": 2}, "hm", 1),
        ({"hm": 80, "wh": 2, "reg": 2}, "hm", 1),
    ],
    ids=str,
)
def test_raw_outputs_are_told_by_how_much_they_say(outputs: dict[str, int], heads: str, anchors: int) -> None:
    found = located(graphs.raw(outputs))
    assert [level.name for level in found.report.levels] == [f"{heads}0", f"{heads}1"]
    assert {level.anchors for level in found.report.levels} == {anchors}
    assert found.report.classes == outputs[heads] // anchors
    assert any("told by how much they say" in notice for notice in found.report.notices)


def test_raw_outputs_that_could_be_either_are_listed() -> None:
    with pytest.raises(xai.TargetNotFoundError) as error:
        located(graphs.raw({"cls": 6, "box": 4, "landmarks": 10}), task="detection", method="detclassprobabilitymap")
    assert "several groups of layers could be class heads" in error.value.reason
    assert any("landmarks0, landmarks1" in line for line in error.value.near_misses)


def test_mask_coefficients_and_keypoints_are_no_classes() -> None:
    for known in (graphs.yolov5_seg(), graphs.yolov8_pose()):
        found = located(known.model, task="detection")
        assert [level.name for level in found.report.levels] == list(known.heads)
        assert found.report.classes == known.width - known.first - known.more
        image = random_input(known.model)
        assert worst_difference(run(found.model, image, name="saliency_map"), expected(known, image)) <= 1


def test_options_that_the_method_has_no_use_for_are_refused() -> None:
    for options in ({"classes": [1]}, {"objectness": True}, {"background": 0}, {"keep_background": True}):
        with pytest.raises(xai.OptionError, match="does not go with method 'activationmap', which this model gets"):
            located(graphs.two_stages(), **options)


def test_maps_that_are_too_large_are_refused_before_they_are_made() -> None:
    for size in ((100_000, 100_000), (10**20, 1)):
        with pytest.raises(xai.TooCostlyError, match=r"take a tensor of .* GiB"):
            located(graphs.yolov8().model, saliency_map_size=size)
    with pytest.raises(xai.TooCostlyError, match="smaller saliency_map_size"):
        located(graphs.yolov8().model, max_tensor_gib=1e-6)


def test_layers_by_name_keep_what_is_known_of_them() -> None:
    found = located(graphs.ssd_otx().model, target_layer=["cls0", "cls1"], num_anchors=2)
    assert found.report.background == 5
    with pytest.raises(xai.TargetNotFoundError, match="named twice"):
        located(graphs.yolov8().model, target_layer=["cls0", "cls0"])


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
    whole = graphs.Known(known.model, known.heads, known.grids, known.anchors, known.width)
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


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"target_layer": "cls"}, "there is no layer 'cls'; did you mean 'cls[01]'"),
        ({"target_layer": ["cls0", "box1"]}, "do not have as many classes"),
        ({"target_layer": ["cls0", "cls1"], "num_anchors": [1, 1, 1]}, "3 numbers of anchors for 2 layers"),
        ({"target_layer": "cls0", "num_anchors": 2}, "5 channels, which are not 2 anchors"),
        (
            {"target_layer": "cls0", "method": "activationmap", "task": "detection", "saliency_map_size": (3, 3)},
            "as large as",
        ),
        ({"method": "instancemasks"}, "does not go with task"),
        ({"top_k": 2}, "'top_k' does not go with task 'detection'"),
        ({"k": 1}, "'k' does not go with task 'detection'"),
    ],
)
def test_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(xai.OvxaiError, match=said):
        xai.insert_xai(graphs.yolov8().model, **{"explain_method": options.pop("method", None), **options})


def test_options_of_detectors_are_refused_for_classifiers() -> None:
    with pytest.raises(xai.OptionError, match="'objectness' does not go with task 'classification'"):
        xai.insert_xai(classifiers.cnn(), objectness=True)
    with pytest.raises(xai.OptionError, match="one target layer"):
        xai.insert_xai(classifiers.cnn(), target_layer=["a", "b"])


def test_two_stages() -> None:
    model = graphs.two_stages()
    image = random_input(model)
    for size, layer, channels in ((None, "coarse", 8), ("largest", "fine", 8)):
        found = located(model, saliency_map_size=size)
        assert (found.report.task, found.report.method) == ("detection", "activationmap")
        assert found.report.target.name == layer
        assert any("two stages" in notice for notice in found.report.notices)
        (feature,) = tensors_at(model, list(found.explain.result.sources), [image])
        assert feature.shape[1] == channels
        np.testing.assert_allclose(run(found.model, image, name="saliency_map"), feature.mean(1), rtol=1e-4, atol=1e-5)
    with pytest.raises(xai.TargetNotFoundError, match="two stages"):
        located(model, method="detclassprobabilitymap")


def test_queries() -> None:
    model = graphs.queries()
    found = located(model)
    assert (found.report.task, found.report.method, found.report.grid) == ("detection", "activationmap", (4, 4))
    assert found.report.target.name == "memory"
    image = random_input(model)
    (memory,) = tensors_at(model, list(found.explain.result.sources)[:1], [image])
    wanted = memory.mean(2).reshape(1, 4, 4)
    np.testing.assert_allclose(run(found.model, image, name="saliency_map"), wanted, rtol=1e-4, atol=1e-5)


def test_an_activation_map_of_one_stage() -> None:
    model = graphs.yolov8().model
    fine = located(model, method="activationmap", saliency_map_size="largest")
    assert fine.report.grid == (8, 8)
    assert fine.report.target.type == "Relu"
    named = located(model, task="detection", method="activationmap", target_layer=fine.report.target.name)
    assert named.report.target == fine.report.target


@pytest.mark.parametrize("classes", [1, 2, 5, 18, 21, 150])
@pytest.mark.parametrize("kind", ["resized", "raw", "softmax", "sigmoid", "two outputs", "best"])
def test_what_segments_is_no_detector(classes: int, kind: str) -> None:
    with pytest.raises(xai.TargetNotFoundError, match="no class scores") as error:
        xai.insert_xai(graphs.segments(classes, kind))
    assert any("taken for task classification (--task): nothing says" in line for line in error.value.near_misses)


def test_what_is_said_to_detect_is_tried_as_a_detector() -> None:
    with pytest.raises(xai.TargetNotFoundError, match="3 anchors of 5 values and classes: name them"):
        located(graphs.segments(5, "raw"), task="detection", method="detclassprobabilitymap")
    assert located(graphs.segments(21, "raw"), task="detection").report.classes == 2


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
