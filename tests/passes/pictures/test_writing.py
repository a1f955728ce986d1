"""Lines of text fit, and are read on any picture."""

from __future__ import annotations

import numpy as np
import pytest

from ovxai_passes.pictures.extras import pillow
from ovxai_passes.pictures.writing import BLACK, WHITE, ascii_of, fitted, system_fonts, width_of, write, write_on_plate
from tests.support.extras import needs_pictures

needs_pictures()


def test_a_line_lies_where_it_is_asked_for() -> None:
    picture = np.full((60, 200, 3), 255, np.uint8)
    write(picture, "macaw, 99.6 %", (10, 20), 16)
    rows, columns = np.nonzero((picture < 128).any(2))
    assert 20 <= rows.min() < rows.max() < 20 + 1.3 * 16
    assert 10 <= columns.min() < columns.max() < 10 + width_of("macaw, 99.6 %", 16)
    assert len(np.unique(picture)) > 20, "edges are between levels"


def test_lines_become_smaller_and_then_are_cut() -> None:
    assert fitted("disc", 16, 200) == ("disc", 16)
    text, size = fitted("Egyptian cat, 77 %", 16, 120)
    assert text == "Egyptian cat, 77 %"
    assert 10 <= size < 16
    text, size = fitted("a very long name of a class that nobody reads", 16, 100)
    assert size == 10
    assert text.endswith("...")
    assert width_of(text, size) <= 100
    assert fitted("disc", 16, 2)[0] == ""


def test_beyond_the_picture_nothing_is_written() -> None:
    picture = np.full((20, 30, 3), 255, np.uint8)
    write(picture, "beyond", (15, 12), 16)
    write(picture, "", (0, 0), 16)
    write(picture, "away", (40, 0), 16)
    assert picture.shape == (20, 30, 3)


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("place", [(-20, -20), (5, 5), (500, 500)])
def test_a_plate_stays_in_the_picture(level: int, place: tuple[int, int]) -> None:
    picture = np.full((60, 90, 3), level, np.uint8)
    write_on_plate(picture, "1 %", place, 14, (WHITE, BLACK))
    plate = (picture == BLACK).all(2)
    assert plate.sum() > 200
    rows, columns = plate.any(1), plate.any(0)
    assert picture[rows][:, columns].max() > 180, "letters"


def test_letters_beyond_ascii() -> None:
    assert ascii_of("Bär ж") == "Bar ?"
    if system_fonts(pillow("letters"), range(12, 13)):
        pictures = [np.zeros((30, 60, 3), np.uint8) for _ in range(2)]
        for picture, text in zip(pictures, ("Bär", "Bar"), strict=True):
            write(picture, text, (2, 2), 16, WHITE)
        assert (pictures[0] != pictures[1]).any()
    else:
        assert width_of("Bär", 12) == width_of("Bar", 12)
    no_letter = "\U000f0000"  # of private use: no font has it
    assert width_of(no_letter, 12) == width_of("?", 12)
