"""The figures of all contestants side by side, in the order of their mean rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ovxai_tools.evaluation.results.bootstrap import Interval, interval
from ovxai_tools.evaluation.results.measures import MEASURES, Measure
from ovxai_tools.evaluation.results.rows import Row, values_of


@dataclass(frozen=True)
class Standing:
    """A contestant's figures by the name of the measure, and its mean rank, 1 the best; nan where nothing ranks."""

    name: str
    figures: dict[str, Interval]
    rank: float


def standings(rows: Sequence[Row], names: Sequence[str], seed: int) -> list[Standing]:
    """All contestants, the best first.

    Rank: the mean over the measures that rank and that all have; equal means share the mean of their ranks.
    """
    figures = {name: _figures(rows, name, seed) for name in names}
    ranking = [one for one in MEASURES if one.ranked and all(one.name in some for some in figures.values())]
    ranks = [_ranks([figures[name][one.name].mean for name in names], one.larger_is_better) for one in ranking]
    means = np.mean(ranks, axis=0) if ranks else np.full(len(names), np.nan)
    found = [Standing(name, figures[name], float(rank)) for name, rank in zip(names, means, strict=True)]
    return sorted(found, key=lambda one: one.rank)


def _figures(rows: Sequence[Row], name: str, seed: int) -> dict[str, Interval]:
    by_measure = {one.name: values_of(rows, name, one.name) for one in MEASURES}
    return {measure: interval(values, seed) for measure, values in by_measure.items() if values}


def _ranks(means: Sequence[float], larger_is_better: bool) -> list[float]:
    values = np.array(means) * (-1 if larger_is_better else 1)
    return [float((values < one).sum() + ((values == one).sum() + 1) / 2) for one in values]


def measured(found: Sequence[Standing]) -> list[Measure]:
    """The measures that any contestant has."""
    return [one for one in MEASURES if any(one.name in standing.figures for standing in found)]


def table(found: Sequence[Standing]) -> str:
    """A table in Markdown: means, each with half the width of its interval."""
    columns = measured(found)
    lines = [
        "| setting | rank | " + " | ".join(one.heading for one in columns) + " |",
        "| --- " * (len(columns) + 2) + "|",
    ]
    for one in found:
        cells = [_cell(one.figures.get(column.name)) for column in columns]
        lines.append(f"| {one.name} | {one.rank:.1f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(figure: Interval | None) -> str:
    return "-" if figure is None else f"{figure.mean:.3f} ±{(figure.high - figure.low) / 2:.3f}"
