"""What black-box methods have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.compat.methods.base import MethodBase, PreprocessFn, check_model
from ovxai_passes.compat.methods.black_box.utils import check_classification_output, checking
from ovxai_passes.explainer import Preset
from ovxai_passes.explainer.black_box.base import BlackBox, identity
from ovxai_passes.explainer.black_box.running import Runner

__all__ = ["BlackBoxXAIMethod", "Preset"]


class BlackBoxXAIMethod(MethodBase, BlackBox):
    """A method that asks a model about masked pictures. `postprocess_fn`: from outputs to scores [1,K], or boxes."""

    def __init__(
        self,
        model: ov.Model,
        postprocess_fn: Callable[[Mapping[Any, Any]], Any],
        preprocess_fn: PreprocessFn = identity,
        device_name: str = "CPU",
        prepare_model: bool = True,
    ) -> None:
        check_model(model)
        super().__init__(model, checking(postprocess_fn, self.check), preprocess_fn, device_name, prepare_model)
        self.postprocess_fn = postprocess_fn

    @property
    def model_compiled(self) -> ov.CompiledModel | None:
        """The model as it is run, None before it is prepared."""
        runner: Runner | None = self.__dict__.get("_runner")
        return None if runner is None else runner.compiled

    @staticmethod
    def check(x: Any) -> None:
        """Raises RuntimeError for what a postprocess_fn should not return."""
        check_classification_output(x)

    def prepare_model(self, load_model: bool = True) -> ov.Model:
        """Compile the model, with `load_model`; returns it."""
        return super().prepare_model() if load_model else self._model

    def get_logits(self, data_preprocessed: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The scores [1,K] of a picture that is prepared already."""
        return np.asarray(self.run_one(data_preprocessed))
