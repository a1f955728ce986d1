"""Letters and boxes come where they are asked for, and fit."""

from __future__ import annotations

import logging
import sys

import numpy as np
import pytest

from ovxai_passes.pictures.drawing import draw_box, draw_text

pytest.importorskip("cv2", reason="letters need OpenCV: pip install 'ovxai-passes[image]'")

WHITE = (255, 255, 255)


def drawn(
    text: str, width: int = 300, place: tuple[int, int] = (3, 5)
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """First and last row and column that text is drawn in."""
    picture = np.zeros((60, width, 3), np.uint8)
    draw_text(picture, text, place, WHITE)
    where = np.argwhere(picture.any(2))
    return np.concatenate([where.min(0), where.max(0)])


def test_place_and_size() -> None:
    top, left, bottom, right = drawn("Egyptian cat|0.93")
    assert -2 <= top - 5 <= 8
    assert 0 <= left - 3 <= 4
    assert 10 <= bottom - top <= 25
    assert right < 300


def test_long_text_is_drawn_smaller() -> None:
    wide, narrow = drawn("Egyptian cat, 0.93", 300), drawn("Egyptian cat, 0.93", 120)
    assert narrow[3] < 120 - 2
    assert narrow[2] - narrow[0] < wide[2] - wide[0]


def test_other_letters_than_ascii() -> None:
    pytest.importorskip("PIL", reason="letters beyond ASCII need Pillow: pip install 'ovxai-passes[image]'")
    top, left, bottom, right = drawn("Bär")
    assert 0 <= top - 5 <= 10
    assert right - left > 10
    assert bottom < 40


def test_without_pillow_they_are_question_marks(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with caplog.at_level(logging.INFO):
        np.testing.assert_array_equal(drawn("Bär"), drawn("B?r"))
    assert "letters beyond ASCII need Pillow: pip install 'ovxai-passes[image]'" in caplog.text


def test_boxes() -> None:
    picture = np.zeros((40, 50, 3), np.uint8)
    draw_box(picture, (10, 5, 30, 20), (0, 200, 0))
    lines = picture[..., 1] == 200
    assert lines[5, 10:31].all()
    assert lines[20, 10:31].all()
    assert lines[5:21, 10].all()
    assert not lines[8:18, 13:28].any()
    draw_box(picture, (-5, -5, 100, 100), (0, 0, 9))  # partly outside
