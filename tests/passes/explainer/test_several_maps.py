"""A model with maps of several methods: the Explainer gives the map of the method that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
import pytest

import ovxai_passes as xai
from ovxai_passes.explainer.black_box.base import identity
from ovxai_passes.explainer.white_box import WhiteBox
from tests.fixtures import detector_graphs, graphs
from tests.support.running import random_input, run

METHODS = ("vitreciprocam", "eigencam", "activationmap")
RAW = {"resize": False, "colormap": False}


@pytest.fixture(scope="module")
def maps() -> ov.Model:
    return xai.insert_xai(graphs.vit(), explain_method=METHODS, classes=[1, 3], mask="onehot")


@pytest.mark.parametrize("method", [None, *METHODS])
def test_the_method_asked_for(maps: ov.Model, method: str | None) -> None:
    explainer = xai.Explainer(maps, xai.Task.CLASSIFICATION, explain_method=method)
    assert explainer.model is maps
    image = random_input(maps)
    found = explainer(image, **RAW)
    name = "saliency_map" if method in (None, METHODS[0]) else f"saliency_map_{method}"
    wanted = run(maps, image, name=name, config={})[0]
    assert found.targets == ([1, 3] if wanted.ndim == 3 else ["per_image_map"])
    for one, value in zip(found.saliency_map.values(), wanted if wanted.ndim == 3 else [wanted], strict=True):
        np.testing.assert_array_equal(one, value)


def test_a_call_asks_for_another_one(maps: ov.Model) -> None:
    explainer = xai.Explainer(maps, xai.Task.CLASSIFICATION)
    image = random_input(maps)
    assert explainer(image, **RAW).targets == [1, 3]
    assert explainer(image, explain_method="eigencam", **RAW).targets == ["per_image_map"]
    assert explainer(image, **RAW).targets == [1, 3]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"explain_method": "reciprocam"}, "of method vitreciprocam, eigencam, activationmap, and not with method="),
        ({"explain_method": "eigencam", "embed_scaling": False}, "has a map already, of method eigencam, and not with"),
        ({"explain_method": "vitreciprocam", "mask": "gaussian"}, "not with mask='gaussian'"),
    ],
)
def test_a_map_that_is_not_there(maps: ov.Model, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(xai.OptionError, match=said):
        xai.Explainer(maps, xai.Task.CLASSIFICATION, **asked)


def test_what_a_map_says_of_itself() -> None:
    model = xai.insert_xai(
        detector_graphs.ssd_otx().model, explain_method=["eigencam", "detclassprobabilitymap"], keep_background=True
    )
    first, second = (
        WhiteBox(model, xai.Task.DETECTION, identity, method, prepare_model=False)
        for method in (None, xai.Method.DETCLASSPROBABILITYMAP)
    )
    assert (first.method, first.classes, first.background) == ("eigencam", None, None)
    assert (second.method, second.classes, second.background) == ("detclassprobabilitymap", 6, 5)


def augmented(*methods: str, **options: Any) -> Callable[[], ov.Model]:
    return lambda: xai.insert_xai(graphs.vit(), explain_method=methods, **options)


SAME: list[tuple[Callable[[], ov.Model], dict[str, Any]]] = [
    (augmented("vitreciprocam", "eigencam"), {"explain_method": ["vitreciprocam", "eigencam"]}),
    (augmented("vitreciprocam", "eigencam", "activationmap"), {"explain_method": ["vitreciprocam", "activationmap"]}),
    (augmented("vitreciprocam", "eigencam"), {"explain_method": "vitreciprocam", "k": 1}),
    (augmented("eigencam", "vitreciprocam", mask="onehot"), {"mask": "onehot"}),
    (augmented("eigencam", "vitreciprocam"), {"k": 1, "mask": "gaussian"}),
    (augmented("eigencam", "vitreciprocam", classes=[3, 1]), {"classes": ["3", "1"]}),
    (augmented("eigencam", "vitreciprocam", scaling="joint"), {"scaling": "joint"}),
]
OTHER: list[tuple[Callable[[], ov.Model], dict[str, Any], str]] = [
    (augmented("vitreciprocam"), {"explain_method": ["vitreciprocam", "eigencam"]}, "not with method="),
    (
        augmented("vitreciprocam", "eigencam"),
        {"explain_method": ["vitreciprocam", "activationmap"]},
        "not with method=",
    ),
    (augmented("vitreciprocam", "eigencam"), {"explain_method": "eigencam"}, "is its output saliency_map_eigencam"),
    (augmented("eigencam", "vitreciprocam"), {"mask": "onehot"}, "not with mask='onehot'"),
    (augmented("eigencam", "vitreciprocam"), {"explain_method": "eigencam", "scaling": "none"}, "not with scaling="),
]


@pytest.mark.parametrize(("build", "wanted"), SAME)
def test_the_same_maps_are_returned(build: Callable[[], ov.Model], wanted: dict[str, Any]) -> None:
    model = build()
    assert xai.insert_xai(model, **wanted) is model


@pytest.mark.parametrize(("build", "wanted", "said"), OTHER)
def test_other_maps_are_refused(build: Callable[[], ov.Model], wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(xai.OptionError, match=said):
        xai.insert_xai(build(), **wanted)
