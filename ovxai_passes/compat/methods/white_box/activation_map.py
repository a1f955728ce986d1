"""ActivationMap: one map for all classes."""

from __future__ import annotations

from ovxai_passes.compat.methods.white_box.base import InsertedMethod
from ovxai_passes.compat.methods.white_box.torch import TorchActivationMap
from ovxai_passes.vocabulary import Method


class ActivationMap(InsertedMethod):
    """The mean of the feature map over its channels."""

    METHOD = Method.ACTIVATIONMAP
    OF_MODULES = TorchActivationMap
    per_class = False
