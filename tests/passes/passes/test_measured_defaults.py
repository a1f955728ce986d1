"""Measured defaults: what options that are left out become, by how the model is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.options import Options
from ovxai_passes.passes.locate import Locate
from ovxai_passes.passes.state import InsertionState, left, run_stages
from ovxai_passes.vocabulary import Contrast, Scaling
from tests.fixtures import attention_graphs, graphs
from tests.fixtures import detector_graphs as detectors
from tests.fixtures import other_detector_graphs as others
from tests.passes.mapping.test_empty import without_epsilon
from tests.support.running import random_input, run

SHARE = {"scaling": "positive", "contrast": "share"}


def _said(model: ov.Model, **options: Any) -> dict[str, Any]:
    report = insert(model, Options.checked(defaults="measured", **options)).report
    return {"scaling": report.scaling, "contrast": report.contrast, "mask": report.mask}


@pytest.mark.parametrize(
    ("build", "wanted"),
    [
        (graphs.cnn, SHARE),
        (graphs.scores_pooled, SHARE),
        (graphs.flattened, {"scaling": "positive"}),
        (graphs.vit, {"scaling": "positive", "mask": "onehot"}),
    ],
)
def test_they_are_what_the_same_options_give(build: Callable[[], ov.Model], wanted: dict[str, Any]) -> None:
    model = build()
    measured = xai.insert_xai(model, defaults="measured")
    image = random_input(model)
    assert measured.get_rt_info(["ovxai", "defaults"]).astype(str) == "measured"
    asked = xai.insert_xai(model, **wanted)
    assert asked.get_rt_info(["ovxai", "defaults"]).astype(str) == "drop-in"
    np.testing.assert_array_equal(
        run(measured, image, name="saliency_map"), run(asked, image, name="saliency_map"), strict=True
    )


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"scaling": "map"}, ("map", "none", "onehot")),
        ({"embed_scaling": False}, ("none", "none", "onehot")),
        ({"scaling": "joint", "contrast": "finer"}, ("joint", "finer", "onehot")),
        ({"reference": True}, ("positive", "none", "onehot")),
        ({"contrast": "none"}, ("positive", "none", "onehot")),
        ({"contrast": "mean", "mask": "gaussian"}, ("positive", "mean", "gaussian")),
        ({"explain_method": "activationmap"}, ("map", "none", None)),
    ],
)
def test_what_is_given_stays(options: dict[str, Any], wanted: tuple[Any, ...]) -> None:
    given = {"method" if name == "explain_method" else name: value for name, value in options.items()}
    assert tuple(_said(graphs.cnn(), **given).values()) == wanted


def test_of_several_methods_each_takes_what_it_can() -> None:
    found = insert(graphs.cnn(), Options.checked(defaults="measured", method=["activationmap", "reciprocam"])).report
    assert (found.scaling, found.further[0].scaling, found.further[0].contrast) == ("map", "positive", "share")


def test_where_the_empty_map_has_no_scores_the_drop_in_ones_are_taken_and_told() -> None:
    model = without_epsilon(1)
    report = insert(model, Options.checked(defaults="measured")).report
    assert (report.scaling, report.contrast, report.defaults) == ("map", "none", "drop-in")
    assert report.notices[0].startswith("drop-in defaults, because the measured defaults were refused: ")
    assert "not finite" in report.notices[0]
    with pytest.raises(xai.TargetNotFoundError, match="not finite"):  # what was asked for is refused as ever
        insert(model, Options.checked(defaults="measured", scaling="positive"))


def test_detectors_weigh_by_objectness_and_are_as_large_as_the_finest_level() -> None:
    found = insert(detectors.yolox().model, Options.checked(defaults="measured")).report
    assert found.scaling == "positive"
    assert found.grid == (23, 23), "its finest level is coarser"
    weighed = insert(detectors.yolox().model, Options.checked(defaults="measured", scaling="map"))
    assert weighed.state.options.objectness is True
    plain = insert(detectors.yolov8().model, Options.checked(defaults="measured", scaling="map"))
    assert plain.state.options.objectness is None, "it has none"
    without = insert(detectors.yolox().model, Options.checked(defaults="measured", objectness=False))
    assert (without.report.scaling, without.state.options.objectness) == ("map", False)
    assert insert(others.two_stages(), Options.checked(defaults="measured")).report.scaling == "map"
    with pytest.raises(xai.OptionError, match="probabilities times objectness: leave objectness=False"):
        Options.checked(scaling="positive", objectness=False)


def test_where_contrast_alone_is_refused_the_zero_is_kept() -> None:
    w, image, gains = graphs.Weights(), graphs.picture(1), ops.parameter([1, 8], np.float32, name="gains")
    pooled = ops.reduce_mean(ops.relu(graphs.conv(image, w, 3, 8, 3)), graphs.integers(2, 3), False)
    scores = graphs.dense(ops.multiply(pooled, gains), w, 8, 5)
    model = ov.Model([ops.result(scores)], [image, gains])
    with pytest.raises(xai.TargetNotFoundError, match="contrast='share' asks the head about every position"):
        insert(model, Options.checked(defaults="measured", contrast="share"))
    report = insert(model, Options.checked(defaults="measured")).report
    assert (report.scaling, report.contrast, report.defaults) == ("positive", "none", "measured")
    assert report.notices[0].startswith("no contrast, because the measured defaults were refused: ")


def test_of_a_part_of_the_class_scores_too() -> None:
    report = insert(attention_graphs.two_branches(), Options.checked(defaults="measured")).report
    assert (report.scaling, report.contrast) == ("positive", "none")


def test_of_several_methods_each_is_as_alone() -> None:
    names = ("activationmap", "detclassprobabilitymap")
    together = insert(detectors.yolov8().model, Options.checked(defaults="measured", method=names)).states
    for name, state in zip(names, together, strict=True):
        alone = insert(detectors.yolov8().model, Options.checked(defaults="measured", method=name)).state
        assert state.target is not None
        assert alone.target is not None
        assert (state.target.layer, state.target.grid, state.options) == (
            alone.target.layer,
            alone.target.grid,
            alone.options,
        )


def test_a_pass_that_is_used_again_begins_anew() -> None:
    inserting = xai.InsertSaliencyMap(Options.checked(defaults="measured"))
    for build, contrast in ((graphs.vit, "none"), (graphs.cnn, "share")):
        run_stages(build(), (inserting,))
        assert left(inserting.state.report, "report", "Record").contrast == contrast


def test_stages_by_themselves_take_them_too() -> None:
    state = InsertionState(Options.checked(defaults="measured"))
    run_stages(graphs.cnn(), (Locate(state),))
    assert (state.options.scaling, state.options.contrast) == (Scaling.POSITIVE, Contrast.SHARE)


def test_asked_for_of_a_model_with_maps_they_have_to_be_those_of_the_maps() -> None:
    made = {name: xai.insert_xai(graphs.cnn(), defaults=name) for name in ("measured", "drop-in")}
    for name, model in made.items():
        assert xai.insert_xai(model, defaults=name) is model
        other = "drop-in" if name == "measured" else "measured"
        with pytest.raises(xai.OptionError, match=f"not with defaults='{other}'"):
            xai.insert_xai(model, defaults=other)
    plain = xai.insert_xai(detectors.yolox().model)
    assert xai.insert_xai(plain, objectness=False) is plain
    with pytest.raises(xai.OptionError, match="not with objectness=False"):
        xai.insert_xai(xai.insert_xai(detectors.yolox().model, defaults="measured"), objectness=False)
