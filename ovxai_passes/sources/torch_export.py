"""What torch.export makes: an ExportedProgram, and the file .pt2 that torch.export.save writes of it."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import openvino as ov

from ovxai_passes.errors import ModelReadError
from ovxai_passes.sources.reasons import first_line_of, reason_of
from ovxai_passes.sources.source import Source, imported

_ENDING = ".pt2"
_WEIGHTS = (".pt", ".pth", ".safetensors")


def _declines(path: Path) -> str:
    taken = path.is_file() and path.suffix in (_ENDING, *_WEIGHTS)
    return "" if taken else f"its name does not end in {_ENDING}"


def _read(path: Path) -> ov.Model:
    if path.suffix in _WEIGHTS:
        raise ModelReadError(
            f"cannot read {path}: a {path.suffix} file holds weights without their network; give the module in Python "
            "(insert_xai), or write it by torch.export.save, as .pt2"
        )
    torch = imported("torch", f"{path}, of torch.export,", "torch")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.load(path)
    except Exception as error:  # damaged files raise many types
        raise ModelReadError(f"cannot read {path}: torch.export does not load it ({first_line_of(error)})") from error
    return _convert(program)


def _is_one(given: object) -> bool:
    export = sys.modules.get("torch.export")
    return export is not None and isinstance(given, export.ExportedProgram)


def _convert(program: Any) -> ov.Model:
    """The program as a model, of the sizes that it was exported for; those that it leaves open are open."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = ov.convert_model(program)
        inputs = {name for spec in program.graph_signature.input_specs for name in _user_input(spec)}
        values = [node.meta["val"] for node in program.graph.nodes if node.name in inputs]
        sizes = [[size if isinstance(size, int) else _fixed(size) for size in value.shape] for value in values]
        model.reshape({port: ov.PartialShape(size) for port, size in zip(model.inputs, sizes, strict=True)})
    except Exception as error:  # the frontend raises many types; all of them mean that it does not know the program
        raise ModelReadError(f"OpenVINO does not convert the ExportedProgram: {reason_of(error)}") from error
    return model


def _user_input(spec: Any) -> list[str]:
    return [spec.arg.name] if spec.kind.name == "USER_INPUT" else []


def _fixed(size: Any) -> int:
    """A size that torch keeps as a symbol: its number, -1 where it is open."""
    number = size.node.maybe_as_int()
    return -1 if number is None else int(number)


TORCH_EXPORT = Source("ExportedProgram", _declines, _read, _is_one, _convert)
