"""Insertion and deletion: how soon a score comes with the pixels that a map marks most, and goes without them.

    AUC = mean of the score over steps, the ends counting half;  delta = insertion - deletion

Petsiuk, Das, Saenko: RISE, arXiv 1806.07421, section 4.1; pixels that are not there are 0, or those of another picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.explanation import Explanation
from ovxai_passes.metrics.base import Array, Floats, ModelMetric, checked_class, fitting, maps_of, pairs


def area(scores: npt.NDArray[Any]) -> float:
    """The normalised area under scores at equal steps, by trapezes."""
    return float(np.abs((scores.sum() - scores[0] / 2 - scores[-1] / 2) / (len(scores) - 1)))


class InsertionDeletionAUC(ModelMetric):
    """Insertion AUC (larger is better) and deletion AUC (smaller is better)."""

    def __call__(
        self, saliency_map: Array, class_idx: int | None, input_image: Array, steps: int = 30, **_: Any
    ) -> dict[str, float]:
        """Both for a map [H,W] of a class (None: the best one) and its picture [H,W,C], in `steps` steps."""
        return {name: area(scores) for name, scores in self.curves(saliency_map, class_idx, input_image, steps).items()}

    def curves(
        self,
        saliency_map: Array,
        class_idx: int | None,
        input_image: Array,
        steps: int = 30,
        inserted_into: Array | None = None,
    ) -> dict[str, Floats]:
        """The scores behind both areas, f32 [steps + 1] each, from no pixel moved to all of them.

        `inserted_into`: the picture [H,W,C] that insertion begins with, as a blurred one; None: zeros.
        """
        scores = self.class_curves(saliency_map, input_image, steps, inserted_into)
        known = scores["insertion"][0]
        best = int(self.model_predict(input_image).argmax()) if class_idx is None else checked_class(class_idx, known)
        return {name: found[:, best] for name, found in scores.items()}

    def class_curves(
        self, saliency_map: Array, input_image: Array, steps: int = 30, inserted_into: Array | None = None
    ) -> dict[str, Floats]:
        """The scores of all classes, f32 [steps + 1,K] each: what several classes with one map have in common."""
        fitting(saliency_map, input_image)
        if steps < 1:
            raise OptionError(f"steps is a whole number from 1 on, not {steps}")
        image = np.asarray(input_image)
        empty = np.zeros_like(image)
        start = empty if inserted_into is None else np.asarray(inserted_into)
        changed = chain(_moved(saliency_map, image, start, steps), _moved(saliency_map, empty, image, steps))
        scores = self.model_predicts(changed)
        return {"insertion": scores[: steps + 1], "deletion": scores[steps + 1 :]}

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


def _moved(saliency_map: Array, source: Array, target: Array, steps: int) -> Iterator[Array]:
    """`target` with ever more of the pixels that the map marks most taken from `source`: steps + 1 pictures."""
    order = np.argsort(-saliency_map.astype(np.float64).reshape(-1), kind="stable")
    pixels = source.reshape(order.size, -1)
    for step in range(steps + 1):
        chosen = order[: step * order.size // steps]
        changed = target.reshape(order.size, -1).copy()
        changed[chosen] = pixels[chosen]
        yield changed.reshape(target.shape)
