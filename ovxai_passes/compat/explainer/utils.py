"""Targets, and functions before and after a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.compat.common.utils import sigmoid, softmax
from ovxai_passes.explainer import ActivationType, get_postprocess_fn
from ovxai_passes.explainer.targets import asks_for_all, target_indices
from ovxai_passes.explainer.utils import postprocess_fn, preprocess_fn

__all__ = [
    "ActivationType",
    "convert_targets_to_numpy",
    "explains_all",
    "get_postprocess_fn",
    "get_preprocess_fn",
    "get_score",
    "get_target_indices",
    "postprocess_fn",
    "preprocess_fn",
]

Array = npt.NDArray[Any]

explains_all = asks_for_all

_ACTIVATIONS: dict[ActivationType, Callable[[Array], Array]] = {
    ActivationType.SOFTMAX: softmax,
    ActivationType.SIGMOID: sigmoid,
}


def convert_targets_to_numpy(targets: Any) -> Array:
    """Targets as an array of one axis. Raises ValueError for more axes."""
    found = np.atleast_1d(np.asarray(targets))
    if found.ndim > 1:
        raise ValueError(f"targets have at most one axis, not {found.ndim}")
    return found


def get_target_indices(targets: Any, label_names: Sequence[str] | None = None) -> list[int]:
    """Indices of targets, which may be names: of names in the order of classes. Raises ValueError."""
    found = convert_targets_to_numpy(targets)
    if label_names and np.issubdtype(found.dtype, np.str_) and not set(found.tolist()) <= set(label_names):
        raise ValueError("No all label names found in label_names. Check spelling.")
    indices = target_indices(found, label_names)
    return sorted(indices) if np.issubdtype(found.dtype, np.str_) else indices


def get_preprocess_fn(
    change_channel_order: bool = False,
    input_size: tuple[int, int] | None = None,
    mean: Array | tuple[float, ...] = (0.0, 0.0, 0.0),
    std: Array | tuple[float, ...] = (1.0, 1.0, 1.0),
    hwc_to_chw: bool = False,
    expand_zero_dim: bool = True,
) -> Callable[[Array], Array]:
    """`preprocess_fn` with these options."""
    return partial(
        preprocess_fn,
        change_channel_order=change_channel_order,
        input_size=input_size,
        mean=mean,
        std=std,
        hwc_to_chw=hwc_to_chw,
        expand_zero_dim=expand_zero_dim,
    )


def get_score(x: Array, index: int, activation: ActivationType = ActivationType.NONE) -> Any:
    """The activated score of a class, of logits [K] or [1,K], in their type."""
    scores = np.asarray(_ACTIVATIONS.get(activation, np.asarray)(x))
    return scores.reshape(-1)[index]
