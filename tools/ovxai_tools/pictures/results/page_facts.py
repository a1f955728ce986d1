"""What the page says of a run, from its ways."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ovxai_tools.pictures.map_drawing import Style
from ovxai_tools.pictures.page.facts import PageFacts
from ovxai_tools.pictures.results.ways import Way


def facts_of(ways: Sequence[Way], style: Style, options: str) -> PageFacts:
    """`options`: those of the command line, as they are to be shown."""
    runs = [way.run for way in ways]
    return PageFacts(
        models=tuple(dict.fromkeys(way.model for way in ways)),
        methods=tuple(dict.fromkeys(run.method_name for run in runs)),
        ways=tuple(way.name for way in ways),
        classes=_classes(ways[0]),
        options=options,
        table=style.table,
        weight=style.weight,
        scales=tuple(run.scale for run in runs),
        date=date.today().isoformat(),
        unsaid=tuple(dict.fromkeys(way.model for way in ways if way.is_unsaid)),
    )


def _classes(way: Way) -> str:
    settings = way.run.settings
    if settings.targets:
        return f"{', '.join(settings.targets)}, in every picture"
    if settings.top_k == 1:
        return "the one that the model is surest of, in each picture"
    return f"the {settings.top_k} that the model is surest of, in each picture"
