"""The definition of a method: `definition` in the module here that has the name of the method's own."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ovxai_passes.methods.spec import MethodSpec
from ovxai_passes.reference.given import Given

Definition = Callable[[Given], npt.NDArray[np.float32]]


def definition_of(spec: MethodSpec) -> Definition:
    """The function that computes the raw map by definition. Raises ImportError where a method has none."""
    name = spec.build.__module__.partition(".methods.")[2]
    module = importlib.import_module(f"{__package__}.{name}")
    definition: Definition = module.definition
    return definition
