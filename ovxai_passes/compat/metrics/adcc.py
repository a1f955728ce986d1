"""ADCC."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy.typing as npt
import openvino as ov

from ovxai_passes.compat.methods.base import PreprocessFn
from ovxai_passes.compat.metrics.base import BaseMetric
from ovxai_passes.explainer import Explanation
from ovxai_passes.metrics import adcc


class ADCC(BaseMetric, adcc.ADCC):
    """ADCC. `explainer`: what made the maps, called again with `kwargs`."""

    def __init__(
        self,
        model: ov.Model,
        preprocess_fn: PreprocessFn,
        postprocess_fn: Callable[[Mapping[Any, Any]], Any],
        explainer: Callable[..., Explanation],
        device_name: str = "CPU",
        **kwargs: Any,
    ) -> None:
        BaseMetric.__init__(self, model, preprocess_fn, postprocess_fn, device_name)
        self.explainer = explainer
        self.method_options = self.black_box_kwargs = kwargs

    def evaluate(
        self, explanations: Sequence[Explanation], input_images: Sequence[npt.NDArray[Any]], **kwargs: Any
    ) -> dict[str, float]:
        """ADCC of as many pictures as there are explanations, or the other way round."""
        count = min(len(explanations), len(input_images))
        return super().evaluate(explanations[:count], input_images[:count], **kwargs)
