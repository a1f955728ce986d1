"""Options of the call: another branch or method is made for them, once, and what has no effect is noted."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.shapes import LABELS

import ovxai_passes as xai
from ovxai_passes.explainer import ExplainMode, Layout, get_preprocess_fn

CNN = demo.model_path("demo:cnn")
PREPARE = get_preprocess_fn(hwc_to_chw=True)
AS_THEY_ARE = {"resize": False, "colormap": False}


def made(mode: ExplainMode = ExplainMode.AUTO, name: str = "demo:cnn", **options: Any) -> xai.Explainer:
    return xai.Explainer(
        demo.model_path(name), xai.Task.CLASSIFICATION, PREPARE, None, mode, **options
    )  # without postprocess_fn


def test_the_method_and_scaling_that_it_has_are_no_other_branch(picture: Any) -> None:
    explainer = made()
    plain = explainer(picture, targets=[3])
    shown = explainer(
        picture, embed_scaling=True, explain_method=xai.Method.RECIPROCAM, label_names=list(LABELS), targets=[3]
    )
    np.testing.assert_array_equal(plain.saliency_map[3], shown.saliency_map[3])
    assert not explainer._kept


def test_another_branch_is_made_once_and_kept(picture: Any) -> None:
    explainer = made()
    one = explainer(picture, explain_method="activationmap")
    assert one.layout is Layout.ONE_MAP_PER_IMAGE_COLOR
    for _ in range(2):
        raw = explainer(picture, targets=[3], embed_scaling=False, **AS_THEY_ARE).saliency_map[3]
        assert raw.dtype == np.float32
    assert len(explainer._kept) == 2
    wanted = xai.Explainer(CNN, "classification", PREPARE, embed_scaling=False)(picture, targets=[3], **AS_THEY_ARE)
    np.testing.assert_array_equal(raw, wanted.saliency_map[3])
    assert explainer(picture, targets=[3]).layout is Layout.MULTIPLE_MAPS_PER_IMAGE_COLOR


def test_options_of_the_call_come_to_those_of_the_explainer(picture: Any) -> None:
    explainer = made(name="demo:vit", classes=[1, 3], use_gaussian=False)
    best = explainer(picture, embed_scaling=False, cls_token=True, **AS_THEY_ARE)
    assert best.targets == [1, 3]
    assert best.saliency_map[1].dtype == np.float32
    soft = explainer(picture, use_gaussian=True, **AS_THEY_ARE)
    assert soft.targets == [1, 3]
    assert not np.array_equal(soft.saliency_map[1], explainer(picture, **AS_THEY_ARE).saliency_map[1])


def test_a_black_box_is_made_for_a_call_and_kept(picture: Any, caplog: pytest.LogCaptureFixture) -> None:
    explainer = made()
    with caplog.at_level(logging.WARNING, "ovxai_passes"):
        maps = [
            explainer(picture, targets=[3], explain_method=xai.Method.RISE, num_masks=20, embed_scaling=True)
            for _ in range(2)
        ]
    assert maps[0].predictions is not None
    assert maps[0].predictions[3].score is not None
    np.testing.assert_array_equal(maps[0].saliency_map[3], maps[1].saliency_map[3])
    assert len(explainer._kept) == 1
    assert [record.message for record in caplog.records] == [
        "no postprocess_fn: the scores of 8 classes are read from output logits",
        "option 'embed_scaling' has no effect: the map is made by a black-box method",
    ]
    assert explainer(picture, targets=[3], explain_method="rise", num_masks=20).targets == [3]
    with pytest.raises(xai.OptionError, match="RISE takes no option 'kernel_widths'"):
        explainer(picture, explain_method="rise", kernel_widths=[0.1])


def test_a_black_box_answers_in_its_own_way_unless_another_method_is_asked_for(picture: Any) -> None:
    explainer = made(ExplainMode.BLACKBOX, explain_method=xai.Method.RISE)
    own = explainer(picture, targets=[3], explain_method=xai.Method.RISE, num_masks=20)
    assert own.targets == [3]
    assert not explainer._kept
    white = explainer(picture, targets=[3], explain_method=xai.Method.RECIPROCAM)
    np.testing.assert_array_equal(white.saliency_map[3], made()(picture, targets=[3]).saliency_map[3])


def test_what_has_no_effect_is_noted_once(picture: Any, caplog: pytest.LogCaptureFixture) -> None:
    explainer = made()
    with caplog.at_level(logging.WARNING, "ovxai_passes"):
        for _ in range(3):
            explainer(picture, targets=[3], preset="speed", num_masks=10)
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "option 'preset' has no effect",
        "option 'num_masks' has no effect",
    ]


def test_what_no_method_knows_is_an_error(picture: Any) -> None:
    with pytest.raises(xai.OptionError, match="there is no option 'embed_scalling'; did you mean 'embed_scaling'"):
        made()(picture, embed_scalling=True)
    with pytest.raises(xai.OptionError, match="explain_method takes one of"):
        made()(picture, explain_method="reciprocamm")
    augmented = xai.Explainer(xai.insert_xai(CNN), "classification", PREPARE)
    with pytest.raises(xai.OptionError, match="has a saliency_map already"):
        augmented(picture, explain_method="activationmap")
