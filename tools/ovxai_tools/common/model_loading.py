"""Reading the model that a command line names."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import openvino as ov

from ovxai_passes.model_info.read import read_model
from ovxai_passes.model_info.shapes import StatedShape, set_shapes
from ovxai_tools.demo import shipped as demo

_STDOUT, _STDERR = 1, 2


def load_model(name: str | Path, shapes: Sequence[StatedShape] = ()) -> ov.Model:
    """The model of a path or `demo:NAME`, with stated shapes. Raises ModelReadError, OptionError.

    What OpenVINO's frontends print themselves is left out: their errors come as exceptions as well.
    """
    path = demo.model_path(str(name)) if isinstance(name, str) else name
    with _without_noise():
        model = read_model(path)
    set_shapes(model, shapes)
    return model


@contextlib.contextmanager
def _without_noise() -> Iterator[None]:
    """Lead what libraries in C print to nowhere, for the whole process; what Python prints goes where it did.

    Only for the main thread of a command: two at a time would end with the wrong streams.
    """
    with contextlib.ExitStack() as undo:
        for number, name in ((_STDOUT, "stdout"), (_STDERR, "stderr")):
            try:
                kept = os.dup(number)
            except OSError:  # closed: nothing can be printed there
                continue
            undo.callback(os.close, kept)
            undo.callback(os.dup2, kept, number)
            _keep_python(name, number, kept, undo)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)
        yield


def _keep_python(name: str, number: int, kept: int, undo: contextlib.ExitStack) -> None:
    """Let Python's stream of a number print to `kept` meanwhile: another thread may say what takes so long."""
    stream = getattr(sys, name)
    try:
        if stream is None or stream.fileno() != number:
            return
    except (OSError, ValueError):  # a stream of somebody else's, without a number
        return
    stream.flush()
    meanwhile = os.fdopen(os.dup(kept), "w", encoding=stream.encoding, errors=stream.errors, buffering=1)
    setattr(sys, name, meanwhile)

    def back() -> None:
        setattr(sys, name, stream)
        meanwhile.close()

    undo.callback(back)
