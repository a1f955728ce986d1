"""ADCC: the harmonic mean of coherency, 1 - complexity and 1 - average drop of a map.

    drop = max(0, y - o) / y            y: score of the picture, o: of the picture times its map
    coherency = (1 + r(map, map of the picture times its map)) / 2,  r: Pearson's correlation
    complexity = mean of the map, scaled to 0..1
    ADCC = 3 / (1 / coherency + 1 / (1 - complexity) + 1 / (1 - drop))

Poppi et al., Revisiting the Evaluation of Class Activation Mapping for Explainability, arXiv 2104.10252, section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import openvino as ov

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.explanation import Explanation
from ovxai_passes.metrics.base import Array, Floats, ModelMetric, Postprocess, checked_class, fitting, maps_of, pairs
from ovxai_passes.pictures.levels import scaling


class ADCC(ModelMetric):
    """ADCC (larger is better). `explainer`: what made the maps, called again on masked pictures with `kwargs`."""

    at_once = 2  # the picture, and the picture times its map

    def __init__(  # the interface of openvino_xai
        self,
        model: ov.Model,
        preprocess_fn: Callable[[Array], Array],
        postprocess_fn: Postprocess,
        explainer: Callable[..., Explanation],
        device_name: str = "CPU",
        **kwargs: Any,
    ) -> None:
        super().__init__(model, preprocess_fn, postprocess_fn, device_name)
        self.explainer = explainer
        self.method_options = kwargs

    def average_drop(self, masked_image: Array, class_idx: int, model_output: Floats) -> float:
        """How much of a score is lost with the picture times its map, 0 to 1."""
        return _drop(float(model_output[class_idx]), float(self.model_predict(masked_image)[class_idx]))

    def coherency(self, saliency_map: Floats, masked_image: Array, class_idx: int | None, image: Array) -> float:
        """How alike the map of the masked picture is, 0 to 1."""
        again = self.explainer(
            masked_image,
            targets=-1 if class_idx is None else class_idx,
            colormap=False,
            scaling=False,
            output_size=image.shape[:2],
            **self.method_options,
        )
        other = _unit(next(saliency for _, saliency in maps_of(again)))
        one, two = (values - values.mean() for values in (saliency_map.ravel(), other.ravel()))
        spread = float(np.sqrt((one**2).sum() * (two**2).sum()))
        return (float((one * two).sum()) / spread + 1) / 2 if spread > 0 else 0.5

    @staticmethod
    def complexity(saliency_map: Floats) -> float:
        """The mean of a map of 0..1."""
        return float(saliency_map.mean())

    def __call__(self, saliency_map: Array, class_idx: int | None, input_image: Array, **_: Any) -> dict[str, float]:
        """ADCC and its parts for a map [H,W] of a class (None: all classes together) and its picture [H,W,C]."""
        fitting(saliency_map, input_image)
        unit = _unit(saliency_map)
        masked = np.asarray(input_image * unit[:, :, None], np.float32)
        output, left = self.model_predicts([input_image, masked])
        best = int(output.argmax()) if class_idx is None else checked_class(class_idx, output)
        found = {
            "coherency": self.coherency(unit, masked, class_idx, input_image),
            "complexity": self.complexity(unit),
            "average_drop": _drop(float(output[best]), float(left[best])),
        }
        return {"adcc": _joined(**found), **found}

    def evaluate(
        self, explanations: Sequence[Explanation], input_images: Sequence[Array], **_: Any
    ) -> dict[str, float]:
        """ADCC of the means of its parts over all maps, and these. Raises OptionError."""
        found = [
            self(saliency, target, image)
            for explanation, image in pairs(explanations, input_images)
            for target, saliency in maps_of(explanation)
        ]
        if not found:
            raise OptionError("there is no map to evaluate")
        means = {
            name: float(np.mean([one[name] for one in found])) for name in ("coherency", "complexity", "average_drop")
        }
        return {"adcc": _joined(**means), **means}


def _drop(whole: float, left: float) -> float:
    """How much of a score is lost, 0 to 1."""
    return max(0.0, whole - left) / whole if whole > 0 else 0.0


def _joined(coherency: float, complexity: float, average_drop: float) -> float:
    parts = (coherency, 1 - complexity, 1 - average_drop)
    return 3 / sum(1 / part for part in parts) if min(parts) > 0 else 0.0


def _unit(saliency_map: Array) -> Floats:
    """A map of 0..1; one that is, stays as it is."""
    if saliency_map.dtype != np.uint8 and saliency_map.min() >= 0 and saliency_map.max() <= 1:
        return saliency_map.astype(np.float32)
    return np.asarray(scaling(saliency_map, cast_to_uint8=False, max_value=1), np.float32)
