"""A module as a graph of torch operations, and converted: both of any batch and of the sizes of one example."""

from __future__ import annotations

from typing import Any

import openvino as ov
import torch
from torch.utils import _pytree as pytree

from ovxai_passes.errors import OptionError
from ovxai_passes.sources.reasons import first_line_of, reason_of
from ovxai_passes.torch_modules.sizes import multiple_of_batch

_DECOMPOSED_NORM = torch.ops.aten._native_batch_norm_legit_no_training.default


class _Flat(torch.nn.Module):
    """A module that gives its tensors as a tuple, whatever the wrapped one keeps them in."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, picture: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The tensors, in order."""
        return tuple(one for one in pytree.tree_leaves(self.module(picture)) if isinstance(one, torch.Tensor))


def flat(module: torch.nn.Module, example: torch.Tensor) -> torch.nn.Module:
    """A module of tensors: itself where it gives one. Raises OptionError where it does not run."""
    try:
        found = module(example)
    except Exception as error:  # somebody else's code
        shape = list(example.shape)
        raise OptionError(
            f"the module does not take example_input, as float32 {shape}: {first_line_of(error)}"
        ) from error
    return module if isinstance(found, torch.Tensor) else _Flat(module)


def exported(module: torch.nn.Module, example: torch.Tensor) -> torch.fx.GraphModule:
    """The module as a graph of operations without side effects, of any batch. It shares the module's parameters.

    Raises OptionError.
    """
    any_batch = ({0: torch.export.Dim.AUTO},)
    try:
        program = torch.export.export(module, (example,), dynamic_shapes=any_batch, strict=False)
        if any(_writes(node) for node in program.graph.nodes):
            program = program.run_decompositions({})  # of none but what writes: takes as long as the export
        graph: Any = program.module(check_guards=False)
    except Exception as error:  # exporting raises many types; all of them mean that there is no graph of the module
        raise OptionError(
            f"torch.export does not take the module ({first_line_of(error)}): convert it "
            "(openvino.convert_model) and explain that"
        ) from error
    picture = next(node for node in graph.graph.nodes if node.op == "placeholder")
    if multiple_of_batch(picture.meta["val"].shape[0]) != 1:
        raise OptionError(
            "the module's code takes a fixed number of pictures, but masks are a batch of their own: convert it "
            "(openvino.convert_model) and explain that"
        )
    _restore_norms(graph)
    return graph


def converted(module: torch.nn.Module, example: torch.Tensor) -> ov.Model:
    """The module as an OpenVINO model of any batch. Raises OptionError."""
    try:
        return ov.convert_model(module, example_input=example, input=[-1, *example.shape[1:]])
    except Exception as error:  # the frontend raises many types; all of them mean that it does not know the module
        raise OptionError(f"OpenVINO does not convert the module: {reason_of(error)}") from error


def _writes(node: torch.fx.Node) -> bool:
    """Whether an operation writes into a tensor that it is given."""
    return isinstance(node.target, torch._ops.OpOverload) and bool(node.target._schema.is_mutable)


def _restore_norms(graph: torch.fx.GraphModule) -> None:
    """Batch norms as they were called: what they decompose into is not exported to ONNX by tracing."""
    for node in list(graph.graph.nodes):
        reads_norm = node.op == "call_function" and node.args and isinstance(node.args[0], torch.fx.Node)
        if not reads_norm or node.args[0].target is not _DECOMPOSED_NORM or node.args[1] != 0:
            continue
        value, weight, bias, mean, variance, momentum, epsilon = node.args[0].args
        with graph.graph.inserting_before(node):
            whole = graph.graph.call_function(
                torch.batch_norm, (value, weight, bias, mean, variance, False, momentum, epsilon, False)
            )
        whole.meta = node.meta
        node.replace_all_uses_with(whole)
