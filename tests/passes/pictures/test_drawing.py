"""Letters and boxes come where they are asked for, and fit."""

from __future__ import annotations

import logging
import sys

import numpy as np
import pytest

from ovxai_passes.pictures.drawing import draw_box, draw_text

cv2 = pytest.importorskip("cv2", reason="letters need OpenCV: pip install 'ovxai-passes[image]'")

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


@pytest.mark.parametrize("text", ["Bär", "попугай"])
def test_other_letters_than_ascii(text: str) -> None:
    image_font = pytest.importorskip("PIL.ImageFont", reason="letters need Pillow: pip install 'ovxai-passes[image]'")
    if int(cv2.__version__.split(".")[0]) < 5:
        try:
            image_font.truetype("DejaVuSans.ttf", 20)
        except OSError:
            pytest.skip("this system has no font with other letters")
    top, left, bottom, right = drawn(text)
    assert -2 <= top - 5 <= 10
    assert right - left > 10
    assert bottom < 40
    other = drawn("x" * len(text))
    assert (top, left, bottom, right) != tuple(other)
    pictures = [np.zeros((60, 300, 3), np.uint8) for _ in text]
    for picture, letter in zip(pictures, text, strict=True):
        draw_text(picture, letter, (3, 5), WHITE)
    assert len({picture.tobytes() for picture in pictures}) == len(set(text)), "no letter is a box"


@pytest.mark.skipif(int(cv2.__version__.split(".")[0]) >= 5, reason="this OpenCV has all letters")
def test_without_pillow_they_lose_their_accents(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with caplog.at_level(logging.INFO):
        np.testing.assert_array_equal(drawn("Bär ж"), drawn("Bar ?"))
    assert "letters beyond ASCII need Pillow: pip install Pillow" in caplog.text


def test_boxes() -> None:
    picture = np.zeros((40, 50, 3), np.uint8)
    draw_box(picture, (10, 5, 30, 20), (0, 200, 0))
    lines = picture[..., 1] == 200
    assert lines[5, 10:31].all()
    assert lines[20, 10:31].all()
    assert lines[5:21, 10].all()
    assert not lines[8:18, 13:28].any()
    draw_box(picture, (-5, -5, 100, 100), (0, 0, 9))  # partly outside
