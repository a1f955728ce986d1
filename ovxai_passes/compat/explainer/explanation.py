"""Explanations, and the layouts of their maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.compat.common.utils import logger
from ovxai_passes.explainer import Layout, Prediction, explanation
from ovxai_passes.explainer.targets import Targets, asks_for_all, target_indices
from ovxai_passes.vocabulary import Task

__all__ = [
    "COLOR_MAPPED_LAYOUTS",
    "GRAY_LAYOUTS",
    "MULTIPLE_MAP_LAYOUTS",
    "ONE_MAP_LAYOUTS",
    "Explanation",
    "Layout",
]

Array = npt.NDArray[Any]

GRAY_LAYOUTS = {Layout.ONE_MAP_PER_IMAGE_GRAY, Layout.MULTIPLE_MAPS_PER_IMAGE_GRAY}
COLOR_MAPPED_LAYOUTS = {Layout.ONE_MAP_PER_IMAGE_COLOR, Layout.MULTIPLE_MAPS_PER_IMAGE_COLOR}
MULTIPLE_MAP_LAYOUTS = {Layout.MULTIPLE_MAPS_PER_IMAGE_GRAY, Layout.MULTIPLE_MAPS_PER_IMAGE_COLOR}
ONE_MAP_LAYOUTS = {Layout.ONE_MAP_PER_IMAGE_GRAY, Layout.ONE_MAP_PER_IMAGE_COLOR}


class Explanation(explanation.Explanation):
    """Maps of one picture. Raises RuntimeError for an empty array and for a batch of several pictures, ValueError.

    `total_num_targets`: how many maps there were before targets were chosen; None where they are given by target.
    """

    def __init__(
        self,
        saliency_map: Array | Mapping[int | str, Array],
        targets: Targets,
        task: Task,
        label_names: Sequence[str] | None = None,
        predictions: Mapping[int, Prediction] | None = None,
    ) -> None:
        self.total_num_targets: int | None = None
        if isinstance(saliency_map, np.ndarray):
            if saliency_map.size == 0 or len(saliency_map) > 1:
                raise RuntimeError(f"saliency_map is of one picture and not empty, not {list(saliency_map.shape)}")
            self.total_num_targets = saliency_map.shape[1] if saliency_map.ndim == 4 else 1
        super().__init__(saliency_map, targets, task, label_names, predictions)

    def plot(
        self,
        targets: Targets | None = None,
        backend: str = "matplotlib",
        max_num_plots: int = 24,
        num_columns: int = 4,
    ) -> None:
        """Show maps; targets without one are left out, which is logged. Raises ValueError."""
        if targets is not None and not asks_for_all(targets):
            for target in target_indices(targets, self.label_names):
                if target not in self.saliency_map:
                    logger.info("Provided class index %s is not available among saliency maps.", target)
        for saliency in self.saliency_map.values():
            if np.ndim(saliency) not in (2, 3):
                raise ValueError(f"Saliency map expected to be 3 or 2-dimensional, but got {np.ndim(saliency)}.")
        super().plot(targets, backend, max_num_plots, num_columns)
