"""Measured defaults: what options that are left out become, by how the model is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
import pytest

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.options import Options
from tests.fixtures import detector_graphs as detectors
from tests.fixtures import graphs
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
    assert "drop-in defaults, because the measured ones were refused: " in report.notices[0]
    assert "not finite" in report.notices[0]
    with pytest.raises(xai.TargetNotFoundError, match="not finite"):  # what was asked for is refused as ever
        insert(model, Options.checked(defaults="measured", scaling="positive"))


def test_detectors_weigh_by_objectness_and_are_as_large_as_the_finest_level() -> None:
    found = insert(detectors.yolox().model, Options.checked(defaults="measured")).report
    assert found.scaling == "positive"
    assert found.grid == (23, 23), "its finest level is coarser"
    weighed = insert(detectors.yolox().model, Options.checked(defaults="measured", scaling="map"))
    assert weighed.options.objectness is True
    plain = insert(detectors.yolov8().model, Options.checked(defaults="measured", scaling="map"))
    assert plain.options.objectness is None, "it has none"
    without = insert(detectors.yolox().model, Options.checked(defaults="measured", objectness=False))
    assert (without.report.scaling, without.options.objectness) == ("map", False)
    assert insert(others.two_stages(), Options.checked(defaults="measured")).report.scaling == "map"
    with pytest.raises(xai.OptionError, match="probabilities times objectness: leave objectness=False"):
        Options.checked(scaling="positive", objectness=False)
