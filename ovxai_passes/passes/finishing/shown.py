"""What pictures of a map ask of a model."""

from __future__ import annotations

import openvino as ov
from ovxai_patterns.wording import Named, worded

from ovxai_passes.errors import OptionError
from ovxai_passes.passes.state import InsertionState, left


def check_some_classes(state: InsertionState, option: str) -> None:
    """Raises OptionError where there would be a picture for each of all classes."""
    method, target = left(state.method, "method", "Locate"), left(state.target, "target", "Locate")
    chosen = state.options.top_k is not None or state.options.classes is not None
    if method.per_class and not chosen and target.classes > 1:
        raise OptionError(
            worded(
                "{option} makes a picture of each map, and there is one for each of {count} classes: choose some "
                "({top_k}, {classes}), or a method of one map for all (activationmap, eigencam)",
                option=Named(option),
                count=target.classes,
            )
        )


def check_free(model: ov.Model, name: str, option: str) -> None:
    """Raises OptionError where an output has the name already."""
    if any(name in port.get_names() for port in model.outputs):
        said = worded(
            "the model has an output named {name} already: leave {option} out", name=name, option=Named(option)
        )
        raise OptionError(said)
