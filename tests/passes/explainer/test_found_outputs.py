"""Black boxes without postprocess_fn: class scores and boxes are found by what outputs hold."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.scenes import make_scene

import ovxai_passes as xai
from ovxai_passes.explainer import ExplainMode, get_detection_postprocess_fn, get_preprocess_fn
from ovxai_passes.explainer.black_box.running import Postprocess, Runner, class_scores, found_boxes
from ovxai_passes.explainer.found_outputs import postprocess_found

PREPARE = get_preprocess_fn(hwc_to_chw=True)
BOXES = np.array([[[2, 1, 6, 7, 0.9], [0, 0, 4, 4, 0.5]]], np.float32)
LABELS = np.array([[3, 1]], np.int64)
PICTURE = np.zeros((1, 3, 8, 8), np.float32)


def saying(*values: Any, names: tuple[str, ...] = ()) -> ov.Model:
    """A model of a picture [1,3,8,8] that says the same of all of them."""
    image = ops.parameter([1, 3, 8, 8], np.float32, name="image")
    nothing = ops.multiply(ops.reduce_sum(image, np.array([0, 1, 2, 3])), np.float32(0))
    results = []
    for place, value in enumerate(values):
        constant = ops.constant(np.asarray(value))
        added = ops.convert_like(nothing, constant)
        result = ops.result(ops.add(constant, added))
        result.output(0).get_tensor().set_names({names[place] if names else f"out{place}"})
        results.append(result)
    return ov.Model(results, [image], "saying")


def said(model: ov.Model, read: Postprocess) -> Any:
    return Runner(model, read, "CPU").one(PICTURE)


def test_scores_of_a_classifier_are_shares(picture: Any, caplog: pytest.LogCaptureFixture) -> None:
    model = xai.read_model(demo.model_path("demo:cnn"))
    with caplog.at_level(logging.WARNING, "ovxai_passes"):
        read = postprocess_found(model, xai.Task.CLASSIFICATION)
    assert caplog.records[0].message == "no postprocess_fn: the scores of 8 classes are read from output logits"
    scores = class_scores(Runner(model, read, "CPU").one(PREPARE(picture)))
    logits = ov.compile_model(model, "CPU")(PREPARE(picture))[0][0]
    np.testing.assert_allclose(scores, np.exp(logits) / np.exp(logits).sum(), rtol=1e-5)


def test_scores_beside_a_map_are_those_of_the_model(picture: Any) -> None:
    explainer = xai.Explainer(
        xai.insert_xai(demo.model_path("demo:cnn")), "classification", PREPARE, explain_mode=ExplainMode.BLACKBOX,
        explain_method="rise",
    )  # fmt: skip
    assert len(explainer(picture, num_masks=5).targets) == 8


LAYOUTS = {
    "one": saying(BOXES, LABELS),
    "one, without batch": saying(BOXES[0], LABELS[0].astype(np.int32)),
    "labels first": saying(LABELS, BOXES),
    "apart": saying(BOXES[0, :, :4], LABELS[0], BOXES[0, :, 4]),
    "apart, with masks": saying(BOXES[0, :, :4], LABELS[0], BOXES[0, :, 4], np.zeros((2, 1, 8, 8), np.float32)),
    "detection output": saying(
        np.array([[[[0, 3, 0.9, 0.25, 0.125, 0.75, 0.875], [0, 1, 0.5, 0, 0, 0.5, 0.5], [-1] + [0] * 6]]], np.float32)
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_boxes_are_told_by_the_shapes_of_outputs(layout: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "ovxai_passes"):
        read = postprocess_found(LAYOUTS[layout], xai.Task.DETECTION)
    assert caplog.records[0].message.startswith("no postprocess_fn: boxes are read from output out")
    boxes, scores, labels = found_boxes(said(LAYOUTS[layout], read))
    np.testing.assert_allclose(boxes, BOXES[0, :, :4])
    np.testing.assert_allclose(scores, [0.9, 0.5], rtol=1e-6)
    np.testing.assert_array_equal(labels, [3, 1])


def test_yolo_is_read_as_by_its_function() -> None:
    model = xai.read_model(demo.model_path("demo:detector"))
    scene = PREPARE(make_scene(1_000_000).pixels)
    ways = (postprocess_found(model, xai.Task.DETECTION), get_detection_postprocess_fn("yolo"))
    for found, wanted in zip(*(found_boxes(Runner(model, way, "CPU").one(scene)) for way in ways), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_coefficients_of_masks_are_no_classes() -> None:
    rows = np.zeros((1, 4 + 2 + 3, 12), np.float32)
    rows[0, :6, 5] = (4, 4, 2, 4, 0.1, 0.8)
    rows[0, 6:] = 5  # coefficients are no shares
    model = saying(rows, np.zeros((1, 3, 4, 4), np.float32))
    boxes, scores, labels = found_boxes(said(model, postprocess_found(model, xai.Task.DETECTION)))
    np.testing.assert_allclose(boxes, [[3, 2, 5, 6]])
    np.testing.assert_allclose(scores, [0.8])
    np.testing.assert_array_equal(labels, [1])


@pytest.mark.parametrize(
    "model",
    [
        saying(np.zeros((1, 3549, 85), np.float32)),
        saying(np.zeros((1, 85, 22, 22), np.float32)),
        saying(np.zeros((1, 84, 300), np.int32)),
        saying(BOXES),
        saying(BOXES[0, :, :4], BOXES[0, :, 4]),
    ],
)
def test_other_layouts_are_an_error_that_says_what_to_give(model: ov.Model) -> None:
    with pytest.raises(xai.OptionError, match="no output of the model holds boxes in a known layout: give postproc"):
        postprocess_found(model, xai.Task.DETECTION)


def test_no_scores_are_an_error_that_says_what_to_give() -> None:
    with pytest.raises(xai.OptionError, match="no output of the model holds class scores: give postprocess_fn"):
        postprocess_found(saying(np.zeros((1, 3, 8, 8), np.float32)), xai.Task.CLASSIFICATION)


def test_a_detector_without_a_function(picture: Any) -> None:
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    explainer = xai.Explainer(demo.model_path("demo:detector"), "detection", PREPARE, explain_mode="blackbox")
    explanation = explainer(make_scene(1_000_000).pixels, targets=0, preset="speed")
    assert explanation.predictions is not None
    assert explanation.predictions[0].bounding_box is not None
