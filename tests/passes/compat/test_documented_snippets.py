"""What openvino_xai's user guide, README, notebooks and examples do, with the import changed alone.

The models are the demo's, and so are pictures, class names and targets. `cv2.imread` and `cv2.resize` are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.scenes import make_scene
from ovxai_tools.demo.shapes import LABELS, make_picture

import ovxai_passes.compat as xai
from ovxai_passes.compat.common.utils import logger
from ovxai_passes.compat.explainer import ExplainMode
from ovxai_passes.compat.explainer.visualizer import colormap, overlay
from ovxai_passes.compat.methods.black_box.base import Preset
from ovxai_passes.compat.metrics import ADCC, InsertionDeletionAUC

CNN = str(demo.model_path("demo:cnn"))
NAMES = list(LABELS)


def preprocess_fn(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    x = x.transpose((2, 0, 1))
    return np.expand_dims(x, 0)


def postprocess_fn(x: Mapping[Any, Any]) -> Any:
    return x["logits"]


def softmax(x: Any) -> Any:
    e_x = np.exp(x - np.max(x))
    return e_x / e_x.sum()


@pytest.fixture
def model() -> ov.Model:
    return ov.Core().read_model(CNN)


@pytest.fixture
def image() -> Any:
    return make_picture(1_000_000).pixels


def need(module: str, extra: str) -> None:
    pytest.importorskip(module, reason=f"pip install 'ovxai-passes[{extra}]'")


def test_user_guide_creating_an_explainer(model: ov.Model, image: Any) -> None:
    for given in (model, CNN):
        explainer = xai.Explainer(model=given, task=xai.Task.CLASSIFICATION)
        explanation = explainer(preprocess_fn(image))
        assert len(explanation.saliency_map) == 8


def test_user_guide_auto_without_preprocess_fn(model: ov.Model, image: Any, tmp_path: Path) -> None:
    explainer = xai.Explainer(model, task=xai.Task.CLASSIFICATION, postprocess_fn=postprocess_fn)
    explanation = explainer(
        preprocess_fn(image),
        targets=[1, 4],
        overlay=True,
        original_input_image=image,
    )
    assert explanation.shape == (64, 64, 3)
    need("PIL", "image")
    explanation.save(tmp_path, "name_")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["name_1.jpg", "name_4.jpg"]


def test_user_guide_auto_with_preprocess_fn(model: ov.Model, image: Any) -> None:
    explainer = xai.Explainer(
        model,
        task=xai.Task.CLASSIFICATION,
        preprocess_fn=preprocess_fn,
        postprocess_fn=postprocess_fn,
    )
    explanation = explainer(image, targets=[1, 4])
    assert explanation.targets == [1, 4]


def test_user_guide_white_box(model: ov.Model, image: Any, tmp_path: Path) -> None:
    explainer = xai.Explainer(
        model,
        task=xai.Task.CLASSIFICATION,
        preprocess_fn=preprocess_fn,
        explain_mode=ExplainMode.WHITEBOX,
    )
    explanation = explainer(
        image,
        embed_scaling=True,
        explain_method=xai.Method.RECIPROCAM,
        label_names=NAMES,
        targets=[3, 5],
        overlay=True,
    )
    assert explanation.shape == (64, 64, 3)
    need("PIL", "image")
    explanation.save(tmp_path, "name_")
    assert {file.name for file in tmp_path.iterdir()} == {f"name_{NAMES[3]}.jpg", f"name_{NAMES[5]}.jpg"}


def test_user_guide_black_box(model: ov.Model, image: Any) -> None:
    need("scipy", "blackbox")
    explainer = xai.Explainer(
        model,
        task=xai.Task.CLASSIFICATION,
        preprocess_fn=preprocess_fn,
        explain_mode=ExplainMode.BLACKBOX,
    )
    explanation = explainer(image, targets=[3], overlay=True)
    assert explanation.predictions is not None
    assert explanation.predictions[3].score is not None


def test_user_guide_insertion(model: ov.Model, image: Any) -> None:
    model_xai: ov.Model = xai.insert_xai(
        model=model,
        task=xai.Task.CLASSIFICATION,
        embed_scaling=True,
        explain_method=xai.Method.RECIPROCAM,
    )
    outputs = ov.compile_model(model_xai, "CPU")(preprocess_fn(image))
    saliency_maps = outputs["saliency_map"].squeeze(0)
    assert saliency_maps.shape[0] == outputs["logits"].shape[1]
    large = xai.Explanation(saliency_maps[None], 3, xai.Task.CLASSIFICATION).saliency_map[3].repeat(8, 0).repeat(8, 1)
    coloured = colormap(large[None, :])
    result_image = overlay(coloured, image)[0]
    assert result_image.shape == (64, 64, 3)


def test_user_guide_plots(model: ov.Model, image: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="pip install 'ovxai-passes[plot]'")
    shown: list[int] = []
    monkeypatch.setattr(pyplot, "show", lambda: shown.append(len(pyplot.gcf().axes)))
    explainer = xai.Explainer(
        model, task=xai.Task.CLASSIFICATION, preprocess_fn=preprocess_fn, explain_mode=ExplainMode.WHITEBOX
    )
    explanation = explainer(image, label_names=NAMES, targets=[3, 5])
    explanation.plot()
    explanation.plot(targets=[3], backend="matplotlib")
    explanation.plot(targets=[NAMES[3]], backend="matplotlib")
    explanation.plot(num_columns=5, backend="matplotlib")
    assert shown == [4, 4, 4, 5]
    pyplot.close("all")


def test_user_guide_saving_with_scores(model: ov.Model, image: Any, tmp_path: Path) -> None:
    need("PIL", "image")
    explainer = xai.Explainer(
        model, task=xai.Task.CLASSIFICATION, preprocess_fn=preprocess_fn, explain_mode=ExplainMode.WHITEBOX
    )
    compiled_model = ov.Core().compile_model(model=model, device_name="AUTO")
    result_infer = softmax(compiled_model(preprocess_fn(image))[0])[0]
    result_idxs = np.argwhere(result_infer > 0.2).flatten()
    result_scores = result_infer[result_idxs]
    scores_dict = dict(zip(result_idxs, result_scores, strict=True))
    explanation = explainer(image, label_names=NAMES, targets=result_idxs)
    explanation.save(tmp_path)
    explanation.save(tmp_path, "image_name_target_")
    explanation.save(tmp_path, postfix="_class_map")
    explanation.save(tmp_path, prefix="image_name_", postfix="_conf_", confidence_scores=scores_dict)
    name, score = NAMES[result_idxs[0]], f"{result_scores[0]:.2f}"
    saved = {file.stem for file in tmp_path.iterdir()}
    assert {name, f"image_name_target_{name}", f"{name}_class_map", f"image_name_{name}_conf_{score}"} <= saved


def test_user_guide_metrics(model: ov.Model, image: Any) -> None:
    explainer = xai.Explainer(
        model,
        task=xai.Task.CLASSIFICATION,
        preprocess_fn=preprocess_fn,
        explain_mode=ExplainMode.WHITEBOX,
        explain_method=xai.Method.RECIPROCAM,
    )

    def shares(output: Mapping[Any, Any]) -> Any:
        return softmax(output["logits"])

    explanation = explainer(image, targets=3, colormap=False, overlay=False, resize=True)
    auc = InsertionDeletionAUC(model, preprocess_fn, shares)
    insertion, deletion, delta = auc.evaluate([explanation], [image], steps=30).values()
    assert delta == pytest.approx(insertion - deletion)
    adcc = ADCC(model, preprocess_fn, shares, explainer)
    assert list(adcc.evaluate([explanation], [image])) == ["adcc", "coherency", "complexity", "average_drop"]


def test_readme_quick_start(model: ov.Model, image: Any, tmp_path: Path) -> None:
    explainer = xai.Explainer(model=model, task=xai.Task.CLASSIFICATION)
    explanation = explainer(data=preprocess_fn(image), targets=3, overlay=True)
    assert isinstance(explanation, xai.Explanation)
    need("PIL", "image")
    explanation.save(dir_path=tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["3.jpg"]


def test_notebook_deep_dive(model: ov.Model, image: Any) -> None:
    need("scipy", "blackbox")
    explainer = xai.Explainer(model, xai.Task.CLASSIFICATION, preprocess_fn, postprocess_fn)
    explainer(image, targets=NAMES[3], label_names=NAMES, overlay=True)
    for method, options in ((xai.Method.RISE, {"num_masks": 10}), (xai.Method.AISE, {"preset": Preset.SPEED})):
        explainer = xai.Explainer(
            model=model,
            task=xai.Task.CLASSIFICATION,
            preprocess_fn=preprocess_fn,
            postprocess_fn=postprocess_fn,
            explain_mode=ExplainMode.BLACKBOX,
            explain_method=method,
        )
        explanation = explainer(image, targets=[3], label_names=NAMES, overlay=True, **options)
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
