"""The settings by rank as a table in HTML, the best figure of each column marked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ovxai_tools.evaluation.results.bootstrap import Interval
from ovxai_tools.evaluation.results.measures import Measure
from ovxai_tools.evaluation.results.table import Standing, measured
from ovxai_tools.pictures.page.document import escaped


def figures_table(standings: Sequence[Standing], default: str, colours: Mapping[str, str]) -> str:
    """`colours`: of the lines of contestants in charts."""
    columns = measured(standings)
    heads = "".join(f"<th>{escaped(one.heading)}</th>" for one in columns)
    best = {one.name: _best(standings, one) for one in columns}
    rows = []
    for standing in standings:
        swatch = f'<span class="swatch" style="background:{colours.get(standing.name, "transparent")}"></span>'
        kind = ' class="default"' if standing.name == default else ""
        cells = "".join(_cell(standing.figures.get(one.name), one, best[one.name]) for one in columns)
        rows.append(f"<tr{kind}><th>{swatch}{escaped(standing.name)}</th><td>{_rank(standing.rank)}</td>{cells}</tr>")
    return (
        '<div class="wide" tabindex="0" role="region" aria-label="Settings by rank">'
        f"<table><thead><tr><th>setting</th><th>mean rank</th>{heads}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>\n"
    )


def _best(standings: Sequence[Standing], one: Measure) -> float | None:
    means = [standing.figures[one.name].mean for standing in standings if one.name in standing.figures]
    return (max if one.larger_is_better else min)(means) if one.ranked and means else None


def _cell(figure: Interval | None, one: Measure, best: float | None) -> str:
    if figure is None:
        return "<td>-</td>"
    said = f'title="{escaped(one.title)}: {figure.mean:.4f}, 95 % interval {figure.low:.4f} to {figure.high:.4f}"'
    kind = ' class="best"' if figure.mean == best else ""
    half = (figure.high - figure.low) / 2
    return f'<td{kind} {said}>{figure.mean:.3f} <span class="half">±{half:.3f}</span></td>'


def _rank(rank: float) -> str:
    return "-" if math.isnan(rank) else f"{rank:.1f}"  # nan where nothing ranks
