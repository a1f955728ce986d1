"""Running models in tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.model_info.tensor_values import F32

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]


def random_input(model: ov.Model, batch: int = 2, seed: int = 0) -> Array:
    """Random input for the first input of a model; `batch` where it is dynamic."""
    rng = np.random.default_rng(seed)
    shape = [dim.get_length() if dim.is_static else batch for dim in model.inputs[0].get_partial_shape()]
    dtype = model.inputs[0].get_element_type().to_dtype()
    if np.issubdtype(dtype, np.integer):
        return rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    return rng.standard_normal(shape).astype(dtype)


def run(model: ov.Model, *inputs: Array, name: str | int = 0, config: dict[str, str] | None = None) -> Array:
    """One output of a model on the CPU, at f32 unless a config is given."""
    compiled = ov.compile_model(model, "CPU", F32 if config is None else config)
    return np.array(compiled(list(inputs))[name])


def looped(build: Callable[[], ov.Model], image: Array, masks: Array, squeeze: bool = True) -> Floats:
    """Map [N,K,M] of a fixture with a mask input, mask by mask."""
    compiled = ov.compile_model(build(), "CPU", F32)
    rows = [np.array(compiled([image, mask])[0], np.float32) for mask in masks]
    rows = [row.reshape(len(row), -1) for row in rows] if squeeze else rows
    return np.stack(rows, -1)
