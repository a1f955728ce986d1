"""What a caller gives the runtime helper, looked at before it is used: every error says what to do."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.near_names import did_you_mean

from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.labels import names_of
from ovxai_passes.sources.reasons import reason_of

Array = npt.NDArray[Any]

NOT_OPTIONS = frozenset({"self", "data", "target_indices", "x"})
"""Parameters of methods that stand for themselves."""


def picture_array(data: Any, name: str = "data") -> Array:
    """A picture as an array of numbers with two to four axes. Raises OptionError."""
    if data is None or isinstance(data, (str, bytes, os.PathLike)):
        given = "None" if data is None else "a path"
        raise OptionError(f"{name} is a picture as an array [H,W,C], not {given}: read it first (PIL.Image.open, cv2)")
    try:
        found = np.asarray(data)
    except (ValueError, TypeError) as error:
        raise OptionError(f"{name} is a picture as an array [H,W,C], which {type(data).__name__} is not") from error
    if found.dtype.kind not in "biuf" or not found.size or found.ndim not in (2, 3, 4):
        raise OptionError(
            f"{name} is a picture as an array [H,W,C] or a batch of one, not {_told(data, found)}: give numbers of "
            "two to four axes"
        )
    return found


def _told(data: Any, found: Array) -> str:
    kind = type(data).__name__ if found.dtype.kind == "O" else str(found.dtype)
    return f"{list(found.shape)} of {kind}"


def fitting_input(x: Any, model: ov.Model, is_prepared: bool) -> Array:
    """What is made of a picture as the only input of a model takes it, with its batch.

    `is_prepared`: by a function of the caller's. Raises OptionError.
    """
    if len(model.inputs) != 1:
        raise OptionError(f"the Explainer takes models of one input, not of {len(model.inputs)}")
    shape = model.inputs[0].get_partial_shape()
    value = picture_array(x, "what preprocess_fn returns" if is_prepared else "data")
    if shape.rank.is_dynamic:
        return value
    fed = value[None] if value.ndim == len(shape) - 1 else value
    if ov.PartialShape(list(fed.shape)).compatible(shape):
        return fed
    made = "preprocess_fn returns" if is_prepared else "there is no preprocess_fn, and the picture is"
    raise OptionError(
        f"the model takes {shape}, but {made} {list(value.shape)}: give a preprocess_fn that resizes and lays out, as "
        "get_preprocess_fn(input_size=(width, height), hwc_to_chw=True)"
    )


@contextmanager
def told_by_the_runtime(what: str) -> Iterator[None]:
    """Raises OptionError where OpenVINO refuses inside the block."""
    try:
        yield
    except RuntimeError as error:
        raise OptionError(f"{what}: {reason_of(error)}") from error


def compiled(model: ov.Model, device: Any, config: Mapping[str, Any] | None = None) -> ov.CompiledModel:
    """A model, compiled for a device. Raises OptionError for devices that there are not."""
    if not isinstance(device, str) or not device:
        raise OptionError(f"device_name is the name of a device, as 'CPU', not {device!r}")
    core = ov.Core()
    try:
        return core.compile_model(model, device, dict(config or {}))
    except RuntimeError as error:
        devices = ", ".join(core.available_devices) or "none"
        raise OptionError(
            f"OpenVINO does not run the model on device_name={device!r}: {reason_of(error)} (devices here: {devices})"
        ) from error


def checked_function(name: str, value: Any, may_be_none: bool = False) -> Any:
    """A function, or None where that is allowed. Raises OptionError."""
    if callable(value) or (value is None and may_be_none):
        return value
    raise OptionError(f"{name} is a function, not {value!r}; see get_{name.removesuffix('_fn')}_fn for one")


def check_options(function: Callable[..., Any], options: Mapping[str, Any], whose: str) -> None:
    """Raises OptionError for options that a function does not take."""
    known = [name for name in inspect.signature(function).parameters if name not in NOT_OPTIONS]
    for name in options:
        if name not in known:
            there = f"there is {', '.join(known)}{did_you_mean(name, known)}"
            raise OptionError(f"{whose} takes no option {name!r}; {there}")


def checked_flag(name: str, value: Any) -> bool:
    """True or False. Raises OptionError."""
    if not isinstance(value, (bool, np.bool_)):
        hint = ": as an option of insert_xai it is given to the Explainer" if name == "scaling" else ""
        raise OptionError(f"option {name!r} is True or False, not {value!r}{hint}")
    return bool(value)


def checked_numbers(name: str, value: Any) -> list[float]:
    """One or more numbers above 0. Raises OptionError."""
    try:
        found = np.asarray(value, np.float64)
    except (ValueError, TypeError):
        found = np.zeros(0)
    if found.ndim != 1 or not found.size or not (np.isfinite(found).all() and found.min() > 0):
        raise OptionError(f"option {name!r} is a list of numbers above 0, not {value!r}")
    return [float(one) for one in found]


def checked_names(label_names: Any, classes: int | None, background: int | None = None) -> list[str] | None:
    """Names of classes, as many as there are `classes` (None: not known), see `names_of`. Raises OptionError."""
    if label_names is None:
        return None
    if isinstance(label_names, (str, bytes, Mapping)) or not isinstance(label_names, (Sequence, np.ndarray)):
        raise OptionError(f"label_names is a list of the classes' names in the model's order, not {label_names!r}")
    names = [str(one) for one in label_names]
    if classes is None:
        return names or None
    return list(names_of(names, classes, background)) or None
