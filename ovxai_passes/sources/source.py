"""A source of models: what it takes, and how that is converted."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openvino as ov

from ovxai_passes.errors import MissingExtraError


@dataclass(frozen=True)
class Source:
    """A kind of model other than those that OpenVINO reads by itself.

    `kind`: what it is called. `declines`: why a path is no model of it; empty where it is one. `read`: the model at
    such a path. `is_one`, `convert`: the same of an object; None where the kind has none that is converted. `read` and
    `convert` raise ModelReadError, and MissingExtraError where the framework is not there.
    """

    kind: str
    declines: Callable[[Path], str]
    read: Callable[[Path], ov.Model]
    is_one: Callable[[object], bool] | None = None
    convert: Callable[[Any], ov.Model] | None = None


def imported(module: str, what: str, extra: str) -> Any:
    """A module of a framework that `what` needs. Raises MissingExtraError, which names the extra."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingExtraError(f"{what} needs {package}: pip install 'ovxai-passes[{extra}]'") from error
