"""Running models in tests."""

from __future__ import annotations

import hashlib
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.ops.precision import F32

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
    request = _compiled(model, F32 if config is None else config).create_infer_request()  # with no state of its own
    return np.array(request.infer(list(inputs))[name])


_KEPT = 6
_compiled_before: OrderedDict[tuple[object, ...], ov.CompiledModel] = OrderedDict()
"""The models that ran last, by their content: compiling takes most of the time of tests, which often run one twice."""


def _compiled(model: ov.Model, config: dict[str, str]) -> ov.CompiledModel:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, "model.xml"), Path(folder, "model.bin")]
        ov.serialize(model, *files)
        key = (*(hashlib.sha256(file.read_bytes()).digest() for file in files), *sorted(config.items()))
    if key not in _compiled_before:
        _compiled_before[key] = ov.compile_model(model, "CPU", config)
    _compiled_before.move_to_end(key)
    while len(_compiled_before) > _KEPT:
        _compiled_before.popitem(last=False)
    return _compiled_before[key]


def looped(build: Callable[[], ov.Model], image: Array, masks: Array, squeeze: bool = True) -> Floats:
    """Map [N,K,M] of a fixture with a mask input, mask by mask."""
    compiled = ov.compile_model(build(), "CPU", F32)
    rows = [np.array(compiled([image, mask])[0], np.float32) for mask in masks]
    rows = [row.reshape(len(row), -1) for row in rows] if squeeze else rows
    return np.stack(rows, -1)
