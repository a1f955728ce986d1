"""Metrics of maps against values computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from ovxai_tools.evaluation.compared.shown import Floats, Shown, above_zero
from ovxai_tools.evaluation.metrics.localisation import energy, pointing
from ovxai_tools.evaluation.metrics.randomisation import entropy, mprt
from ovxai_tools.evaluation.metrics.sensitivity import DRAWS, sensitivity
from ovxai_tools.evaluation.metrics.sparseness import sparseness
from ovxai_tools.pictures.fitting import Box

MAP = np.array([[1, 2, 0], [0, 5, 2]], np.float32)


def test_energy_is_the_share_inside() -> None:
    inside = np.array([[False, True, False], [False, True, False]])
    assert energy(MAP, inside) == pytest.approx(0.7)
    assert energy(np.zeros((2, 3), np.float32), inside) == pytest.approx(1 / 3), "a map of zeros says nothing"


def test_pointing_is_where_the_largest_value_is() -> None:
    inside = np.zeros((2, 3), np.bool_)
    inside[1, 1] = True
    assert pointing(MAP, inside) == 1
    assert pointing(MAP, ~inside) == 0
    flat = np.array([[3, 3, 3], [0, 0, 0]], np.float32)
    middle = np.array([[False, True, False], [False, False, False]])
    assert pointing(flat, middle) == 1, "the middle of equal ones"


def test_the_gini_index() -> None:
    assert sparseness(np.array([[0, 0, 0, 8]], np.float32)) == pytest.approx(0.75), "all in one of four: 1 - 1/4"
    assert sparseness(np.full((3, 3), 2, np.float32)) == pytest.approx(0)
    assert sparseness(np.array([[3, 1]], np.float32)) == pytest.approx((-1 * 1 + 1 * 3) / (2 * 4))
    assert sparseness(np.zeros((2, 2), np.float32)) == 0


def test_the_entropy_of_a_histogram() -> None:
    assert entropy(np.array([[0, 1], [0, 1]], np.float32)) == pytest.approx(np.log(2))
    assert entropy(np.array([[0, 0], [0, 1]], np.float32)) == pytest.approx(-0.75 * np.log(0.75) - 0.25 * np.log(0.25))


def test_a_map_that_stays_the_same_shows_no_model() -> None:
    assert mprt(MAP, [MAP, MAP]) == pytest.approx({"mprt": 0, "emprt": 0})
    turned = mprt(MAP, [MAP, -MAP])
    assert turned["mprt"] == pytest.approx(1), "the mean of 1 - 1 and 1 - (-1)"


def test_the_entropy_of_values_that_hardly_differ() -> None:
    tiny = np.array([[0, 1], [0, 1]], np.float32) * np.float32(1e-44)
    assert entropy(tiny) == pytest.approx(np.log(2))
    assert entropy(np.ones((2, 2), np.float32)) == 0


def test_emprt_is_the_rise_of_the_entropy() -> None:
    two, four = np.array([[0, 0, 1, 1]], np.float32), np.array([[0, 0.33, 0.66, 1]], np.float32)
    assert mprt(two, [four])["emprt"] == pytest.approx(1), "from log 2 to log 4"


def test_sensitivity_is_the_change_over_the_map() -> None:
    one = Shown("a", np.full((4, 4, 3), 128, np.uint8), 0, Box(0, 0, 4, 4))
    saliency = np.eye(4, dtype=np.float32)
    seen: list[Shown] = []

    def doubled(shown: list[Shown]) -> list[Floats]:
        seen.extend(shown)
        return [2 * saliency for _ in shown]

    assert sensitivity(one, saliency, doubled, 0) == pytest.approx(1)  # type: ignore[arg-type]  # it gets a list
    assert len(seen) == DRAWS
    spread = float(np.std([shown.pixels.astype(float) - 128 for shown in seen]))
    assert 3.5 < spread < 6.5, "noise of deviation 5"
    assert sensitivity(one, saliency, lambda shown: [saliency for _ in shown], 0) == 0


def test_the_zero_of_a_map_is_what_it_says_or_its_least_value() -> None:
    assert (above_zero(np.array([[-3, 1], [0, 2]], np.float32)) == [[0, 4], [3, 5]]).all()
    assert above_zero(np.array([[7, 7]], np.uint8)).max() == 0
    assert (above_zero(np.array([[7, 9]], np.uint8), 0) == [[7, 9]]).all()
    assert (above_zero(np.array([[100, 131]], np.uint8), 128) == [[0, 3]]).all(), "what speaks against is no evidence"
