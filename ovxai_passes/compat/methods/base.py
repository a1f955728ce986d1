"""What all methods have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy.typing as npt
import openvino as ov

from ovxai_passes.explainer import Prediction
from ovxai_passes.torch_modules.kind import is_module

__all__ = ["CompiledModel", "MethodBase", "Model", "Prediction", "PreprocessFn", "check_model"]

Model = TypeVar("Model")
CompiledModel = TypeVar("CompiledModel")
PreprocessFn: TypeAlias = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]


def check_model(model: object) -> None:
    """Raises NotImplementedError for a torch module, ValueError for what is no model at all."""
    if is_module(model):
        raise NotImplementedError(
            "torch modules are not taken here: convert them first, openvino.convert_model(model, example_input=x)"
        )
    if model is not None and not isinstance(model, ov.Model):
        raise ValueError(f"model is an openvino.Model, not {type(model).__name__}")


class MethodBase:
    """A method of explanation."""

    @property
    def model_compiled(self) -> ov.CompiledModel | None:
        """The model as it is run, None before it is prepared."""
        return None
