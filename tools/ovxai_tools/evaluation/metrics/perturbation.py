"""Insertion, deletion and ADCC of `ovxai_passes.metrics`, for pictures of the input's size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ovxai_passes.explainer import Explanation
from ovxai_passes.metrics import ADCC, InsertionDeletionAUC
from ovxai_tools.evaluation.compared.evaluated_model import EvaluatedModel
from ovxai_tools.evaluation.compared.shown import Floats, Shown, above_zero

Maker = Callable[[Sequence[Shown]], list[Floats]]

STEPS = 20


class Perturbation:
    """Asks a classifier about pictures that are changed as a map says."""

    def __init__(self, of: EvaluatedModel) -> None:
        self._of = of
        self._auc = InsertionDeletionAUC(of.model, of.input, of.shares)
        self._adcc = ADCC(of.model, of.input, of.shares, _no_explainer)

    def __call__(self, one: Shown, saliency: Floats, maker: Maker) -> dict[str, float]:
        """Insertion and ADCC (larger is better), deletion (smaller is better) of a map [H,W] that `maker` made."""
        self._adcc.explainer = lambda picture, **_: self._explained(replace(one, pixels=picture), maker)
        top = float(saliency.max())
        unit = saliency / np.float32(top) if top > 0 else saliency
        adcc = self._adcc(unit, one.target, one.pixels)["adcc"]
        return {**self._auc(saliency, one.target, one.pixels, STEPS), "adcc": adcc}

    def _explained(self, one: Shown, maker: Maker) -> Explanation:
        saliency = above_zero(maker([one])[0], one.pixels.shape[:2])
        return Explanation({one.target: saliency}, one.target, self._of.task)


def _no_explainer(*_: Any, **__: Any) -> Explanation:
    raise AssertionError("each call sets its own")
