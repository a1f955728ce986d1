"""Boxes: how much they overlap, and which of them are kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovxai_passes.explainer.boxes import detections_of, overlaps


def test_overlaps_by_hand() -> None:
    others = np.array([[1, 1, 3, 3], [0, 0, 2, 2], [2, 0, 4, 2], [1, 1, 1, 1]], np.float32)
    np.testing.assert_allclose(overlaps((0, 0, 2, 2), others), [1 / 7, 1, 0, 0], rtol=1e-6)
    assert overlaps((0, 0, 2, 2), []).shape == (0,)
    assert overlaps((1, 1, 1, 1), [(1, 1, 1, 1)]).tolist() == [0]


@given(st.integers(0, 1000), st.sampled_from([0.0, 0.3, 0.5]), st.sampled_from([0.2, 0.5, 1.0]))
@settings(max_examples=30, deadline=None)
def test_detections_are_those_of_opencv(seed: int, threshold: float, overlap: float) -> None:
    cv2 = pytest.importorskip("cv2", reason="the reference is OpenCV's")
    rng = np.random.default_rng(seed)
    output = rng.random((4 + 3, 40)).astype(np.float32)
    output[:4] *= [[30], [30], [20], [20]]
    corners = np.concatenate([output[:2] - output[2:4] / 2, output[2:4]]).T.astype(np.float64)  # x, y, width, height
    labels, scores = output[4:].argmax(0), output[4:].max(0)
    wanted = {
        int(members[place])
        for label in range(3)
        if len(members := np.flatnonzero((labels == label) & (scores >= threshold)))
        for place in cv2.dnn.NMSBoxes(corners[members].tolist(), scores[members].tolist(), threshold, overlap)
    }
    found = detections_of(output, threshold, overlap)
    assert {one.cell for one in found} == wanted
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_scores_that_are_no_numbers_are_left_out() -> None:
    output = np.array([[5, 25], [5, 25], [4, 4], [4, 4], [np.nan, 0.9]], np.float32)
    assert [one.cell for one in detections_of(output)] == [1]
