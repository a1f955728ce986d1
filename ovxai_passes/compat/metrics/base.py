"""What metrics have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.compat.methods.base import PreprocessFn
from ovxai_passes.explainer.black_box.base import identity
from ovxai_passes.metrics.base import ModelMetric

Array = npt.NDArray[Any]


class BaseMetric(ModelMetric):
    """A metric that asks a model. `postprocess_fn` returns scores [1,K] or [K]."""

    def __init__(
        self,
        model: ov.Model,
        preprocess_fn: PreprocessFn = identity,
        postprocess_fn: Callable[[Mapping[Any, Any]], Any] | None = None,
        device_name: str = "CPU",
    ) -> None:
        rows = None if postprocess_fn is None else (lambda outputs: np.atleast_2d(postprocess_fn(outputs)))
        super().__init__(model, preprocess_fn, rows, device_name)
        self.model = model
        self.postprocess_fn = postprocess_fn

    @property
    def model_compiled(self) -> ov.CompiledModel:
        """The model as it is run."""
        return self._runner.compiled

    def model_predict(self, input: Array) -> Array:
        """The scores [K] of a picture."""
        return super().model_predict(input)
