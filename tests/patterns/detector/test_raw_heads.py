"""Heads that nothing is done with, heads that say more than classes, and networks that are no detectors."""

from __future__ import annotations

import pytest

import ovxai_passes as xai
from ovxai_passes.reference.comparing import worst_difference
from tests.fixtures import other_detector_graphs as others
from tests.support.detectors import expected, located
from tests.support.running import random_input, run


@pytest.mark.parametrize(
    ("outputs", "heads", "anchors"),
    [
        ({"cls": 10, "box": 64}, "cls", 1),
        ({"cls": 27, "box": 36}, "cls", 9),
        ({"cls": 720, "box": 36}, "cls", 9),
        ({"cls": 4, "box": 4}, "cls", 1),
        ({"cls": 4, "box": 4, "ctr": 1}, "cls", 1),
        ({"hm": 1, "wh": 2, "reg": 2}, "hm", 1),
        ({"hm": 80, "wh": 2, "reg": 2}, "hm", 1),
    ],
    ids=str,
)
def test_raw_outputs_are_told_by_how_much_they_say(outputs: dict[str, int], heads: str, anchors: int) -> None:
    found = located(others.raw(outputs))
    assert [level.name for level in found.report.levels] == [f"{heads}0", f"{heads}1"]
    assert {level.anchors for level in found.report.levels} == {anchors}
    assert found.report.classes == outputs[heads] // anchors
    assert any("told by their numbers of channels alone" in notice for notice in found.report.notices)


def test_raw_outputs_that_could_be_either_are_listed() -> None:
    with pytest.raises(xai.TargetNotFoundError) as error:
        located(others.raw({"cls": 6, "box": 4, "landmarks": 10}), task="detection", method="detclassprobabilitymap")
    assert "several groups of layers could be class heads" in error.value.reason
    assert any("landmarks0, landmarks1" in line for line in error.value.near_misses)


def test_mask_coefficients_and_keypoints_are_no_classes() -> None:
    for known in (others.yolov5_seg(), others.yolov8_pose()):
        found = located(known.model, task="detection")
        assert [level.name for level in found.report.levels] == list(known.heads)
        assert found.report.classes == known.width - known.first - known.more
        image = random_input(known.model)
        assert worst_difference(run(found.model, image, name="saliency_map"), expected(known, image)) <= 1


@pytest.mark.parametrize("classes", [1, 2, 5, 18, 21, 150])
@pytest.mark.parametrize("kind", ["resized", "raw", "softmax", "sigmoid", "two outputs", "best"])
def test_what_segments_is_no_detector(classes: int, kind: str) -> None:
    with pytest.raises(xai.TargetNotFoundError, match="no class scores") as error:
        xai.insert_xai(others.segments(classes, kind))
    assert any("this model classifies: nothing says" in line for line in error.value.near_misses)


def test_what_is_said_to_detect_is_tried_as_a_detector() -> None:
    with pytest.raises(xai.TargetNotFoundError, match="3 anchors of 5 values and classes: name them"):
        located(others.segments(5, "raw"), task="detection", method="detclassprobabilitymap")
    assert located(others.segments(21, "raw"), task="detection").report.classes == 2
