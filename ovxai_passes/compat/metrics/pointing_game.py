"""The pointing game."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ovxai_passes.compat.common.utils import logger
from ovxai_passes.compat.explainer.explanation import ONE_MAP_LAYOUTS
from ovxai_passes.compat.metrics.base import BaseMetric
from ovxai_passes.explainer import Explanation
from ovxai_passes.metrics import pointing_game
from ovxai_passes.metrics.pointing_game import Box


class PointingGame(BaseMetric, pointing_game.PointingGame):
    """The pointing game; no model is needed. Maps may be lists."""

    def __init__(self) -> None:
        pass  # there is no model to run

    def __call__(self, saliency_map: Any, image_gt_bboxes: Sequence[Box]) -> dict[str, float]:
        """1.0 where a largest value lies in a box, else 0.0."""
        return super().__call__(np.asarray(saliency_map), image_gt_bboxes)

    def evaluate(
        self, explanations: Sequence[Explanation], gt_bboxes: Sequence[Mapping[str, Sequence[Box]]], **_: Any
    ) -> dict[str, float]:
        """The share of maps that point at a box of their class.

        Raises AssertionError where there are not as many sets of boxes as explanations, or no label names.
        """
        assert len(explanations) == len(gt_bboxes), "there is a set of boxes for each explanation"
        for explanation, boxes in zip(explanations, gt_bboxes, strict=True):
            if explanation.layout in ONE_MAP_LAYOUTS:
                continue
            assert explanation.label_names is not None, "boxes go by class name, so explanations need label_names"
            for name in map(explanation.name_of, explanation.targets):
                if name not in boxes:
                    logger.info("No box of %s. Skip pointing game evaluation for this saliency map.", name)
        return super().evaluate(explanations, gt_bboxes)
