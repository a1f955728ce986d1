"""The loop of an evaluation: every contestant on every picture and grid, several at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ovxai_passes.metrics.insertion_deletion_auc import area
from ovxai_tools.evaluation.compared.contestants import Contestant, Maker
from ovxai_tools.evaluation.compared.evaluated_model import EvaluatedModel
from ovxai_tools.evaluation.compared.shown import Floats, Shown, as_large
from ovxai_tools.evaluation.metrics.localisation import energy, pointing
from ovxai_tools.evaluation.metrics.perturbation import Perturbation
from ovxai_tools.evaluation.metrics.randomisation import mprt
from ovxai_tools.evaluation.metrics.road import Road
from ovxai_tools.evaluation.metrics.sensitivity import sensitivity
from ovxai_tools.evaluation.metrics.sparseness import sparseness
from ovxai_tools.evaluation.results.rows import Row, RowJournal
from ovxai_tools.evaluation.results.sketches import sketch_of

_TOGETHER = 8
_CELLS_TOGETHER = 36
"""Grids of 4 and of 9 cells as wholes: a grid is inferred once for all of its cells."""


@dataclass(frozen=True)
class GridSet:
    """Grids of side x side, each as one `Shown` a cell, and the model that they are shown to."""

    side: int
    of: EvaluatedModel
    grids: tuple[tuple[Shown, ...], ...]

    @property
    def cells(self) -> list[Shown]:
        """Those of all grids."""
        return [one for grid in self.grids for one in grid]


@dataclass(frozen=True)
class Evaluation:
    """What is measured, on what. `seed`: decides on all that is random."""

    of: EvaluatedModel
    shown: tuple[Shown, ...]
    grids: tuple[GridSet, ...]
    seed: int

    @property
    def maps(self) -> int:
        """How many maps each contestant makes."""
        return len(self.shown) + sum(len(some.cells) for some in self.grids)

    def run(self, contestants: Sequence[Contestant], journal: RowJournal, done: Callable[[int], None]) -> list[Row]:
        """All rows, those of an earlier run among them; `done`: told of every map."""
        for contestant in contestants:
            for rows in self._rows(contestant, journal, done):
                for row in rows:
                    journal.add(row)
                    done(1)
        return list(journal.rows.values())

    def _rows(
        self, contestant: Contestant, journal: RowJournal, done: Callable[[int], None]
    ) -> Iterator[Iterable[Row]]:
        """Rows of what is not measured yet, some at a time; `done`: told of maps that are there or not to be had."""

        def missing(shown: Sequence[Shown], together: int) -> Iterator[list[Shown]]:
            left = [one for one in shown if (contestant.name, one.key, one.target) not in journal.rows]
            done(len(shown) - len(left))
            yield from (left[start : start + together] for start in range(0, len(left), together))

        on_pictures = _OnPictures(self, contestant)
        yield from map(on_pictures.rows, missing(self.shown, _TOGETHER))
        for some in self.grids:
            on_grids = _OnGrids(some, contestant)
            for cells in missing(some.cells, _CELLS_TOGETHER):
                if on_grids.maker is None:
                    done(len(cells))
                else:
                    yield on_grids.rows(cells)

    @cached_property
    def perturbation(self) -> Perturbation | None:
        """Asks the model about changed pictures; None where it tells no scores."""
        return None if self.of.scored is None else Perturbation(self.of)

    @cached_property
    def road(self) -> Road:
        """Asks the model about pictures with pixels filled in."""
        return Road(self.of, self.seed)


@dataclass(frozen=True)
class _OnGrids:
    """The figures of one contestant's maps of grids."""

    of: GridSet
    contestant: Contestant

    @cached_property
    def maker(self) -> Maker | None:
        return self.contestant.maker_for(self.of.of)

    def rows(self, cells: Sequence[Shown]) -> Iterator[Row]:
        assert self.maker is not None, "seen to before"
        side = self.of.side
        for one, made in zip(cells, self.maker(cells), strict=True):
            saliency, inside = as_large(made, one.pixels.shape[:2]), one.inside
            values = {f"gridpg{side}": energy(saliency, inside), f"gridpointing{side}": pointing(saliency, inside)}
            yield Row(self.contestant.name, one.key, one.target, values)


@dataclass(frozen=True)
class _OnPictures:
    """The figures of one contestant's maps of pictures."""

    evaluation: Evaluation
    contestant: Contestant

    @cached_property
    def _random(self) -> list[Maker]:
        return self.contestant.random_makers(self.evaluation.seed)

    @cached_property
    def _maker(self) -> Maker:
        """What makes the maps, having made one: the first takes longer."""
        maker = self.contestant.maker
        maker(self.evaluation.shown[:1])
        return maker

    def rows(self, shown: Sequence[Shown]) -> Iterator[Row]:
        """A row for each picture and class; the maps are made together."""
        maker, before = self._maker, self.contestant.inferences
        started = time.perf_counter()
        made = maker(shown)
        seconds = (time.perf_counter() - started) / len(shown)
        inferences = (self.contestant.inferences - before) / len(shown)
        random = [some(shown) for some in self._random] if self.contestant.is_probed else []
        for place, (one, values) in enumerate(zip(shown, made, strict=True)):
            saliency = as_large(values, one.pixels.shape[:2])
            others = [as_large(some[place], saliency.shape) for some in random]
            curves = self._curves(one, saliency)
            taken = {"seconds": seconds, "inferences": inferences} if self.contestant.is_timed else {}
            figures = {**taken, **self._figures(one, saliency, others)}
            figures |= {name: _area(name, scores) for name, scores in curves.items()}
            yield Row(self.contestant.name, one.key, one.target, figures, curves, sketch_of(values))

    def _figures(self, one: Shown, saliency: Floats, others: list[Floats]) -> dict[str, float]:
        found = {**_at_boxes(one, saliency), "sparseness": sparseness(saliency)}
        if self.contestant.is_probed:
            found["sensitivity"] = sensitivity(one, saliency, self._maker, self.evaluation.seed)
        if others:
            found |= mprt(saliency, others)
        if self.evaluation.perturbation is not None:
            found["adcc"] = self.evaluation.perturbation.adcc(one, saliency, self._maker)
        return found

    def _curves(self, one: Shown, saliency: Floats) -> dict[str, list[float]]:
        """How the score of the class goes while the picture is changed as the map says."""
        evaluation = self.evaluation
        if evaluation.perturbation is None:
            return {}
        return {**evaluation.perturbation.curves(one, saliency), **evaluation.road.curves(one, saliency)}


def _area(name: str, scores: list[float]) -> float:
    """Of insertion and deletion the area under the scores, of ROAD their mean."""
    return area(np.array(scores)) if name in ("insertion", "deletion") else float(np.mean(scores))


def _at_boxes(one: Shown, saliency: Floats) -> dict[str, float]:
    """Energy and pointing at the boxes, where there are any, in the part of the input that is the picture."""
    if not one.boxes:
        return {}
    part, inside = saliency[one.place.slices], one.inside[one.place.slices]
    return {"energy": energy(part, inside), "pointing": pointing(part, inside)}
