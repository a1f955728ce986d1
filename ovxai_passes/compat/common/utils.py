"""Small functions: of models, maps, scores and pictures."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.explainer import scaling
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.model_info.recorded import is_augmented
from ovxai_passes.pictures.arrays import as_bhwc, is_bhwc, size_of
from ovxai_passes.torch_modules.kind import is_module

__all__ = [
    "SALIENCY_MAP_OUTPUT_NAME",
    "IdentityPreprocessFN",
    "format_to_bhwc",
    "get_min_max",
    "has_xai",
    "infer_size_from_image",
    "is_bhwc_layout",
    "logger",
    "scaling",
    "sigmoid",
    "softmax",
]

Array = npt.NDArray[Any]

logger = logging.getLogger("ovxai_passes.compat")
"""Without a handler or level of its own: those are the caller's."""

SALIENCY_MAP_OUTPUT_NAME = OUTPUT_NAME

is_bhwc_layout = is_bhwc
format_to_bhwc = as_bhwc
infer_size_from_image = size_of


def has_xai(model: object) -> bool:
    """Whether a model has a saliency map; a torch module says so itself. Raises ValueError for what is neither."""
    if isinstance(model, ov.Model):
        return is_augmented(model)
    if is_module(model):
        return bool(getattr(model, "has_xai", False))
    raise ValueError(f"model is an openvino.Model or a torch.nn.Module, not {type(model).__name__}")


def get_min_max(saliency_map: Array) -> tuple[Array, Array]:
    """The least and the largest value of each map [N,P], [N] both."""
    return saliency_map.min(-1), saliency_map.max(-1)


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x))."""
    return np.asarray(1 / (1 + np.exp(-x)))


def softmax(x: Array, axis: int = -1) -> Array:
    """Shares along an axis."""
    shares = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return np.asarray(shares / shares.sum(axis=axis, keepdims=True))


class IdentityPreprocessFN:
    """What it is given: pictures that are prepared already."""

    def __call__(self, x: Any) -> Any:
        """The same."""
        return x
