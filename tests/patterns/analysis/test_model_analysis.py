"""One analysis of a model serves all that ask it."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.analysis import model_analysis
from ovxai_patterns.analysis.assumed import ShapesError
from ovxai_patterns.analysis.graph import NoLayer
from ovxai_patterns.analysis.layout import PositionLayout
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.request import TargetRequest
from ovxai_patterns.classifier.site import Site
from ovxai_patterns.classifier.target import TargetSearch
from ovxai_patterns.detector.class_head_choice import find_class_heads
from ovxai_patterns.detector.dense_heads import find_dense_heads
from ovxai_patterns.detector.detector import Detector
from ovxai_patterns.detector.instances import find_instances
from ovxai_patterns.task import find_task

from tests.fixtures import detector_graphs, graphs
from tests.fixtures.graphs import CLASSES, Weights, conv, dense, integers, model_of

DYNAMIC = ov.PartialShape([-1, 3, -1, -1])


def _image() -> ov.Node:
    return ops.parameter(DYNAMIC, np.float32)


def _any_size() -> ov.Model:
    image, w = _image(), Weights()
    x = ops.reduce_mean(ops.relu(conv(image, w, 3, 6, 2, stride=2)), integers(2, 3), False)
    return model_of(dense(x, w, 6, CLASSES), image)


def _one_size() -> ov.Model:
    """A network with a matrix over all positions of a picture of 96 x 96."""
    image, w = _image(), Weights()
    x = ops.relu(conv(image, w, 3, 6, 32, stride=32))
    return model_of(dense(ops.reshape(x, integers(0, 54), True), w, 54, CLASSES), image)


def test_a_query_is_answered_once_for_each_set_of_arguments() -> None:
    asked: list[tuple[int, str]] = []

    def query(analysis: ModelAnalysis, number: int, name: str = "a") -> list[int]:
        asked.append((number, name))
        return [number, len(analysis.original.ops)]

    analysis = ModelAnalysis(graphs.cnn())
    first = analysis.get(query, 1)
    assert analysis.get(query, 1, "a") is analysis.get(query, number=1) is first
    assert analysis.get(query, 2) != first
    assert analysis.get(query, 1, name="b") is not first
    assert asked == [(1, "a"), (2, "a"), (1, "b")]


def test_what_a_query_raises_is_not_kept() -> None:
    raised: list[int] = []

    def query(analysis: ModelAnalysis) -> int:
        if not raised:
            raised.append(len(analysis.original.ops))
            raise ShapesError("not yet")
        return 1

    analysis = ModelAnalysis(graphs.cnn())
    with pytest.raises(ShapesError):
        analysis.get(query)
    assert analysis.get(query) == 1


@pytest.mark.parametrize("build", [graphs.cnn, _any_size])
def test_one_layout_serves_both_settings_where_they_agree(build: Any) -> None:
    analysis = ModelAnalysis(build())
    assert analysis.layout() is analysis.layout(other_sizes=False)
    assert (analysis.inferred is analysis.original) == (build is graphs.cnn)


def test_settings_that_differ_have_layouts_of_their_own() -> None:
    analysis = ModelAnalysis(_one_size())
    assert analysis.layout().graph.model.inputs[0].get_shape() == [1, 3, 96, 96]
    with pytest.raises(ShapesError):
        analysis.layout(other_sizes=False)


@pytest.mark.parametrize("build", [graphs.cnn, graphs.vit, lambda: detector_graphs.yolov8().model])
def test_task_classifier_and_detector_share_one_layout(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[PositionLayout] = []

    class Counted(PositionLayout):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr(model_analysis, "PositionLayout", Counted)
    analysis = ModelAnalysis(build())
    find_task(analysis)
    find_instances(analysis)
    Detector(analysis).feature_maps(Detector(analysis).class_heads())
    TargetSearch(analysis).site(TargetRequest())
    assert len(made) == 1


def test_heads_are_the_same_objects_for_all_that_ask() -> None:
    analysis = ModelAnalysis(detector_graphs.yolov8().model)
    find_task(analysis)
    assert analysis.get(find_dense_heads) is analysis.get(find_dense_heads)
    assert Detector(analysis).class_heads() is analysis.get(find_class_heads, trusted=False)


def test_findings_hold_for_a_clone() -> None:
    model = graphs.vit()
    site = TargetSearch(ModelAnalysis(model)).site(TargetRequest())
    assert isinstance(site, Site)
    other = TargetSearch(ModelAnalysis(model.clone())).site(TargetRequest())
    assert isinstance(other, Site)
    assert (other.target, other.masked, other.scores) == (site.target, site.masked, site.scores)


def test_a_layer_is_found_by_its_name() -> None:
    model = graphs.cnn()
    graph = ModelAnalysis(model).original
    convolution = next(place for place, node in enumerate(graph.ops) if node.get_type_name() == "Convolution")
    graph.ops[convolution].set_friendly_name("stem")
    assert graph.layer_named("stem") == (convolution, 0)
    missing = graph.layer_named("stam")
    assert isinstance(missing, NoLayer)
    assert missing.reason == "there is no layer 'stam'; did you mean 'stem'?"
    assert graph.layer_named("§") == NoLayer("there is no layer '§'")
