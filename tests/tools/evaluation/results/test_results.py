"""Intervals, ranks, the sentence at the end, and the file that a run goes on from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ovxai_tools.evaluation.compared.settings import Setting
from ovxai_tools.evaluation.results.bootstrap import difference, interval
from ovxai_tools.evaluation.results.result_files import SUMMARY, VALUES, Outcome, write_outcome
from ovxai_tools.evaluation.results.rows import Row, RowJournal, curves_of, values_of
from ovxai_tools.evaluation.results.sketches import levels_of, sketch_of
from ovxai_tools.evaluation.results.table import standings, table
from ovxai_tools.evaluation.results.verdict import verdict_of

from ovxai_passes.options import Options
from ovxai_passes.vocabulary import Defaults, Mask, Method

MEASURED = Options(defaults=Defaults.MEASURED)
DEFAULT = Setting("default", MEASURED)
OTHER = Setting("other", replace(MEASURED, method=Method.RECIPROCAM, mask=Mask.GAUSSIAN))


def _rows(name: str, energies: list[float], deletion: float = 0.5) -> list[Row]:
    return [
        Row(name, f"p{place}", 0, {"energy": value, "deletion": deletion + place / 100})
        for place, value in enumerate(energies)
    ]


def test_an_interval_is_that_of_the_mean() -> None:
    rng = np.random.default_rng(1)
    values = {str(place): [float(value)] for place, value in enumerate(rng.normal(3, 2, 400))}
    found = interval(values, 0)
    flat = np.array([one[0] for one in values.values()])
    assert found.mean == pytest.approx(flat.mean())
    error = 1.96 * flat.std() / 20
    assert (found.mean - found.low, found.high - found.mean) == pytest.approx((error, error), rel=0.15)
    assert interval(values, 0) == found


def test_values_of_one_picture_are_drawn_together() -> None:
    single = {str(place): [float(place % 2)] for place in range(40)}
    fourfold = {key: one * 4 for key, one in single.items()}
    assert interval(fourfold, 0) == pytest.approx(interval(single, 0)), "copies of a value are no news"
    uneven = interval({"a": [1.0, 1.0, 1.0], "b": [0.0]}, 0)
    assert uneven.mean == pytest.approx(0.75), "each map counts, not each picture"


def test_differences_are_paired() -> None:
    rng = np.random.default_rng(2)
    base = {str(place): [float(value)] for place, value in enumerate(rng.normal(0, 10, 50))}
    better = {key: [one[0] + 0.1] for key, one in base.items()} | {"alone": [99.0]}
    found = difference(better, base, 0)
    assert (found.mean, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))
    assert np.isnan(difference({"a": [1.0]}, {"b": [1.0]}, 0).mean)


def test_the_best_rank_comes_first() -> None:
    rows = [*_rows("default", [0.2, 0.4]), *_rows("other", [0.6, 0.8], 0.3), *_rows("centre", [0.1, 0.2], 0.3)]
    found = standings(rows, ["default", "other", "centre"], 0)
    assert [(one.name, one.rank) for one in found] == [("other", 1.25), ("centre", 2.25), ("default", 2.5)]
    assert found[0].figures["energy"].mean == pytest.approx(0.7)
    lines = table(found).splitlines()
    assert lines[0] == "| setting | rank | energy ↑ | deletion ↓ |"
    assert lines[2].startswith("| other | 1.2 | 0.700 ±")


def test_a_measure_that_some_lack_does_not_rank() -> None:
    rows = [*_rows("default", [0.2]), Row("other", "p0", 0, {"energy": 0.1})]
    found = standings(rows, ["default", "other"], 0)
    assert [(one.name, one.rank) for one in found] == [("default", 1), ("other", 2)]
    assert "| - |" in table(found)


@pytest.mark.parametrize(("energies", "beyond"), [([0.6, 0.8, 0.7], "yes"), ([0.1, 0.9, 0.4], "no")])
def test_the_sentence_says_by_how_much_and_whether_that_is_sure(energies: list[float], beyond: str) -> None:
    rows = [*_rows("default", [0.3, 0.4, 0.3]), *_rows("other", energies, 0.3), *_rows("centre", [1, 1, 1], 0.1)]
    found = standings(rows, ["default", "other", "centre"], 0)
    said = str(verdict_of(rows, found, [DEFAULT, OTHER], 0))
    by = np.mean(energies) - 1 / 3
    assert said.startswith(f"for this model: --method reciprocam --mask gaussian; better than the default by {by:.3f}")
    assert said.endswith(f"beyond the interval: {beyond}")


def test_the_default_is_said_to_be_the_best() -> None:
    rows = [*_rows("default", [0.9, 0.8]), *_rows("other", [0.1, 0.2], 0.9)]
    found = standings(rows, ["default", "other"], 0)
    assert str(verdict_of(rows, found, [DEFAULT, OTHER], 0)) == "for this model: default; no other setting is better"


def test_what_ranks_first_but_is_worse_by_the_measure_is_not_taken() -> None:
    rows = [*_rows("default", [0.9, 0.8], 0.5), *_rows("other", [0.8, 0.7], 0.2)]
    rows = [replace(one, values={**one.values, "adcc": float(one.contestant == "other")}) for one in rows]
    found = standings(rows, ["default", "other"], 0)
    assert [one.name for one in found] == ["other", "default"]
    assert verdict_of(rows, found, [DEFAULT, OTHER], 0).best == DEFAULT


def test_curves_are_means_and_sketches_are_maps() -> None:
    rows = [
        replace(one, curves={"insertion": [0.0, value]})
        for one, value in zip(_rows("a", [1, 2]), (0.5, 1), strict=True)
    ]
    assert curves_of(rows, "a") == {"insertion": [0.0, 0.75]}
    assert not curves_of(rows, "b")
    large = np.arange(100 * 7, dtype=np.float32).reshape(100, 7)
    assert levels_of(sketch_of(large)).shape == (64, 7)
    small = np.array([[0, 1], [2, 5]], np.float32)
    np.testing.assert_array_equal(levels_of(sketch_of(small)), [[0, 51], [102, 255]])


def test_files_hold_what_was_measured(tmp_path: Path) -> None:
    rows = [*_rows("default", [0.2, 0.4]), *_rows("other", [0.6, 0.8])]
    found = standings(rows, ["default", "other"], 0)
    verdict = verdict_of(rows, found, [DEFAULT, OTHER], 0)
    assert write_outcome(Outcome("m.xml", rows, found, verdict, ["said"]), tmp_path) == [VALUES, SUMMARY]
    assert (tmp_path / VALUES).read_text().splitlines()[1] == "default,p0,0,0.2,0.5"
    told = json.loads((tmp_path / SUMMARY).read_text())
    assert told["settings"][0]["figures"]["energy"]["mean"] == pytest.approx(0.7)
    assert told["verdict"]["options"] == "--method reciprocam --mask gaussian"
    assert told["notices"] == ["said"]


def test_a_journal_goes_on_after_a_line_that_was_cut_off(tmp_path: Path) -> None:
    first, second = _rows("default", [0.2, 0.4])
    journal = RowJournal(tmp_path, {"model": "a"})
    journal.begin()
    journal.add(first)
    journal.add(second)
    journal.path.write_bytes(journal.path.read_bytes()[:-9])
    again = RowJournal(tmp_path, {"model": "a"})
    again.begin()
    assert list(again.rows.values()) == [first]
    again.add(second)
    third = RowJournal(tmp_path, {"model": "a"})
    third.begin()
    assert values_of(list(third.rows.values()), "default", "energy") == {"p0": [0.2], "p1": [0.4]}
    other = RowJournal(tmp_path, {"model": "b"})
    other.begin()
    assert not other.rows
    other.remove()
    assert not other.path.exists()
