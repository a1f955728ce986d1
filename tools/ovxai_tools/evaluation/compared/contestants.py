"""What is compared with each other: settings of methods, and baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from ovxai_passes.errors import TargetNotFoundError
from ovxai_passes.insert import Insertion, insert
from ovxai_tools.evaluation.compared.baselines import Baseline
from ovxai_tools.evaluation.compared.defined_maps import DefinedMaps
from ovxai_tools.evaluation.compared.evaluated_model import EvaluatedModel, MapMaker
from ovxai_tools.evaluation.compared.settings import FittingSetting
from ovxai_tools.evaluation.compared.shown import Floats, Shown, above_zero
from ovxai_tools.evaluation.metrics.randomisation import SHARES, randomised

Maker = Callable[[Sequence[Shown]], list[Floats]]


class Contestant(Protocol):
    """Something that makes maps."""

    @property
    def name(self) -> str:
        """What it is called in tables."""

    @property
    def is_probed(self) -> bool:
        """Whether its maps are made again for noisy pictures and random weights."""

    @property
    def is_timed(self) -> bool:
        """Whether what its maps take here is what they take in use."""

    @property
    def inferences(self) -> int:
        """How often the model has run for its maps."""

    @property
    def maker(self) -> Maker:
        """Maps of the model that is evaluated."""

    def maker_for(self, of: EvaluatedModel) -> Maker | None:
        """Maps of the same model at another size; None where that is not to be had."""

    def random_makers(self, seed: int) -> list[Maker]:
        """Maps of the model with ever more of its weights random; none of what does not look at the model."""


@dataclass(frozen=True)
class MethodContestant:
    """A setting of a method in a model."""

    of: EvaluatedModel
    fitting: FittingSetting

    @property
    def name(self) -> str:
        """The setting's."""
        return self.fitting.setting.name

    @property
    def is_probed(self) -> bool:
        """It is."""
        return True

    @property
    def inferences(self) -> int:
        """One a map."""
        return self.maker.inferences

    @property
    def is_timed(self) -> bool:
        """Of gradients the definition is asked, which is slow."""
        return not self.fitting.insertion.method.takes_gradients

    @cached_property
    def maker(self) -> MapMaker | DefinedMaps:
        """Its maps; compiled once."""
        return _maker(self.of, self.fitting.insertion)

    def maker_for(self, of: EvaluatedModel) -> Maker | None:
        """None where the method does not fit or costs too much at that size."""
        try:
            return _maker(of, insert(of.model, self.fitting.setting.options))
        except TargetNotFoundError:
            return None

    def random_makers(self, seed: int) -> list[Maker]:
        """One for each of SHARES."""
        return [
            _maker(replace(self.of, model=changed), insert(changed, self.fitting.setting.options))
            for changed in (randomised(self.of.model, share, seed) for share in SHARES)
        ]


def _maker(of: EvaluatedModel, insertion: Insertion) -> MapMaker | DefinedMaps:
    return DefinedMaps(of, insertion) if insertion.method.takes_gradients else MapMaker(of, insertion)


@dataclass(frozen=True)
class BaselineContestant:
    """A baseline, the same for every model."""

    name: str
    baseline: Baseline
    seed: int

    @property
    def is_probed(self) -> bool:
        """It knows nothing of the model."""
        return False

    @property
    def is_timed(self) -> bool:
        """It is."""
        return True

    @property
    def inferences(self) -> int:
        """None."""
        return 0

    @property
    def maker(self) -> Maker:
        """Its maps."""
        return lambda shown: [above_zero(one) for one in self.baseline(shown, self.seed)]

    def maker_for(self, of: EvaluatedModel) -> Maker:
        """The same at any size."""
        return self.maker

    def random_makers(self, seed: int) -> list[Maker]:
        """None: no weights."""
        return []
