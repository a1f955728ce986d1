"""Keras: a model, and the files .keras and .h5 that it saves itself in. Converted as the SavedModel that it exports."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import openvino as ov

from ovxai_passes.errors import ModelReadError
from ovxai_passes.sources.reasons import first_line_of
from ovxai_passes.sources.source import Source, imported

_ENDINGS = (".keras", ".h5")


def _declines(path: Path) -> str:
    return "" if path.suffix in _ENDINGS and path.is_file() else f"its name does not end in {' or '.join(_ENDINGS)}"


def _read(path: Path) -> ov.Model:
    keras = _keras(str(path))
    try:
        model = keras.models.load_model(path, compile=False)
    except Exception as error:  # damaged files and unknown layers raise many types
        raise ModelReadError(f"cannot read {path}: Keras does not load it ({first_line_of(error)})") from error
    return _convert(model)


def _is_one(given: object) -> bool:
    keras = sys.modules.get("keras")
    model = getattr(keras, "Model", None)
    return model is not None and isinstance(given, model)


def _convert(model: Any) -> ov.Model:
    _keras("a Keras model")
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            written = Path(folder) / "saved"
            with contextlib.redirect_stdout(io.StringIO()):
                model.export(written, verbose=False)
            found: ov.Model = ov.Core().read_model(written)
            found.validate_nodes_and_infer_types()
            return found
    except Exception as error:  # a subclassed model that was never called, layers that cannot be exported
        raise ModelReadError(f"the Keras model cannot be exported ({first_line_of(error)})") from error


def _keras(what: str) -> Any:
    """keras, with tensorflow, which exports. Raises MissingExtraError."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    imported("tensorflow", what, "keras")
    return imported("keras", what, "keras")


KERAS = Source("Keras model", _declines, _read, _is_one, _convert)
