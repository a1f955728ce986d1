"""Insertion and deletion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.compat.metrics.base import BaseMetric
from ovxai_passes.explainer import Explanation
from ovxai_passes.metrics import insertion_deletion_auc
from ovxai_passes.metrics.insertion_deletion_auc import area

__all__ = ["AUC", "InsertionDeletionAUC"]

Array = npt.NDArray[Any]

AUC = area


class InsertionDeletionAUC(BaseMetric, insertion_deletion_auc.InsertionDeletionAUC):
    """Insertion AUC and deletion AUC."""

    @staticmethod
    def step_image_insertion_deletion(
        num_pixels: int, sorted_indices: tuple[Array, Array], input_image: Array
    ) -> tuple[Array, Array]:
        """A picture of the first pixels alone, and without them; `sorted_indices`: rows and columns of pixels."""
        first = tuple(axis[:num_pixels] for axis in sorted_indices)
        inserted, deleted = np.zeros_like(input_image), input_image.copy()
        inserted[first], deleted[first] = input_image[first], 0
        return inserted, deleted

    def evaluate(
        self, explanations: Sequence[Explanation], input_images: Sequence[Array], steps: int = 30, **kwargs: Any
    ) -> dict[str, float]:
        """The means over as many pictures as there are explanations, or the other way round."""
        count = min(len(explanations), len(input_images))
        return super().evaluate(explanations[:count], input_images[:count], steps, **kwargs)
