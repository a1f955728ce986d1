"""The loop of an evaluation: every contestant on every picture and grid, one map at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ovxai_tools.evaluation.compared.contestants import Contestant, Maker
from ovxai_tools.evaluation.compared.evaluated_model import EvaluatedModel
from ovxai_tools.evaluation.compared.shown import Floats, Shown, above_zero
from ovxai_tools.evaluation.metrics.localisation import energy, pointing
from ovxai_tools.evaluation.metrics.perturbation import Perturbation
from ovxai_tools.evaluation.metrics.randomisation import mprt
from ovxai_tools.evaluation.metrics.road import road
from ovxai_tools.evaluation.metrics.sensitivity import sensitivity
from ovxai_tools.evaluation.metrics.sparseness import sparseness
from ovxai_tools.evaluation.results.rows import Row, RowJournal


@dataclass(frozen=True)
class GridSet:
    """Grids of side x side, each as one `Shown` a cell, and the model that they are shown to."""

    side: int
    of: EvaluatedModel
    grids: tuple[tuple[Shown, ...], ...]


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
        return len(self.shown) + sum(len(cells) for some in self.grids for cells in some.grids)

    def run(self, contestants: Sequence[Contestant], journal: RowJournal, done: Callable[[int], None]) -> list[Row]:
        """All rows, those of an earlier run among them; `done`: told of every map."""
        for contestant in contestants:
            for row in self._rows(contestant, journal):
                if row is not None:
                    journal.add(row)
                done(1)
        return list(journal.rows.values())

    def _rows(self, contestant: Contestant, journal: RowJournal) -> Iterator[Row | None]:
        """A row for each map; None for what is there already, or not to be had."""
        on_pictures = _OnPictures(self, contestant)
        for one in self.shown:
            is_there = (contestant.name, one.key, one.target) in journal.rows
            yield None if is_there else Row(contestant.name, one.key, one.target, on_pictures.figures(one))
        for some in self.grids:
            cells = [one for grid in some.grids for one in grid]
            missing = [one for one in cells if (contestant.name, one.key, one.target) not in journal.rows]
            maker = contestant.maker_for(some.of) if missing else None
            for one in cells:
                is_made = maker is not None and one in missing
                yield _in_grid(contestant.name, one, maker, some.side) if is_made and maker is not None else None

    @cached_property
    def perturbation(self) -> Perturbation:
        """Asks a classifier about changed pictures."""
        return Perturbation(self.of)


def _in_grid(contestant: str, one: Shown, maker: Maker, side: int) -> Row:
    saliency = above_zero(maker([one])[0], one.pixels.shape[:2])
    inside = one.inside
    values = {f"gridpg{side}": energy(saliency, inside), f"gridpointing{side}": pointing(saliency, inside)}
    return Row(contestant, one.key, one.target, values)


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

    def figures(self, one: Shown) -> dict[str, float]:
        maker = self._maker
        started = time.perf_counter()
        made = maker([one])[0]
        seconds = time.perf_counter() - started
        saliency = above_zero(made, one.pixels.shape[:2])
        found = {"seconds": seconds, **_at_boxes(one, saliency), "sparseness": sparseness(saliency)}
        if not self.contestant.is_baseline:
            seed = self.evaluation.seed
            found["sensitivity"] = sensitivity(one, saliency, maker, seed)
            found |= mprt(saliency, [above_zero(random([one])[0], saliency.shape) for random in self._random])
        if self.evaluation.of.is_classifier:
            found |= self.evaluation.perturbation(one, saliency, maker)
            found |= road(one, saliency, self.evaluation.of, self.evaluation.seed)
        return found


def _at_boxes(one: Shown, saliency: Floats) -> dict[str, float]:
    """Energy and pointing at the boxes, where there are any, in the part of the input that is the picture."""
    if not one.boxes:
        return {}
    part, inside = saliency[one.place.slices], one.inside[one.place.slices]
    return {"energy": energy(part, inside), "pointing": pointing(part, inside)}
