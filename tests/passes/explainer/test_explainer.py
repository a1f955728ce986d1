"""What the documentation of openvino_xai shows runs with another import."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.scenes import make_scene
from ovxai_tools.demo.shapes import LABELS

import ovxai_passes as xai
from ovxai_passes.explainer import (
    ActivationType,
    ExplainMode,
    Explanation,
    Layout,
    colormap,
    get_detection_postprocess_fn,
    get_postprocess_fn,
    get_preprocess_fn,
    overlay,
    resize,
)
from ovxai_passes.explainer.utils import get_score
from tests.fixtures import detector_graphs
from tests.support.running import run

CNN = demo.model_path("demo:cnn")
PREPARE = get_preprocess_fn(hwc_to_chw=True)
SCORES = get_postprocess_fn("logits", ActivationType.SOFTMAX)


def test_a_model_may_be_a_path_or_a_model(picture: Any, tmp_path: Path) -> None:
    model = ov.Core().read_model(CNN)
    for one in (model, str(CNN), CNN):
        explanation = xai.Explainer(one, task=xai.Task.CLASSIFICATION, preprocess_fn=PREPARE)(picture)
        assert explanation.targets == list(range(8))
        assert explanation.shape == (64, 64, 3)
        assert explanation.layout is Layout.MULTIPLE_MAPS_PER_IMAGE_COLOR


def test_pictures_that_are_prepared_already(picture: Any, explainer: xai.Explainer) -> None:
    wanted = explainer(picture, targets=[0, 3]).saliency_map
    bare = xai.Explainer(CNN, xai.Task.CLASSIFICATION)
    for data in (PREPARE(picture), PREPARE(picture)[0]):
        found = bare(data, targets=[0, 3]).saliency_map
        assert list(found) == [0, 3]
        np.testing.assert_array_equal(found[3], wanted[3])


@pytest.mark.parametrize("targets", [3, "star", [3], ["star"], np.array([3]), np.array(["star"])], ids=str)
def test_targets_by_number_and_by_name(picture: Any, explainer: xai.Explainer, targets: Any) -> None:
    explanation = explainer(picture, targets=targets, label_names=list(LABELS))
    assert explanation.targets == [3]
    assert explanation.name_of(3) == "star"


def test_targets_that_are_not_there(picture: Any, explainer: xai.Explainer) -> None:
    for targets, said in (
        ([8], "there is no map of target 8: there are maps of 8 targets, 0 to 7"),
        (["cat"], "'cat' not in label_names"),
        ([1.5], "indices or names"),
        ([], "an index, a name, or a list"),
    ):
        with pytest.raises(xai.OptionError, match=said):
            explainer(picture, targets=targets, label_names=list(LABELS))


def test_targets_by_the_names_that_the_model_says(picture: Any, explainer: xai.Explainer) -> None:
    assert explainer(picture, targets="star").targets == [3]
    nameless = ov.Core().read_model(CNN)
    del nameless.rt_info["model_info"]
    with pytest.raises(xai.OptionError, match="label_names is needed"):
        xai.Explainer(nameless, xai.Task.CLASSIFICATION, PREPARE)(picture, targets="star")


def test_every_option_of_a_white_box(picture: Any) -> None:
    explainer = xai.Explainer(
        CNN,
        task=xai.Task.CLASSIFICATION,
        preprocess_fn=PREPARE,
        explain_mode=ExplainMode.WHITEBOX,
        explain_method=xai.Method.RECIPROCAM,
        target_layer=None,
        embed_scaling=True,
        device_name="CPU",
    )
    explanation = explainer(
        picture,
        targets=[0],
        original_input_image=picture,
        label_names=list(LABELS),
        output_size=(40, 50),
        scaling=False,
        resize=True,
        colormap=True,
        overlay=True,
        overlay_weight=0.3,
        overlay_prediction=True,
    )
    assert explanation.shape == (40, 50, 3)
    raw = explainer(picture, targets=0, resize=False, colormap=False)
    expected = run(xai.insert_xai(CNN), PREPARE(picture), name="saliency_map", config={})
    np.testing.assert_array_equal(raw.saliency_map[0], expected[0, 0])
    logits = explainer.model_forward(picture)["logits"]
    assert logits.shape == (1, 8)
    assert get_score(logits, 2, ActivationType.SOFTMAX) == pytest.approx(float(SCORES({"logits": logits})[0, 2]))


def test_options_of_methods(picture: Any) -> None:
    vit = demo.model_path("demo:vit")
    shown = [
        xai.Explainer(vit, xai.Task.CLASSIFICATION, PREPARE, **options)(
            picture, targets=0, resize=False, colormap=False
        )
        for options in ({"use_gaussian": False}, {"mask": "onehot"}, {"k": 1, "cls_token": True}, {})
    ]
    maps = [explanation.saliency_map[0] for explanation in shown]
    np.testing.assert_array_equal(maps[0], maps[1])
    np.testing.assert_array_equal(maps[2], maps[3])
    assert not np.array_equal(maps[0], maps[2])
    best = xai.Explainer(vit, xai.Task.CLASSIFICATION, PREPARE, top_k=2)(picture)
    assert len(best.targets) == 2
    chosen = xai.Explainer(vit, xai.Task.CLASSIFICATION, PREPARE, classes=[5, 1])(picture, targets=[5])
    assert chosen.targets == [5]


def test_one_map_for_all_classes(picture: Any, tmp_path: Path) -> None:
    explainer = xai.Explainer(CNN, xai.Task.CLASSIFICATION, PREPARE, explain_method=xai.Method.ACTIVATIONMAP)
    explanation = explainer(picture, targets=[0, 1])
    assert explanation.targets == ["per_image_map"]
    assert explanation.layout is Layout.ONE_MAP_PER_IMAGE_COLOR
    pytest.importorskip("PIL", reason="maps are saved by Pillow: pip install 'ovxai-passes[image]'")
    explanation.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["activation_map.jpg"]


def test_auto_falls_back_to_a_black_box(picture: Any, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    model = _no_grid()
    with pytest.raises(
        xai.OptionError, match=r"no layer 'flat'(.|\n)*give postprocess_fn(.|\n)*or leave target_layer out"
    ):
        xai.Explainer(model, xai.Task.CLASSIFICATION, target_layer="flat")
    with pytest.raises(xai.TargetNotFoundError):
        xai.Explainer(model, xai.Task.CLASSIFICATION, explain_mode=ExplainMode.WHITEBOX)
    with caplog.at_level(logging.WARNING, "ovxai_passes"):
        explainer = xai.Explainer(model, xai.Task.CLASSIFICATION, postprocess_fn=lambda x: x[0])
    assert "no white-box explanation" in caplog.text
    data = np.random.default_rng(0).uniform(0, 1, (1, 3, 8, 8)).astype(np.float32)
    explanation = explainer(data, targets=[1], preset="speed")
    assert explanation.targets == [1]
    assert explanation.predictions is not None
    assert explanation.predictions[1].score is not None


def _no_grid() -> ov.Model:
    """A classifier that flattens the picture at once."""
    image = ops.parameter([1, 3, 8, 8], np.float32)
    weights = np.random.default_rng(0).normal(size=(192, 4)).astype(np.float32)
    flat = ops.reshape(image, ops.constant([1, 192]), False)
    return ov.Model(
        [ops.result(ops.softmax(ops.matmul(flat, ops.constant(weights), False, False), 1))], [image], "flat"
    )


def test_black_boxes_by_mode_and_by_method(picture: Any) -> None:
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    for options in (
        {"explain_mode": ExplainMode.BLACKBOX},
        {"explain_mode": ExplainMode.BLACKBOX, "explain_method": xai.Method.RISE},
        {"explain_method": xai.Method.AISE},
    ):
        explainer = xai.Explainer(CNN, xai.Task.CLASSIFICATION, PREPARE, SCORES, **options)
        few = {"num_masks": 20} if options.get("explain_method") is xai.Method.RISE else {"preset": "speed"}
        explanation = explainer(picture, targets=["star"], label_names=list(LABELS), overlay=True, **few)
        assert explanation.targets == [3]
        assert explanation.shape == (64, 64, 3)
    with pytest.raises(xai.OptionError, match="is a black-box method"):
        xai.Explainer(CNN, xai.Task.CLASSIFICATION, explain_mode="whitebox", explain_method="rise")
    with pytest.raises(xai.OptionError, match="no black-box method 'reciprocam'"):
        xai.Explainer(CNN, "classification", PREPARE, SCORES, explain_mode="blackbox", explain_method="reciprocam")


def test_detectors_white_box_and_black_box() -> None:
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    model = demo.model_path("demo:detector")
    scene = make_scene(1_000_000).pixels
    white = xai.Explainer(model, xai.Task.DETECTION, PREPARE)(
        scene, targets=[0], overlay=True, label_names=list(LABELS)
    )
    assert white.shape == (96, 96, 3)
    named = xai.Explainer(model, xai.Task.DETECTION, PREPARE)(scene, targets=["star"], label_names=list(LABELS))
    assert (named.targets, named.name_of(3)) == ([3], "star")
    explainer = xai.Explainer(
        model, xai.Task.DETECTION, PREPARE, get_detection_postprocess_fn("yolo"), explain_mode=ExplainMode.BLACKBOX
    )
    black = explainer(scene, targets=0, overlay=True, label_names=list(LABELS), preset="speed")
    assert black.targets == [0]
    assert black.predictions is not None
    assert black.predictions[0].bounding_box is not None
    assert black.name_of(0) == "0"
    with pytest.raises(xai.OptionError, match="boxes of a detector go by number"):
        explainer(scene, targets="star", label_names=list(LABELS), preset="speed")
    by_name = xai.Explainer(
        detector_graphs.yolov8().model, xai.Task.DETECTION, target_layer=["cls0", "cls1"], saliency_map_size=(5, 6)
    )
    data = np.zeros((1, 3, 32, 32), np.float32)
    assert by_name(data, resize=False, colormap=False).shape == (5, 6)


def test_boxes_lie_where_they_are_told_on_any_picture() -> None:
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    pytest.importorskip("PIL", reason="boxes are drawn by Pillow: pip install 'ovxai-passes[image]'")
    scene = make_scene(1_000_000).pixels
    explainer = xai.Explainer(
        demo.model_path("demo:detector"),
        xai.Task.DETECTION,
        postprocess_fn=get_detection_postprocess_fn("yolo"),
        explain_mode=ExplainMode.BLACKBOX,
    )
    large = np.zeros((192, 384, 3), np.uint8)
    explanation = explainer(PREPARE(scene), targets=0, original_input_image=large, overlay=True, preset="speed")
    assert explanation.predictions is not None
    box = explanation.predictions[0].bounding_box
    assert box is not None
    rows, columns = np.nonzero((explanation.saliency_map[0] == (255, 0, 0)).all(-1))
    assert abs(columns.max() - 4 * box[2]) <= 3
    assert abs(rows.max() - 2 * box[3]) <= 3


def test_a_detector_that_finds_nothing() -> None:
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    for method in (xai.Method.AISE, xai.Method.RISE):
        explainer = xai.Explainer(
            demo.model_path("demo:detector"),
            "detection",
            PREPARE,
            get_detection_postprocess_fn("yolo"),
            "blackbox",
            method,
        )
        explanation = explainer(np.zeros((96, 96, 3), np.uint8), preset="speed", overlay=True)
        assert (explanation.targets, explanation.shape) == ([], ())


def test_what_an_explainer_does_not_take(picture: Any, explainer: xai.Explainer) -> None:
    for options, said in (
        ({"presett": "speed"}, "there is no option 'presett'(.*)preset"),
        ({"overlay": True, "overlay_weight": 2}, "between 0 and 1"),
        ({"output_size": (0, 4)}, "height, width"),
        ({"output_size": 20}, "height, width"),
    ):
        with pytest.raises(xai.OptionError, match=said):
            explainer(picture, **options)
    for options in ({"explain_mode": "grey box"}, {"explain_method": "scorecam"}):
        with pytest.raises(xai.OptionError, match="takes one of"):
            xai.Explainer(CNN, "classification", **options)
    with pytest.raises(xai.OptionError, match="1 label for the model's 8 classes"):
        explainer(picture, label_names=["cat"], overlay=True)
    four = np.concatenate([picture, picture[..., :1]], -1)
    assert explainer(picture, original_input_image=four, overlay=True).shape == (64, 64, 3)


def test_insertion_and_a_pipeline_of_ones_own(picture: Any) -> None:
    model = xai.insert_xai(ov.Core().read_model(CNN), task=xai.Task.CLASSIFICATION)
    results = ov.compile_model(model, "CPU")(PREPARE(picture))
    explanation = Explanation(results["saliency_map"], [0], xai.Task.CLASSIFICATION)
    shown = overlay(colormap(resize(explanation.saliency_map[0], (64, 64))), picture)
    assert shown.shape == (64, 64, 3)
    assert shown.dtype == np.uint8


def test_the_helper_is_imported_when_it_is_asked_for() -> None:
    code = "import sys, ovxai_passes; print('ovxai_passes.explainer' in sys.modules); ovxai_passes.Explainer"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    with pytest.raises(AttributeError, match="no attribute 'Explanator'"):
        xai.Explanator  # noqa: B018  # asked for on purpose
