"""EigenCAM, which openvino_xai does not have: one map for all classes."""

from __future__ import annotations

from ovxai_passes.compat.methods.white_box.base import InsertedMethod
from ovxai_passes.compat.methods.white_box.torch import TorchEigenCAM
from ovxai_passes.vocabulary import Method


class EigenCAM(InsertedMethod):
    """The feature map on its first principal component over channels."""

    METHOD = Method.EIGENCAM
    OF_MODULES = TorchEigenCAM
    per_class = False
