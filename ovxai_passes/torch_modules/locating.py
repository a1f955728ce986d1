"""The target of a module, in what it is converted to: found as of any model, or the output of a part that is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import openvino as ov
import torch
from ovxai_patterns.analysis.graph import ModelGraph, NoLayer, TensorId

from ovxai_passes.errors import OptionError, TargetNotFoundError
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.options import Options
from ovxai_passes.passes.insert_saliency_map import with_branches
from ovxai_passes.passes.state import InsertionState
from ovxai_passes.torch_modules.checks import check_options
from ovxai_passes.torch_modules.matching import closest


def located(model: ov.Model, module: torch.nn.Module, picture: torch.Tensor, options: Options) -> InsertionState:
    """The stages up to the branch, over the converted module. Raises OptionError, TargetNotFoundError, TooCostlyError.

    `target_layer` is the path of a part of the module, as "layer4.1" or "blocks.11", or a name in the converted one.
    """
    layers = [_named(model, module, picture, layer) for layer in options.target_layers]
    if layers:
        options = replace(options, target_layer=tuple(layers))
    (state,) = with_branches(model, options)
    assert state.task is not None, "the stages have been run"
    check_options(replace(options, task=state.task.name, method=None))
    return state


def _named(model: ov.Model, module: torch.nn.Module, picture: torch.Tensor, layer: str) -> str:
    """The name of a layer of the model: that whose output is that of the part of the module, which becomes its name."""
    graph = ModelGraph(model)
    part = dict(module.named_modules()).get(layer)
    if part is None or not layer:
        if isinstance(graph.layer_named(layer), NoLayer):
            paths = tuple(name for name, _ in module.named_children())
            raise TargetNotFoundError(
                f"target_layer {layer!r} is neither the path of a part of the module nor a layer of what it is "
                "converted to",
                candidates=paths[:10],
            )
        return layer
    value = _output_of(module, part, layer, picture)
    tensors = [tensor for tensor in _float_tensors(graph) if _rank(graph, tensor) == value.ndim]
    values = tensors_at(model, tensors, [picture.numpy()])
    place = closest(value.numpy(), values)
    if place is None:
        raise TargetNotFoundError(
            f"the output of {layer!r}, {list(value.shape)}, is no tensor of the converted module: the conversion has "
            "joined it with what follows; name a part that ends a block"
        )
    graph.ops[tensors[place][0]].set_friendly_name(layer)
    return layer


def _output_of(module: torch.nn.Module, part: torch.nn.Module, name: str, picture: torch.Tensor) -> torch.Tensor:
    """What a part gives in the last of its runs."""
    given: list[Any] = []
    hook = part.register_forward_hook(lambda _part, _inputs, output: given.append(output))
    try:
        module(picture)
    finally:
        hook.remove()
    if not given or not isinstance(given[-1], torch.Tensor):
        raise OptionError(f"target_layer {name!r} gives no tensor in a run of the module: name another part")
    return given[-1].clone()  # what follows may write into it


def _float_tensors(graph: ModelGraph) -> list[TensorId]:
    """Tensors of floats that follow from the picture."""
    places = sorted(graph.from_parameters)
    outputs = [graph.ops[place].outputs() for place in places]
    tensors = [graph.id_of(output) for one in outputs for output in one if output.get_element_type().is_real()]
    return [tensor for tensor in tensors if graph.ops[tensor[0]].get_type_name() not in ("Parameter", "Result")]


def _rank(graph: ModelGraph, tensor: TensorId) -> int:
    rank = graph.output(tensor).get_partial_shape().rank
    return int(rank.get_length()) if rank.is_static else -1
