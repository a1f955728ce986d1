"""Insertion and deletion: how soon a score comes with the pixels that a map marks most, and goes without them.

    AUC = mean of the score over steps, the ends counting half;  delta = insertion - deletion

Petsiuk, Das, Saenko: RISE, arXiv 1806.07421, section 4.1; pixels that are not there are 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.explanation import Explanation
from ovxai_passes.metrics.base import Array, ModelMetric, checked_class, fitting, maps_of, pairs


def area(scores: npt.NDArray[Any]) -> float:
    """The normalised area under scores at equal steps, by trapezes."""
    return float(np.abs((scores.sum() - scores[0] / 2 - scores[-1] / 2) / (len(scores) - 1)))


class InsertionDeletionAUC(ModelMetric):
    """Insertion AUC (larger is better) and deletion AUC (smaller is better)."""

    def __call__(
        self, saliency_map: Array, class_idx: int | None, input_image: Array, steps: int = 30, **_: Any
    ) -> dict[str, float]:
        """Both for a map [H,W] of a class (None: the best one) and its picture [H,W,C], in `steps` steps."""
        fitting(saliency_map, input_image)
        if steps < 1:
            raise OptionError(f"steps is a whole number from 1 on, not {steps}")
        scores = self.model_predicts(_changed(saliency_map, input_image, steps))
        best = (
            int(self.model_predict(input_image).argmax()) if class_idx is None else checked_class(class_idx, scores[0])
        )
        return {"insertion": area(scores[: steps + 1, best]), "deletion": area(scores[steps + 1 :, best])}

    def evaluate(
        self, explanations: Sequence[Explanation], input_images: Sequence[Array], steps: int = 30, **_: Any
    ) -> dict[str, float]:
        """The means over all maps, and "delta", insertion less deletion. Raises OptionError."""
        found = [
            self(saliency, target, image, steps)
            for explanation, image in pairs(explanations, input_images)
            for target, saliency in maps_of(explanation)
        ]
        if not found:
            raise OptionError("there is no map to evaluate")
        insertion, deletion = (float(np.mean([one[name] for one in found])) for name in ("insertion", "deletion"))
        return {"insertion": insertion, "deletion": deletion, "delta": insertion - deletion}


def _changed(saliency_map: Array, image: Array, steps: int) -> Iterator[Array]:
    """The picture with ever more of the marked pixels, then without ever more of them: 2 * (steps + 1)."""
    order = np.argsort(-saliency_map.astype(np.float64).reshape(-1), kind="stable")
    pixels = np.asarray(image).reshape(order.size, -1)
    for inserting in (True, False):
        for step in range(steps + 1):
            chosen = order[: step * order.size // steps]
            changed = np.zeros_like(pixels) if inserting else pixels.copy()
            changed[chosen] = pixels[chosen] if inserting else 0
            yield changed.reshape(np.asarray(image).shape)
