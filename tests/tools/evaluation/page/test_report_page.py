"""index.html of an evaluation: table, curves, the pictures on which settings differ most."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree as Tree

import numpy as np
import pytest
from ovxai_tools.evaluation.compared.settings import Setting
from ovxai_tools.evaluation.compared.shown import Floats, Shown
from ovxai_tools.evaluation.page.charts import CHARTS, COLOURS, chart_svg, lines_of
from ovxai_tools.evaluation.page.differences import most_different
from ovxai_tools.evaluation.page.figures_table import figures_table
from ovxai_tools.evaluation.page.report_page import PageSubject, report_page
from ovxai_tools.evaluation.results.result_files import Outcome
from ovxai_tools.evaluation.results.rows import Row
from ovxai_tools.evaluation.results.sketches import sketch_of
from ovxai_tools.evaluation.results.table import standings
from ovxai_tools.evaluation.results.verdict import verdict_of
from ovxai_tools.pictures.fitting import Box

from ovxai_passes.options import Options
from ovxai_passes.vocabulary import Defaults, Method
from tests.support.extras import needs_pictures

needs_pictures()

NAMES = ["default", "a<b", "random"]
SETTINGS = [
    Setting("default", Options(defaults=Defaults.MEASURED)),
    Setting("a<b", Options(method=Method.EIGENCAM)),
]
MAP = np.arange(64, dtype=np.float32).reshape(8, 8)
CURVES = {"insertion": [0.1, 0.5, 0.9], "deletion": [0.9, 0.2, 0.1]}


def _row(name: str, key: str, energy: float, saliency: Floats) -> Row:
    return Row(name, key, 1, {"energy": energy, "insertion": 0.5}, CURVES, sketch_of(saliency))


ROWS = [
    *(_row("default", key, 0.4, MAP) for key in ("same", "other")),
    _row("a<b", "same", 0.6, MAP),
    _row("a<b", "other", 0.8, MAP[::-1]),
    *(_row("random", key, 0.1, MAP) for key in ("same", "other")),
]


def _page() -> str:
    found = standings(ROWS, NAMES, 0)
    outcome = Outcome("model.xml", ROWS, found, verdict_of(ROWS, found, SETTINGS, 0), ["a notice"])
    picture = np.full((40, 60, 3), 200, np.uint8)
    shown = [Shown(key, picture, 1, Box(4, 0, 32, 60)) for key in ("same", "other")]
    return "".join(report_page(PageSubject(outcome, shown, NAMES[:2], ["cat", "dog & bone"])))


class _Balanced(HTMLParser):
    """Every tag that is opened is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "img", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_holds_all() -> None:
    text = _page()
    parser = _Balanced()
    parser.feed(text)
    assert not parser.open
    assert "for this model: --defaults drop-in --method eigencam; better than the default by 0.300 energy" in text
    assert "a notice" in text
    assert "a&lt;b" in text
    assert "<b " not in text
    assert text.index("other: dog &amp; bone") < text.index("same: dog &amp; bone"), "those that differ come first"
    assert "energy 0.80" in text
    assert not re.search(r'(src|href)="(?!data:)', text), "it needs nothing else"


def test_the_best_figure_of_a_column_is_marked() -> None:
    table = figures_table(standings(ROWS, NAMES, 0), "default", {"a<b": "#123456"})
    best = re.findall(r'<td class="best"[^>]*>([0-9.]+)', table)
    assert best == ["0.700", "0.500", "0.500", "0.500"], "energy of one, insertion of all"
    assert 'style="background:#123456"' in table
    assert "95 % interval 0.6000 to 0.8000" in table


def test_pictures_come_by_how_little_maps_are_alike() -> None:
    assert most_different(ROWS, NAMES[:2], 5) == [("other", 1), ("same", 1)]
    assert most_different(ROWS, NAMES[:2], 1) == [("other", 1)]
    assert most_different(ROWS, ["default"], 5) == [], "one alone differs from nothing"


def test_curves_are_drawn_with_their_axes() -> None:
    pytest.importorskip("matplotlib", reason="curves are drawn by matplotlib")
    lines = lines_of(["default", "a<b"], ["random"])
    text = chart_svg(CHARTS[0], {line.name: CURVES["insertion"] for line in lines}, lines)
    Tree.fromstring(text)
    assert "pixels inserted" in text
    assert all(line.colour in text for line in lines)
    assert text == chart_svg(CHARTS[0], {line.name: CURVES["insertion"] for line in lines}, lines), "the same each time"


def test_no_more_settings_are_drawn_than_colours_are_there() -> None:
    names = [str(number) for number in range(20)]
    lines = lines_of(names, ["random", "centre"])
    assert [line.name for line in lines] == [*names[: len(COLOURS)], "random", "centre"]
    assert [line.is_solid for line in lines[-3:]] == [True, False, False]


def test_without_matplotlib_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "No curves: curves are drawn by matplotlib: pip install" in _page()
