"""ActivationMap: one map for all classes."""

from __future__ import annotations

from typing import Any

import openvino as ov

from ovxai_passes.compat.methods.base import PreprocessFn
from ovxai_passes.compat.methods.white_box.base import InsertedMethod
from ovxai_passes.compat.methods.white_box.torch import TorchActivationMap
from ovxai_passes.explainer.black_box.base import identity
from ovxai_passes.vocabulary import Method


class ActivationMap(InsertedMethod):
    """The mean of the feature map over its channels."""

    METHOD = Method.ACTIVATIONMAP
    OF_MODULES = TorchActivationMap
    per_class = False

    def __init__(
        self,
        model: ov.Model,
        preprocess_fn: PreprocessFn = identity,
        target_layer: str | None = None,
        embed_scaling: bool = True,
        device_name: str = "CPU",
        prepare_model: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(model, preprocess_fn, target_layer, embed_scaling, device_name, **options)
        if prepare_model:
            self.prepare_model()
