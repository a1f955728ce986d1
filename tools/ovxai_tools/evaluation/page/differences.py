"""The pictures on which the maps of settings differ most, each with these maps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ovxai_passes.pictures.resizing import resize
from ovxai_tools.evaluation.compared.shown import Levels, Shown
from ovxai_tools.evaluation.results.measures import MEASURES
from ovxai_tools.evaluation.results.rows import Row
from ovxai_tools.evaluation.results.sketches import levels_of
from ovxai_tools.pictures.contact_sheet import figure, row
from ovxai_tools.pictures.map_drawing import Backdrop, Style

_SIDE = 16
_STYLE = Style()
_SAID = ("energy", "pointing", "insertion", "deletion")

Place = tuple[str, int]


def most_different(rows: Sequence[Row], settings: Sequence[str], count: int) -> list[Place]:
    """Pictures with their classes, by how little the maps of these settings correlate on the mean of all pairs."""
    maps: dict[Place, dict[str, Levels]] = defaultdict(dict)
    for one in rows:
        if one.sketch and one.contestant in settings:
            maps[one.key, one.target][one.contestant] = levels_of(one.sketch)
    alike = {place: _likeness(list(some.values())) for place, some in maps.items() if len(some) > 1}
    return sorted(alike, key=lambda place: alike[place])[:count]


def _likeness(maps: Sequence[Levels]) -> float:
    """The mean correlation of all pairs; a constant map correlates with none."""
    flat = [resize(one.astype(np.float32), (_SIDE, _SIDE)).reshape(-1) for one in maps]
    centred = [one - one.mean() for one in flat]
    units = [one / max(float(np.linalg.norm(one)), 1e-9) for one in centred]
    return float(np.mean([float(one @ other) for one, other in combinations(units, 2)]))


def picture_row(place: Place, shown: Shown, rows: Sequence[Row], settings: Sequence[str], name: str) -> str:
    """One picture, and the maps of the settings over it, each with its figures. `name`: of the class."""
    part = shown.pixels[shown.place.slices]
    backdrop = Backdrop(part, _STYLE)
    figures = [figure(backdrop.small, "picture", None)]
    by_name = {one.contestant: one for one in rows if (one.key, one.target) == place}
    for setting in settings:
        if setting in by_name:
            one = by_name[setting]
            whole = resize(levels_of(one.sketch), shown.pixels.shape[:2])
            figures.append(figure(backdrop.draw(whole[shown.place.slices]).small, setting, _said(one)))
    return row(f"{place[0]}: {name}", figures)


def _said(one: Row) -> str:
    titles = {measure.name: measure.title for measure in MEASURES}
    return ", ".join(f"{titles[name]} {one.values[name]:.2f}" for name in _SAID if name in one.values)
