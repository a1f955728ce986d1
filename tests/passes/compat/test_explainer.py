"""The Explainer with the types and texts of errors that callers know."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.scenes import make_scene
from ovxai_tools.demo.shapes import LABELS, make_picture

import ovxai_passes.compat as xai
from ovxai_passes.compat.common.utils import has_xai
from ovxai_passes.compat.explainer import ExplainMode, Explanation, Layout
from ovxai_passes.compat.explainer.explanation import (
    COLOR_MAPPED_LAYOUTS,
    GRAY_LAYOUTS,
    MULTIPLE_MAP_LAYOUTS,
    ONE_MAP_LAYOUTS,
)
from ovxai_passes.compat.explainer.utils import get_postprocess_fn, get_preprocess_fn
from ovxai_passes.compat.methods.black_box.base import BlackBoxXAIMethod, Preset
from ovxai_passes.compat.methods.white_box.recipro_cam import ReciproCAM
from ovxai_passes.explainer import get_detection_postprocess_fn

CNN = demo.model_path("demo:cnn")
DETECTOR = demo.model_path("demo:detector")
PREPARE = get_preprocess_fn(False, (64, 64), hwc_to_chw=True)
PREPARE_SCENE = get_preprocess_fn(hwc_to_chw=True)
PICTURE = make_picture(1_000_000).pixels
CLASSIFICATION, DETECTION = xai.Task.CLASSIFICATION, xai.Task.DETECTION


@pytest.mark.parametrize("mode", list(ExplainMode))
@pytest.mark.parametrize("augmented", [False, True])
def test_each_mode_takes_options_of_black_boxes(mode: ExplainMode, augmented: bool) -> None:
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    model = ov.Core().read_model(CNN)
    model = xai.insert_xai(model, CLASSIFICATION) if augmented else model
    explainer = xai.Explainer(model, CLASSIFICATION, PREPARE, get_postprocess_fn(), mode)
    explanation = explainer(PICTURE, targets=[1, 4], label_names=LABELS, preset=Preset.SPEED)
    assert len(explanation.saliency_map) == 2
    assert isinstance(explanation, Explanation)
    assert isinstance(explainer.method, BlackBoxXAIMethod if mode is ExplainMode.BLACKBOX else ReciproCAM)


def test_a_layer_that_is_not_there() -> None:
    options: dict[str, Any] = {"target_layer": "some_wrong_name", "preprocess_fn": PREPARE}
    with pytest.raises(ValueError, match=r"^Postprocess function has to be provided for the black-box mode\.$"):
        xai.Explainer(CNN, CLASSIFICATION, **options)
    with pytest.raises(RuntimeError, match=r"Failed to insert XAI into the model -> (.|\n)*Try to use black-box\."):
        xai.Explainer(CNN, CLASSIFICATION, explain_mode=ExplainMode.WHITEBOX, **options)
    found = xai.Explainer(CNN, CLASSIFICATION, postprocess_fn=get_postprocess_fn(), **options)
    assert isinstance(found.method, BlackBoxXAIMethod)


def test_a_black_box_that_finds_nothing_to_read() -> None:
    with pytest.raises(ValueError, match="Postprocess function has to be provided"):
        xai.Explainer(CNN, DETECTION, explain_mode=ExplainMode.BLACKBOX)


def test_methods_that_a_mode_does_not_know() -> None:
    with pytest.raises(RuntimeError, match=r"Requested explanation method Method\.RISE is not implemented"):
        xai.Explainer(CNN, CLASSIFICATION, explain_mode=ExplainMode.WHITEBOX, explain_method=xai.Method.RISE)
    explainer = xai.Explainer(CNN, CLASSIFICATION, PREPARE, get_postprocess_fn(), explain_method=xai.Method.RISE)
    assert len(explainer(PICTURE, num_masks=2).saliency_map) == 8
    assert explainer.create_method(ExplainMode.BLACKBOX, CLASSIFICATION) is not explainer.method
    with pytest.raises(ValueError, match="takes one of"):
        explainer.create_method("grey box", CLASSIFICATION)  # type: ignore[arg-type]


def test_boxes_of_a_detector_where_no_layer_is_named() -> None:
    read = get_detection_postprocess_fn("yolo")
    assert isinstance(xai.Explainer(DETECTOR, DETECTION, PREPARE_SCENE, read).method, BlackBoxXAIMethod)
    white = xai.Explainer(DETECTOR, DETECTION, PREPARE_SCENE, read, ExplainMode.WHITEBOX)
    assert white(make_scene(1_000_000).pixels, targets=[0], overlay=True).shape == (96, 96, 3)


def test_what_is_no_model_is_a_value_error() -> None:
    models: tuple[Any, ...] = (b"model", {}, None)
    for model in models:
        for mode in ExplainMode:
            with pytest.raises(ValueError, match=r"model is an openvino\.Model"):
                xai.Explainer(model, CLASSIFICATION, explain_mode=mode)
    with pytest.raises(ValueError, match="takes one of"):
        xai.Explainer(CNN, 3)  # type: ignore[arg-type]


def test_a_missing_file_is_what_openvino_says(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        xai.Explainer(tmp_path / "model.xml", CLASSIFICATION)


def test_no_scaling_may_be_none() -> None:
    raw = xai.Explainer(CNN, CLASSIFICATION, PREPARE, embed_scaling=None)  # type: ignore[arg-type]
    assert raw(PICTURE, resize=False, colormap=False).saliency_map[0].dtype == np.float32
    again = raw(PICTURE, resize=False, colormap=False, embed_scaling=True)
    assert again.saliency_map[0].dtype == np.uint8


def test_insertion_with_options_of_transformers(caplog: pytest.LogCaptureFixture) -> None:
    vit = ov.Core().read_model(demo.model_path("demo:vit"))
    with caplog.at_level(logging.INFO, "ovxai_passes"):
        model = xai.insert_xai(
            vit, CLASSIFICATION, xai.Method.VITRECIPROCAM, use_gaussian=False, cls_token=True, final_norm=True
        )
        assert xai.insert_xai(model, CLASSIFICATION, xai.Method.ACTIVATIONMAP) is model
    assert "option cls_token has no effect" in caplog.text
    assert "is returned as it is" in caplog.text
    assert has_xai(model)
    assert not has_xai(vit)


def test_layouts_are_grouped() -> None:
    assert GRAY_LAYOUTS | COLOR_MAPPED_LAYOUTS == MULTIPLE_MAP_LAYOUTS | ONE_MAP_LAYOUTS == set(Layout)
    assert {Layout.ONE_MAP_PER_IMAGE_GRAY} == GRAY_LAYOUTS & ONE_MAP_LAYOUTS


def test_explanations_of_arrays() -> None:
    maps = np.zeros((1, 4, 5, 5), np.uint8)
    assert Explanation(maps, [0, 2], CLASSIFICATION).total_num_targets == 4
    assert Explanation({0: maps[0, 0]}, -1, CLASSIFICATION).total_num_targets is None
    for wrong in (np.zeros((0, 4, 5, 5)), np.zeros((2, 4, 5, 5))):
        with pytest.raises(RuntimeError, match="of one picture and not empty"):
            Explanation(wrong, -1, CLASSIFICATION)
    for value in (None, np.zeros((1, 5))):
        with pytest.raises(ValueError, match="saliency_map is an array"):
            Explanation(value, -1, CLASSIFICATION)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no map of target 4"):
        Explanation(maps, [4], CLASSIFICATION)


def test_plots_say_what_is_left_out(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="pip install 'ovxai-passes[plot]'")
    monkeypatch.setattr(pyplot, "show", lambda: None)
    shown = Explanation(np.zeros((1, 4, 5, 5), np.uint8), [0, 2], CLASSIFICATION, ["a", "b", "c", "d"])
    with caplog.at_level(logging.INFO):
        shown.plot([0, 3])
    assert "Provided class index 3 is not available among saliency maps." in caplog.text
    shown.plot(-1, num_columns=1)
    with pytest.raises(ValueError, match="backend"):
        shown.plot(backend="invalid")
    with pytest.raises(ValueError, match=r"Saliency map expected to be 3 or 2-dimensional, but got 4\."):
        Explanation({0: np.zeros((5, 5, 3, 2), np.uint8)}, 0, CLASSIFICATION).plot()
    pyplot.close("all")
