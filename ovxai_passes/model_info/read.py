"""Reading a model, with errors that say what to do."""

from __future__ import annotations

import os
import time
from pathlib import Path

import openvino as ov

from ovxai_passes.errors import ModelReadError, OptionError, OvxaiError
from ovxai_passes.model_info.checksum import checksum_in, file_digest
from ovxai_passes.sources.reasons import reason_of
from ovxai_passes.sources.registry import converted_object, source_of

_OF_A_DEVICE = "ExecutionNode"
_ROOT_WITHIN = 4096  # bytes: an XML declaration and comments may stand before the root
_LOOKS, _PAUSE = 3, 0.05  # seconds; a writer's two renames take less


def read_model(path: str | os.PathLike[str]) -> ov.Model:
    """The model at a path that `openvino.Core().read_model` reads: .xml, .onnx, .tflite, .pb, .pdmodel, ...

    Also what other frameworks save (`sources/`): .pt2, .keras, .h5, a folder of Hugging Face. Where the framework is
    not installed, MissingExtraError names the extra.

    Where an .xml ends with the checksum of its weights (`checksum.py`), the .bin has to have it. Raises ModelReadError.
    """
    if not os.fspath(path):
        raise ModelReadError("the model's name is empty: name a model file (.xml, .onnx, .tflite, ...)")
    path = Path(path)
    try:
        return _read(path)
    except OvxaiError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise ModelReadError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error


def model_given(model: object) -> ov.Model:
    """The model that a caller gives: an `ov.Model`, a path, or a model of another framework that is converted.

    Raises OptionError, ModelReadError.
    """
    if isinstance(model, ov.CompiledModel):
        raise OptionError("a compiled model cannot be changed: give the openvino.Model that it was compiled from")
    if isinstance(model, (str, os.PathLike)):
        model = read_model(model)
    if not isinstance(model, ov.Model):
        model = converted_object(model) or model
    if not isinstance(model, ov.Model):
        raise OptionError(f"model takes an openvino.Model or a path, not {type(model).__name__}")
    if any(node.get_type_name() == _OF_A_DEVICE for node in model.get_ops()):
        raise OptionError(
            "this is a compiled model's runtime model, made for one device: give the openvino.Model that was compiled"
        )
    return model


def _read(path: Path) -> ov.Model:
    if not path.exists():
        raise ModelReadError(f"cannot read {path}: there is no such file")
    source = source_of(path)
    if source is not None:
        return source.read(path)
    if path.is_dir():
        if not (path / "saved_model.pb").exists():
            raise ModelReadError(
                f"cannot read {path}: it is a directory; name a model file (.xml, .onnx, .tflite, ...), or a folder "
                "that holds a SavedModel (saved_model.pb) or a model of Hugging Face (config.json)"
            )
    elif not path.is_file():  # a pipe would be waited for
        raise ModelReadError(f"cannot read {path}: it is a pipe or device; name a model file")
    elif path.stat().st_size == 0:
        raise ModelReadError(f"cannot read {path}: the file is empty")
    if path.suffix == ".xml":
        _check_pair(path, path.with_suffix(".bin"))
    try:
        return ov.Core().read_model(path)
    except Exception as error:  # frontends raise many types; all of them mean that the file is not a model they read
        raise ModelReadError(
            f"cannot read {path}: it is not a model that OpenVINO reads ({reason_of(error)})"
        ) from error


def _check_pair(path: Path, weights: Path) -> None:
    if b"<net" not in _beginning(path):
        raise ModelReadError(f"cannot read {path}: it is not an OpenVINO model (there is no <net> in it)")
    if not weights.exists():
        raise ModelReadError(f"cannot read {path}: its weights, {weights.name}, are not beside it")
    if not weights.is_file():
        raise ModelReadError(f"cannot read {path}: its weights, {weights.name}, are a folder, pipe or device, no file")
    for look in range(_LOOKS):  # again, if a writer was just replacing the pair
        wanted = checksum_in(path)
        if wanted is None or file_digest(weights) == wanted:
            return
        if look < _LOOKS - 1:
            time.sleep(_PAUSE)
    raise ModelReadError(
        f"cannot read {path}: {weights.name} is not the file that it was written with (its checksum is another): the "
        "writer was stopped between the two files, or one of them was replaced or damaged; write or copy both again"
    )


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_ROOT_WITHIN)
