"""The Explainer, with the types and texts of errors that its callers know."""

from __future__ import annotations

import os
from typing import Any

import openvino as ov

from ovxai_passes.compat.common.parameters import Method, Task
from ovxai_passes.compat.common.utils import logger
from ovxai_passes.compat.explainer.explanation import Explanation
from ovxai_passes.compat.methods.base import check_model
from ovxai_passes.compat.methods.factory import BlackBoxMethodFactory, WhiteBoxMethodFactory
from ovxai_passes.errors import OptionError, OvxaiError
from ovxai_passes.explainer import ExplainMode, explainer, explanation
from ovxai_passes.explainer.call_options import BLACK_BOX_METHODS, ExplanationMethod
from ovxai_passes.explainer.found_outputs import postprocess_found
from ovxai_passes.explainer.targets import Targets
from ovxai_passes.torch_modules.kind import is_module
from ovxai_passes.value_checks import member

__all__ = ["ExplainMode", "Explainer"]

_FAILURES = (OvxaiError, ValueError, TypeError, RuntimeError, NotImplementedError)
"""What a white-box method raises where it does not fit."""


class Explainer(explainer.Explainer):
    """Explains what a model says of pictures.

    As the Explainer of this package, but: AUTO takes the black box of a detector where `postprocess_fn` is given and no
    `target_layer`; WHITEBOX raises RuntimeError where no map can be inserted; a black box without `postprocess_fn`
    raises ValueError where nothing is found that it could read.
    """

    explanation_of = Explanation

    def __call__(self, data: Any, targets: Targets = -1, *args: Any, **kwargs: Any) -> explanation.Explanation:
        """The same as `explain`; targets of None are all of them, as the documentation says."""
        return self.explain(data, -1 if targets is None else targets, *args, **kwargs)

    @staticmethod
    def model_of(model: Any) -> ov.Model:
        """The model: as OpenVINO reads it, where a path is given."""
        return ov.Core().read_model(model) if isinstance(model, (str, os.PathLike)) else model

    def create_method(self, explain_mode: ExplainMode, task: Task) -> ExplanationMethod:
        """The method for a mode. Raises ValueError, RuntimeError, and NotImplementedError for torch modules."""
        mode = member("explain_mode", ExplainMode, explain_mode)
        if self.model is None:
            raise ValueError("model is an openvino.Model or a path, not None")
        if not is_module(self.model) or task is not Task.CLASSIFICATION:
            check_model(self.model)
        without_layers = task is Task.DETECTION and self.target_layer is None and self.postprocess_fn is not None
        if mode is ExplainMode.BLACKBOX or (mode is ExplainMode.AUTO and without_layers):
            return self._black_box(self.explain_method)
        try:
            return self._white_box(self.explain_method, **self._given())
        except _FAILURES as error:
            if mode is ExplainMode.WHITEBOX:
                raise RuntimeError(f"Failed to insert XAI into the model -> {error} Try to use black-box.") from error
            logger.info("Failed to insert XAI into the model -> %s Using black-box mode.", error)
            if self.postprocess_fn is None and self.target_layer is not None:
                raise _no_postprocess_fn() from error
            return self._black_box(self.explain_method)

    def _given(self) -> dict[str, Any]:
        return {**super()._given(), "embed_scaling": bool(self.embed_scaling)}

    def _first_method(self) -> ExplanationMethod:
        return self.create_method(self.explain_mode, self.task)

    def _white_box(self, explain_method: Method | None, **options: Any) -> ExplanationMethod:
        found_by_itself = self.task is Task.DETECTION and options["target_layer"] is None
        if self.task not in (Task.CLASSIFICATION, Task.DETECTION) or found_by_itself:
            if explain_method in BLACK_BOX_METHODS:
                raise ValueError(f"Requested explanation method {explain_method} is not implemented.")
            return super()._white_box(explain_method, **options)
        return WhiteBoxMethodFactory.create_method(  # type: ignore[return-value]  # white-box methods all are
            self.task,
            self.model,
            self.preprocess_fn,
            explain_method,
            device_name=self.device_name,
            **options,
        )

    def _black_box(self, explain_method: Method | None) -> ExplanationMethod:
        try:
            read = self.postprocess_fn or postprocess_found(self.model, self.task)
        except OptionError as error:
            raise _no_postprocess_fn() from error
        return BlackBoxMethodFactory.create_method(  # type: ignore[return-value]  # black-box methods all are
            self.task, self.model, read, self.preprocess_fn, explain_method, self.device_name
        )


def _no_postprocess_fn() -> ValueError:
    return ValueError("Postprocess function has to be provided for the black-box mode.")
