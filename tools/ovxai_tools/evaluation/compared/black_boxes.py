"""Methods that ask the model about masked pictures, for comparison with maps in the graph; of classifiers only."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ovxai_passes.errors import MissingExtraError
from ovxai_passes.explainer.black_box.aise import AISEClassification
from ovxai_passes.explainer.black_box.rise import RISE
from ovxai_passes.explainer.black_box.running import Preset
from ovxai_passes.vocabulary import Method
from ovxai_tools.evaluation.compared.contestants import Maker
from ovxai_tools.evaluation.compared.evaluated_model import EvaluatedModel
from ovxai_tools.evaluation.compared.shown import Floats, Shown, above_zero

_METHODS: dict[Method, type[RISE | AISEClassification]] = {Method.RISE: RISE, Method.AISE: AISEClassification}


def black_boxes(of: EvaluatedModel, preset: Preset) -> list[BlackBoxContestant]:
    """RISE and AISE. Raises MissingExtraError before anything is measured."""
    if importlib.util.find_spec("scipy") is None:
        raise MissingExtraError("AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    return [BlackBoxContestant(of, method, preset) for method in _METHODS]


@dataclass
class BlackBoxContestant:
    """RISE or AISE with the masks of a preset. `inferences`: how often the model has run for its maps."""

    of: EvaluatedModel
    method: Method
    preset: Preset
    inferences: int = field(default=0, init=False)

    @property
    def name(self) -> str:
        """The method and its preset."""
        return f"{self.method.value} {self.preset.value}"

    @property
    def is_probed(self) -> bool:
        """It would take thousands of inferences more for each picture."""
        return False

    @property
    def is_timed(self) -> bool:
        """It is."""
        return True

    @property
    def maker(self) -> Maker:
        """Maps of the model that is evaluated."""
        return self.maker_for(self.of)

    def maker_for(self, of: EvaluatedModel) -> Maker:
        """Maps at any size."""
        assert of.scored is not None, "a classifier has scores"
        box = _METHODS[self.method](of.scored.model, of.scored.read, of.input)

        def made(shown: Sequence[Shown]) -> list[Floats]:
            before = box.inferences
            maps = [
                box.generate_saliency_map(one.pixels, [one.target], self.preset, scale_output=False)[one.target]
                for one in shown
            ]
            self.inferences += box.inferences - before
            return [above_zero(np.asarray(one, np.float32)) for one in maps]

        return made

    def random_makers(self, seed: int) -> list[Maker]:
        """None: see `is_probed`."""
        return []
