"""Options of detectors: what is taken, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

import ovxai_passes as xai
from tests.fixtures import detector_graphs as graphs
from tests.fixtures import graphs as classifiers
from tests.fixtures import other_detector_graphs as others
from tests.support.detectors import located


def test_options_that_the_method_has_no_use_for_are_refused() -> None:
    for options in ({"classes": [1]}, {"objectness": True}, {"background": 0}, {"keep_background": True}):
        with pytest.raises(xai.OptionError, match="is not for method 'activationmap', which this model gets"):
            located(others.two_stages(), **options)


def test_maps_that_are_too_large_are_refused_before_they_are_made() -> None:
    for size in ((100_000, 100_000), (10**20, 1)):
        with pytest.raises(xai.TooCostlyError, match=r"take a tensor of .* GiB"):
            located(graphs.yolov8().model, saliency_map_size=size)
    with pytest.raises(xai.TooCostlyError, match="smaller saliency_map_size"):
        located(graphs.yolov8().model, max_tensor_gib=1e-6)


def test_layers_by_name_keep_what_is_known_of_them() -> None:
    found = located(graphs.ssd_otx().model, target_layer=["cls0", "cls1"], num_anchors=2)
    assert found.report.background == 5
    with pytest.raises(xai.TargetNotFoundError, match="named twice"):
        located(graphs.yolov8().model, target_layer=["cls0", "cls0"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"target_layer": "cls"}, "there is no layer 'cls'; did you mean 'cls[01]'"),
        ({"target_layer": ["cls0", "box1"]}, "do not have as many classes"),
        ({"target_layer": ["cls0", "cls1"], "num_anchors": [1, 1, 1]}, "3 numbers of anchors for 2 layers"),
        ({"target_layer": "cls0", "num_anchors": 2}, "5 channels, which are not 2 anchors"),
        (
            {"target_layer": "cls0", "method": "activationmap", "task": "detection", "saliency_map_size": (3, 3)},
            "as large as",
        ),
        ({"method": "instancemasks"}, "is not for a model that detects"),
        ({"top_k": 2}, "top_k is for classifiers; this model detects"),
        ({"k": 1}, "k is for classifiers; this model detects"),
    ],
)
def test_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(xai.OvxaiError, match=said):
        xai.insert_xai(graphs.yolov8().model, **{"explain_method": options.pop("method", None), **options})


def test_options_of_detectors_are_refused_for_classifiers() -> None:
    with pytest.raises(xai.OptionError, match="objectness is for detectors; this model classifies"):
        xai.insert_xai(classifiers.cnn(), objectness=True)
    with pytest.raises(xai.OptionError, match="target_layer names several layers"):
        xai.insert_xai(classifiers.cnn(), target_layer=["a", "b"])
