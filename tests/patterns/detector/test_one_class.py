"""Detectors of one class are found without being told the task; networks that say no boxes are not taken for any."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.task import find_task

from ovxai_passes.insert import insert
from ovxai_passes.methods.spec import required
from ovxai_passes.options import Options
from ovxai_passes.reference.comparing import worst_difference
from tests.fixtures.detector_parts import Known
from tests.fixtures.one_class_graphs import ONE_CLASS, no_detectors
from tests.support.detectors import expected, located
from tests.support.running import random_input, run

PLAIN = no_detectors()


@pytest.mark.parametrize("family", ONE_CLASS, ids=lambda family: family.__name__)
def test_detectors_of_one_class(family: Callable[[], Known]) -> None:
    known = family()
    found = located(known.model)
    heads = required(found.target.grids).heads
    assert heads is not None
    assert found.report.task == "detection"
    assert [level.name for level in found.report.levels] == list(known.heads)
    assert {level.anchors for level in found.report.levels} == {known.anchors}
    assert (found.report.classes, heads.background) == (known.width - known.first, known.background)
    assert heads.activation == known.activation
    image = random_input(known.model)
    saliency = run(found.model, image, name="saliency_map")
    assert saliency.shape[1] == 1
    assert worst_difference(saliency, expected(known, image)) <= 1
    assert insert(known.model, Options()).report.classes == found.report.classes


@pytest.mark.parametrize("name", PLAIN)
def test_what_says_no_boxes_is_no_detector(name: str) -> None:
    assert find_task(ModelAnalysis(PLAIN[name])).name == "classification"
