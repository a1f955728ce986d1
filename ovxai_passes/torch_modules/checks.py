"""What modules and inputs can be explained, and how they are run: in evaluation mode, whatever mode they are in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import torch

from ovxai_passes.errors import OptionError
from ovxai_passes.methods.registry import method_spec
from ovxai_passes.option_groups.info_options import InfoOptions
from ovxai_passes.options import Options
from ovxai_passes.vocabulary import Contrast, Task

_OF_MODELS = (
    *("trim", "feature_vector", "only_map", "reference", "keep_quantization", "defaults", "contrast", "multi_label"),
    *("gradient_of", "level"),
    *("saliency_map_size", "threshold", "output_dtype", "colormap", "overlay"),
    *(field.name for field in fields(InfoOptions) if field.name != "labels"),
)


def check_options(options: Options) -> None:
    """Raises OptionError where options ask for what modules do not get."""
    if options.task not in (Task.AUTO, Task.CLASSIFICATION):
        raise OptionError(
            f"torch modules are explained as classifiers, not with task {options.task.value!r}: convert a detector "
            "first (openvino.convert_model)"
        )
    if len(options.methods) > 1:
        raise OptionError("a torch module gets the map of one method: insert each into the module by itself")
    spec = method_spec(options.methods[0]) if options.methods else None
    if options.is_best or (spec is not None and spec.takes_gradients):
        raise OptionError(
            f"method {options.methods[0].value!r} does not go with torch modules, which get maps without gradients: "
            "convert the module first (openvino.convert_model)"
        )
    for name in _OF_MODELS:
        if getattr(options, name) not in (getattr(Options, name), Contrast.NONE):
            raise OptionError(
                f"option {name!r} does not go with torch modules: convert the module first (openvino.convert_model)"
            )


def check_module(module: torch.nn.Module) -> None:
    """Raises OptionError for a module whose numbers are of another type than f32, or elsewhere than in the memory."""
    if isinstance(module, torch.jit.ScriptModule):
        raise OptionError("a scripted or traced module cannot be taken apart: give the torch.nn.Module it was made of")
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if tensor.device.type != "cpu":
            raise OptionError(
                f"the module's {name} is on device {str(tensor.device)!r}, but maps are inserted on the CPU: give "
                "module.cpu(), and move the result where it shall run"
            )
        if tensor.is_floating_point() and tensor.dtype is not torch.float32:
            kind = str(tensor.dtype).removeprefix("torch.")
            raise OptionError(f"the module's {name} is {kind}, but maps are inserted into float32: give module.float()")


def checked_example(example: Any) -> torch.Tensor:
    """A batch of two pictures like those given: a tensor [N,...] f32, or a tuple with one. Raises OptionError."""
    if isinstance(example, (tuple, list)) and len(example) == 1:
        example = example[0]
    if not isinstance(example, torch.Tensor):
        given = f"{len(example)} values" if isinstance(example, (tuple, list)) else type(example).__name__
        raise OptionError(
            f"example_input takes one tensor, as the module's forward does, not {given}: "
            "wrap a module with further inputs in one that takes the picture alone"
        )
    if example.dtype is not torch.float32:
        kind = str(example.dtype).removeprefix("torch.")
        raise OptionError(f"example_input is {kind}; the module takes float32: give example_input.float()")
    if example.ndim < 3 or not example.numel():
        raise OptionError(
            f"example_input has shape {list(example.shape)}; it takes a batch of pictures, as [1, 3, 224, 224]"
        )
    # noise, so that no two tensors of the network are equal by chance; two, because export fixes a batch of one
    generator = torch.Generator().manual_seed(0)
    return torch.randn(2, *example.shape[1:], generator=generator)


@contextmanager
def evaluated(module: torch.nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards each part is in the mode that it was in."""
    training = [one for one in module.modules() if one.training]
    for one in training:
        one.training = False
    try:
        with torch.no_grad():
            yield
    finally:
        for one in training:
            one.training = True
