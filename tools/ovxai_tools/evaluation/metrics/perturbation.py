"""Insertion, deletion and ADCC of `ovxai_passes.metrics`, for pictures of the input's size.

Insertion begins with the picture blurred, deletion ends with black, as in the paper of both (arXiv 1806.07421, section
4.1) and its code: a kernel of 11 pixels and a deviation of 5, and more in pictures larger than 224.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ovxai_passes.explainer import Explanation
from ovxai_passes.metrics import ADCC, InsertionDeletionAUC
from ovxai_passes.pictures.extras import opencv
from ovxai_tools.evaluation.compared.evaluated_model import EvaluatedModel
from ovxai_tools.evaluation.compared.shown import Floats, Levels, Shown, as_large
from ovxai_tools.evaluation.metrics.last_result import LastResult

Maker = Callable[[Sequence[Shown]], list[Floats]]

STEPS = 20
_REACH, _DEVIATION, _OF = 5, 5.0, 224


class Perturbation:
    """Asks a model about pictures that are changed as a map says."""

    def __init__(self, of: EvaluatedModel) -> None:
        assert of.scored is not None, "measured only where there are scores"
        self._of = of
        self._auc = InsertionDeletionAUC(of.scored.model, of.input, of.scored.read)
        self._adcc = ADCC(of.scored.model, of.input, of.scored.read, _no_explainer)
        self._curves = LastResult[dict[str, Floats]]()

    def curves(self, one: Shown, saliency: Floats) -> dict[str, list[float]]:
        """The scores of the class while a map [H,W] inserts pixels, and while it deletes them: STEPS + 1 each."""
        found = self._curves.of(
            one.pixels, saliency, lambda: self._auc.class_curves(saliency, one.pixels, STEPS, blurred(one.pixels))
        )
        return {name: [float(score) for score in scores[:, one.target]] for name, scores in found.items()}

    def adcc(self, one: Shown, saliency: Floats, maker: Maker) -> float:
        """ADCC of a map [H,W] that `maker` made; larger is better."""
        self._adcc.explainer = lambda picture, **_: self._explained(replace(one, pixels=picture), maker)
        top = float(saliency.max())
        unit = saliency / np.float32(top) if top > 0 else saliency
        return self._adcc(unit, one.target, one.pixels)["adcc"]

    def _explained(self, one: Shown, maker: Maker) -> Explanation:
        saliency = as_large(maker([one])[0], one.pixels.shape[:2])
        return Explanation({one.target: saliency}, one.target, self._of.task)


def blurred(pixels: Levels) -> Levels:
    """A picture without its details."""
    times = max(1.0, min(pixels.shape[:2]) / _OF)
    kernel = 2 * round(_REACH * times) + 1
    found: Levels = opencv("pictures that are blurred").GaussianBlur(pixels, (kernel, kernel), _DEVIATION * times)
    return found


def _no_explainer(*_: Any, **__: Any) -> Explanation:
    raise AssertionError("each call sets its own")
