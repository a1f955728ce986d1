"""The insertion as a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ovxai_passes.compat.common.parameters import Method, Task
from ovxai_passes.compat.common.utils import has_xai, logger
from ovxai_passes.compat.methods.base import Model
from ovxai_passes.compat.methods.white_box.torch import inserted_module
from ovxai_passes.explainer.white_box import insertion_options
from ovxai_passes.insert import insert_xai as insert
from ovxai_passes.torch_modules.kind import is_module

__all__ = ["Model", "insert_xai"]


def insert_xai(
    model: Any,
    task: Task,
    explain_method: Method | None = None,
    target_layer: str | Sequence[str] | None = None,
    embed_scaling: bool | None = True,
    **kwargs: Any,
) -> Any:
    """A model with the output `saliency_map`; one that has it is returned as it is, whatever else is asked for.

    `kwargs`: further options of `ovxai_passes.insert_xai`, and use_gaussian, cls_token, final_norm, optimize_gap.
    Of a torch module, `input_size` (H, W): without it and `example_input` maps are inserted at its first forward.
    Raises ValueError, OvxaiError.
    """
    if has_xai(model):
        logger.info("the model has a saliency map already and is returned as it is")
        return model
    if is_module(model):
        if task is not Task.CLASSIFICATION:
            raise NotImplementedError(f"torch modules are explained as classifiers, not as task {task}")
        return inserted_module(model, explain_method, target_layer, bool(embed_scaling), **kwargs)
    return insert(model, task, explain_method, target_layer, bool(embed_scaling), **insertion_options(kwargs))
