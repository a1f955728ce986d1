"""What the terminal says of a run: before the first picture, and at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.vocabulary import Method, Scaling, Task
from ovxai_tools.pictures.model_input import preparation_notices
from ovxai_tools.pictures.page.card import class_name
from ovxai_tools.pictures.results.ways import Way
from ovxai_tools.pictures.sureness import percent, sureness

_FAINT = 0.2
"""A map that stays below this share of full scale looks as if there were nothing."""


def is_faint(strongest: float | None) -> bool:
    """Whether a map looks dark: by its largest value as a share of full scale, None where it has its own scale."""
    return strongest is not None and strongest < _FAINT


def notices_before(ways: Sequence[Way], given: Mapping[str, str]) -> list[str]:
    """What is to be known before the first picture. `given`: options on how models take pictures, with values."""
    models = list(dict.fromkeys(way.model for way in ways))
    several = len(models) > 1
    found = []
    if several and given:
        found.append(
            f"{', '.join(given)} hold{'s' if len(given) == 1 else ''} for all {len(models)} models: what differs is "
            f"written into each first, by ovxai transform M.xml M2.xml {' '.join(filter(None, _flat(given)))}"
        )
    for model in models:
        of_model = [way for way in ways if way.model == model]
        of = f"{model}: " if several else ""
        found += [f"{of}{way.run.replaced}" for way in of_model if way.run.replaced]
        found += [
            f"{of}best is {way.run.method_name} here"
            for way in of_model
            if way.run.settings.method == Method.BEST.value
        ]
        run = of_model[0].run
        if of_model[0].is_unsaid:
            finds_objects = run.task is not Task.CLASSIFICATION
            found += preparation_notices(run.model, Preparation.from_model(run.model), model, finds_objects)
    return list(dict.fromkeys(found))


def _flat(given: Mapping[str, str]) -> list[str]:
    return [part for pair in given.items() for part in pair]


def map_lines(maps: Sequence[Mapping[str, Any]], ways: Sequence[Way]) -> list[str]:
    """A line for each map; of classes that are asked for, and of detectors, also whether it looks dark."""
    tells_faint = any(way.run.settings.targets or way.run.task is not Task.CLASSIFICATION for way in ways)
    lines = []
    for one in maps:
        score = "" if one["score"] is None else f", {sureness(one['score'])}"
        way = f" [{one['model']}, {one['method']}]" if len(ways) > 1 else ""
        lines.append(f"{one['picture']}: {one['class']}{score}{way}")
        if tells_faint and is_faint(one["strongest"]):
            label = class_name(one["class"].split(",", maxsplit=1)[0])
            lines.append(f"  {_faint(label, one['strongest'], ways)}")
    return lines


def _faint(label: str, strongest: float, ways: Sequence[Way]) -> str:
    share = percent(strongest) if strongest else "under 0.4 %"  # less than a level
    helps = all(way.run.takes_scaling for way in ways if way.run.scale is Scaling.POSITIVE)
    hint = "; --scaling map shows where it is" if helps else ""
    return f"{label} has little evidence beside the best class ({share}){hint}"


def are_numbers(maps: Sequence[Mapping[str, Any]], ways: Sequence[Way]) -> bool:
    """Whether classes are shown by their numbers, for want of names."""
    return any(not way.run.names for way in ways) and any(one["class"].isdecimal() for one in maps)


def look_at(page: Path, is_alone: bool) -> str:
    """What to do with the page; `is_alone`: it holds its pictures itself."""
    if not is_alone:
        return f"look at {page}"
    size = page.stat().st_size / 1000
    return f"send {page} ({f'{size:.0f} kB' if size < 1000 else f'{size / 1000:.1f} MB'}), it needs nothing else"
