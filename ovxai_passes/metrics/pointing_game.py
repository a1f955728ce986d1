"""The pointing game: is one of a map's largest values in a box of its class?

Zhang et al., Top-down Neural Attention by Excitation Backprop, arXiv 1608.00507, section 4.2, with boxes for masks.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.explanation import Explanation
from ovxai_passes.metrics.base import maps_of, pairs

_log = logging.getLogger(__name__)

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels."""


class PointingGame:
    """The pointing game; no model is needed."""

    def __call__(self, saliency_map: npt.NDArray[Any], image_gt_bboxes: Sequence[Box]) -> dict[str, float]:
        """1.0 where a largest value of a map [H,W] lies in a box, else 0.0, under "pointing_game"."""
        rows, columns = np.nonzero(saliency_map == saliency_map.max())
        inside = any(
            ((x <= columns) & (columns <= x + width) & (y <= rows) & (rows <= y + height)).any()
            for x, y, width, height in image_gt_bboxes
        )
        return {"pointing_game": float(inside)}

    def evaluate(
        self, explanations: Sequence[Explanation], gt_bboxes: Sequence[Mapping[str, Sequence[Box]]], **_: Any
    ) -> dict[str, float]:
        """The share of maps that point at a box of their class; `gt_bboxes`: of each picture, boxes by class name.

        Maps of classes without a box are left out; a map of all classes may point at any box. Raises OptionError.
        """
        hits = []
        for explanation, boxes in pairs(explanations, gt_bboxes):
            for target, saliency in maps_of(explanation):
                if target is None:
                    hits.append(self(saliency, [box for some in boxes.values() for box in some])["pointing_game"])
                    continue
                if explanation.label_names is None:
                    raise OptionError("boxes go by class name, so explanations need label_names")
                name = explanation.name_of(target)
                if name in boxes:
                    hits.append(self(saliency, boxes[name])["pointing_game"])
                else:
                    _log.info("there is no box of %s, so its map is left out", name)
        return {"pointing_game": float(np.mean(hits)) if hits else 0.0}
