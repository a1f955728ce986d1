"""index.html: the sentence, the table, the curves, the pictures on which settings differ most."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ovxai_passes.errors import MissingExtraError
from ovxai_tools.evaluation.compared.shown import Shown
from ovxai_tools.evaluation.page.charts import CHARTS, Line, chart_svg, lines_of
from ovxai_tools.evaluation.page.differences import most_different, picture_row
from ovxai_tools.evaluation.page.figures_table import figures_table
from ovxai_tools.evaluation.results.result_files import Outcome
from ovxai_tools.evaluation.results.rows import curves_of
from ovxai_tools.pictures.contact_sheet import page
from ovxai_tools.pictures.page.document import escaped

_PICTURES = 8
_MAPS = 6
_STYLE = """
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; }
th, td { padding: .25rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
tbody th { text-align: left; font-weight: normal; } thead th { text-align: right; vertical-align: bottom; }
thead th:first-child { text-align: left; } .best { font-weight: bold; }
.half { color: var(--quiet); font-weight: normal; }
.default th { font-style: italic; } .swatch { display: inline-block; width: .7em; height: .7em; margin-right: .5em; }
.verdict { font-size: 1.1rem; border-left: 4px solid var(--accent); padding-left: .8rem; }
.row figure { width: 186px; } .row .chart { width: 420px; max-width: 100%; }
.chart img { border-radius: 0; }
"""


@dataclass(frozen=True)
class PageSubject:
    """What the page shows. `settings`: names of all that is no baseline; `class_names`: none where none are known."""

    outcome: Outcome
    shown: Sequence[Shown]
    settings: Sequence[str]
    class_names: Sequence[str]


def report_page(subject: PageSubject) -> Iterator[str]:
    """The parts of the page, to be written one after the other."""
    outcome = subject.outcome
    ranked = [one.name for one in outcome.standings]
    ours = [name for name in ranked if name in subject.settings]
    lines = lines_of(ours, [name for name in ranked if name not in subject.settings])
    colours = {line.name: line.colour for line in lines}
    parts = [
        f'<p class="verdict">{escaped(str(outcome.verdict))}</p>\n',
        *(f"<p>{escaped(notice)}</p>\n" for notice in outcome.notices),
        figures_table(outcome.standings, outcome.verdict.default.name, colours),
        "<p>Means over pictures or grids, ± half of the 95 % interval of pictures drawn again. Mean rank: over the "
        "measures with an arrow that all settings have.</p>\n",
        *_curves(outcome, lines),
        *_pictures(subject, ours),
    ]
    yield from page(f"{Path(outcome.model).name}: which maps are good", parts, (), _STYLE)


def _curves(outcome: Outcome, lines: Sequence[Line]) -> Iterator[str]:
    curves = {line.name: curves_of(outcome.rows, line.name) for line in lines}
    if not any(curves.values()):
        return
    yield "<h2>Curves</h2>\n"
    images = []
    try:
        for chart in CHARTS:
            of_chart = {name: some[chart.measure] for name, some in curves.items() if chart.measure in some}
            data = base64.b64encode(chart_svg(chart, of_chart, lines).encode()).decode()
            image = f'<img alt="{escaped(chart.title)}" src="data:image/svg+xml;base64,{data}">'
            images.append(f'<figure class="chart">{image}</figure>')
    except MissingExtraError as error:
        yield f"<p>No curves: {escaped(str(error))}</p>\n"
        return
    yield f'<div class="row">{"".join(images)}</div>\n<p>{"".join(_legend(line) for line in lines)}</p>\n'


def _legend(line: Line) -> str:
    return f'<span class="swatch" style="background:{line.colour}"></span>{escaped(line.name)} &ensp; '


def _pictures(subject: PageSubject, settings: Sequence[str]) -> Iterator[str]:
    rows, best = subject.outcome.rows, settings[:_MAPS]
    found = most_different(rows, best, _PICTURES)
    if found:
        yield "<h2>Where settings differ most</h2>\n"
    by_place = {(one.key, one.target): one for one in subject.shown}
    for place in found:
        name = subject.class_names[place[1]] if subject.class_names else f"class {place[1]}"
        yield picture_row(place, by_place[place], rows, best, name)
