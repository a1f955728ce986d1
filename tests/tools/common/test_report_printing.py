"""The report as people read it, and as programs do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from ovxai_patterns.wording import worded
from ovxai_tools.common.report_printing import Outcome, PrintStyle, print_report

from ovxai_passes.insert import plan
from ovxai_passes.options import Options
from ovxai_passes.report import Report
from tests.fixtures import detector_graphs, graphs

DONE = Outcome(("all of it",), (Path("a b.xml"), Path("a b.bin")), "wrote a b.xml, a b.bin", True)


def printed(report: Report, capsys: pytest.CaptureFixture[str], as_json: bool = False) -> str:
    print_report(report, DONE, PrintStyle(as_json, False, False))
    return capsys.readouterr().out


def test_what_says_nothing_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(plan(graphs.cnn(), Options()), capsys)
    assert not any(label in said for label in ("kept tokens", "multiplied out", "contrast", "level"))
    assert "kept tokens:  1" in printed(plan(graphs.vit(), Options()), capsys)


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        (0.0, "under 0.1 % more multiply-adds"),
        (0.0123, "1.2 % more multiply-adds"),
        (0.2, "20 % more multiply-adds"),
        (12.34, "12.3 times the model's multiply-adds more"),
    ],
)
def test_costs_in_words(cost: float, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = replace(plan(graphs.cnn(), Options()), cost=cost, ops_growth=1, bin_growth=2048, multiplied_out=1)
    text = printed(report, capsys)
    assert f"cost:         {said}\n" in text
    assert "growth:       2.0 KiB of .bin, 1 operation\n" in text
    assert "multiplied out: 1 operation\n" in text


def test_the_level_that_was_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(plan(graphs.cnn(), Options.checked(method="gradcam")), capsys)
    assert "method:       gradcam, level 0, gradients of the log-probability\n" in said
    assert "notice:       maps are made for the best class" in said
    assert "--top-k, --class ask for others" in said


def test_json_holds_lists_and_paths(capsys: pytest.CaptureFixture[str]) -> None:
    report = plan(detector_graphs.yolov8().model, Options()).with_notices(worded("see {saliency_map_size}"))
    found = json.loads(printed(report, capsys, as_json=True))
    assert found["files"] == ["a b.xml", "a b.bin"]
    assert found["verified"] == ["all of it"]
    assert found["target"]["shape"] == [int(one) for one in report.target.shape.strip("[]").split(",")]
    assert found["levels"][0]["grid"] == list(report.levels[0].grid)
    assert found["notices"][-1] == "see --map-size"
