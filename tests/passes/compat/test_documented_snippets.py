"""What openvino_xai's user guide and README do, with the import changed alone.

The models are the demo's, and so are pictures, class names and targets. `cv2.imread` and `cv2.resize` are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest

import ovxai_passes.compat as xai
from ovxai_passes.compat.explainer import ExplainMode
from ovxai_passes.compat.explainer.visualizer import colormap, overlay
from ovxai_passes.compat.metrics import ADCC, InsertionDeletionAUC
from tests.passes.compat.pipeline import CNN, NAMES, need, need_pictures, postprocess_fn, preprocess_fn


def softmax(x: Any) -> Any:
    e_x = np.exp(x - np.max(x))
    return e_x / e_x.sum()


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
    need_pictures()
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
    need_pictures()
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
    assert shown == [2, 1, 1, 2], "no empty places"
    pyplot.close("all")


def test_user_guide_saving_with_scores(model: ov.Model, image: Any, tmp_path: Path) -> None:
    need_pictures()
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
    need_pictures()
    explanation.save(dir_path=tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["3.jpg"]
