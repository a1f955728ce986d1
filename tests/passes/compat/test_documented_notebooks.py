"""What openvino_xai's notebooks and examples do, with the import changed alone.

The models are the demo's, and so are pictures, class names and targets. `cv2.imread` and `cv2.resize` are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import openvino as ov
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.scenes import make_scene

import ovxai_passes.compat as xai
from ovxai_passes.compat.common.utils import logger
from ovxai_passes.compat.explainer import ExplainMode
from ovxai_passes.compat.methods.black_box.base import Preset
from tests.passes.compat.pipeline import NAMES, need, preprocess_fn


def test_notebook_visualization(model: ov.Model, image: Any) -> None:
    explainer = xai.Explainer(model=model, task=xai.Task.CLASSIFICATION)
    prepared = preprocess_fn(image)
    shown = explainer(prepared, targets=[3], overlay=True, original_input_image=image)
    plain = explainer(prepared, targets=[3], overlay=False)
    raw = explainer(prepared, targets=[3], resize=False, colormap=False)
    assert (shown.shape, plain.shape, len(raw.shape)) == ((64, 64, 3), (64, 64, 3), 2)
    for targets in (-1, None):
        assert len(explainer(prepared, targets=targets).targets) == 8


def test_notebook_white_box_with_a_named_layer(model: ov.Model, image: Any) -> None:
    found = xai.insert_xai(model, xai.Task.CLASSIFICATION).get_rt_info(["ovxai", "target"]).astype(str)
    model_xai = xai.insert_xai(
        model,
        task=xai.Task.CLASSIFICATION,
        explain_method=xai.Method.RECIPROCAM,
        target_layer=found,
        embed_scaling=True,
    )
    assert "saliency_map" in model_xai.outputs[-1].get_names()
    explainer = xai.Explainer(
        model=model,
        task=xai.Task.CLASSIFICATION,
        preprocess_fn=preprocess_fn,
        explain_mode=ExplainMode.AUTO,
        explain_method=xai.Method.RECIPROCAM,
        target_layer=found,
        embed_scaling=True,
    )
    explanation = explainer(image, targets=[NAMES[3], NAMES[5]], label_names=NAMES)
    assert explanation.targets == [3, 5]


def test_notebook_activation_map(model: ov.Model, image: Any) -> None:
    explainer = xai.Explainer(
        model=model,
        task=xai.Task.CLASSIFICATION,
        preprocess_fn=preprocess_fn,
        explain_mode=ExplainMode.WHITEBOX,
        explain_method=xai.Method.ACTIVATIONMAP,
    )
    explanation = explainer(image, overlay=True)
    assert explanation.saliency_map["per_image_map"].shape == (64, 64, 3)


def test_notebook_black_boxes(model: ov.Model, image: Any) -> None:
    need("scipy", "blackbox")
    for method, options in ((xai.Method.RISE, {"num_masks": 10}), (None, {"preset": Preset.SPEED})):
        explainer = xai.Explainer(
            model=model,
            task=xai.Task.CLASSIFICATION,
            preprocess_fn=preprocess_fn,
            postprocess_fn=lambda x: x[0],
            explain_mode=ExplainMode.BLACKBOX,
            explain_method=method,
        )
        explanation = explainer(image, targets=3, overlay=True, **options)
        assert explanation.targets == [3]


def test_examples_of_classifiers(model: ov.Model, image: Any) -> None:
    explainer = xai.Explainer(model=model, task=xai.Task.CLASSIFICATION, preprocess_fn=preprocess_fn)
    explanations = [explainer(one, targets=[4]) for one in [image] * 3]
    logger.info("Generated %s maps of layout %s", len(explanations), explanations[0].layout)
    vit = ov.Core().read_model(demo.model_path("demo:vit"))
    explainer = xai.Explainer(
        model=vit,
        task=xai.Task.CLASSIFICATION,
        preprocess_fn=preprocess_fn,
        explain_mode=ExplainMode.WHITEBOX,
        explain_method=xai.Method.VITRECIPROCAM,
    )
    assert explainer(image, targets=[0, 1, 2, 3, 4]).targets == [0, 1, 2, 3, 4]


def test_examples_of_detectors() -> None:
    need("scipy", "blackbox")
    detector = ov.Core().read_model(demo.model_path("demo:detector"))
    levels = xai.insert_xai(detector, xai.Task.DETECTION).get_rt_info(["ovxai", "levels"]).astype(str)
    scene = make_scene(1_000_000).pixels
    explainer = xai.Explainer(
        model=detector,
        task=xai.Task.DETECTION,
        preprocess_fn=preprocess_fn,
        explain_mode=ExplainMode.WHITEBOX,
        target_layer=[level.rpartition(":")[0] for level in levels.split(" ")],
        saliency_map_size=(23, 23),
    )
    assert explainer(scene, targets=[0, 1, 2], overlay=True).shape == (96, 96, 3)

    def boxes(x: Mapping[Any, Any]) -> Any:
        found = x["detections"].transpose(0, 2, 1)
        middles, sizes, scores = found[..., :2], found[..., 2:4] / 2, found[..., 4:]
        corners = np.concatenate([middles - sizes, middles + sizes], -1)
        order = np.argsort(-scores.max(-1))[:, :5]
        return corners[:, order[0]], scores.max(-1)[:, order[0]], scores.argmax(-1)[:, order[0]]

    explainer = xai.Explainer(
        model=detector,
        task=xai.Task.DETECTION,
        preprocess_fn=preprocess_fn,
        postprocess_fn=boxes,
        explain_mode=ExplainMode.BLACKBOX,
    )
    explanation = explainer(scene, targets=[0], overlay=True, preset=Preset.SPEED)
    assert explanation.shape == (96, 96, 3)
