"""Curves of scores as SVG, drawn by matplotlib (extra `plot`)."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ovxai_passes.errors import MissingExtraError
from ovxai_tools.evaluation.metrics.road import FRACTIONS

COLOURS = ("#1f77b4", "#d95f02", "#2ca02c", "#9467bd", "#c51b7d", "#8c564b", "#17a2b8", "#b8860b")
"""Of lines, in order; what is behind them is grey."""

GREYS = ("#555555", "#888888", "#999999")
_DASHES = ("--", ":", "-.")
_PALE = "#888888"


@dataclass(frozen=True)
class Line:
    """How one contestant is drawn. `is_solid`: it is no baseline."""

    name: str
    colour: str
    is_solid: bool


@dataclass(frozen=True)
class Chart:
    """What curves of a measure are called, and what they go over."""

    measure: str
    title: str
    across: str


CHARTS = (
    Chart("insertion", "Insertion: higher is better", "pixels inserted"),
    Chart("deletion", "Deletion: lower is better", "pixels deleted"),
    Chart("morf", "ROAD, most relevant first: lower is better", "pixels replaced"),
    Chart("lerf", "ROAD, least relevant first: higher is better", "pixels replaced"),
)


def lines_of(settings: Sequence[str], others: Sequence[str]) -> list[Line]:
    """Lines for settings in the order of their ranks, as many as there are colours, and for the others."""
    solid = [Line(name, colour, True) for name, colour in zip(settings, COLOURS, strict=False)]
    return [*solid, *(Line(name, GREYS[place % len(GREYS)], False) for place, name in enumerate(others))]


def chart_svg(chart: Chart, curves: Mapping[str, Sequence[float]], lines: Sequence[Line]) -> str:
    """The text of an SVG. `curves`: by contestant, at equal steps, or at FRACTIONS. Raises MissingExtraError."""
    figure_of, settings = _matplotlib()
    with settings({"svg.hashsalt": chart.measure, "svg.fonttype": "none", "font.size": 9}):
        figure = figure_of(figsize=(4.2, 3.0), layout="constrained")
        axes = figure.add_subplot()
        for place, line in enumerate(lines):
            if line.name in curves:
                scores = curves[line.name]
                at = FRACTIONS if len(scores) == len(FRACTIONS) else np.linspace(0, 1, len(scores))
                style = "-" if line.is_solid else _DASHES[place % len(_DASHES)]
                axes.plot(at, scores, style, color=line.colour, linewidth=1.6 if line.is_solid else 1.1)
        axes.set_title(chart.title, fontsize=10, color=_PALE)
        axes.set_xlabel(chart.across, color=_PALE)
        axes.set_ylabel("score of the class", color=_PALE)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axes.tick_params(colors=_PALE)
        axes.grid(color=_PALE, alpha=0.25, linewidth=0.5)
        for name, spine in axes.spines.items():
            spine.set_color(_PALE)
            spine.set_visible(name in ("left", "bottom"))
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return buffer.getvalue()


def _matplotlib() -> tuple[Any, Any]:
    try:
        from matplotlib import rc_context  # noqa: PLC0415  # an optional extra, imported where used
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("curves are drawn by matplotlib: pip install 'ovxai-passes[plot]'") from error
    return Figure, rc_context
