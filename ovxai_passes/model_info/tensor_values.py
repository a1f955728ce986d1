"""The values that tensors inside a model have for given inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph, TensorId

from ovxai_passes.ops.precision import F32, HALVES

Array = npt.NDArray[np.generic]


def tensors_at(
    model: ov.Model, tensors: Sequence[TensorId], inputs: Sequence[Array], before: Sequence[Sequence[Array]] = ()
) -> list[Array]:
    """The values of tensors of a model for given inputs, at f32 on the CPU.

    `before`: inputs of earlier inferences, for a model with a state.
    """
    return last_of(ov.compile_model(probe_of(model, tensors), "CPU", F32), [*before, inputs])


def probe_of(model: ov.Model, tensors: Sequence[TensorId]) -> ov.Model:
    """A copy of a model whose outputs are tensors inside it."""
    clone = model.clone()
    graph = ModelGraph(clone)
    probes = [ops.result(_unrounded(graph.output(tensor))) for tensor in tensors]
    return ov.Model(probes, clone.get_sinks(), clone.get_parameters(), "probe")


def _unrounded(output: ov.Output) -> ov.Output | ov.Node:
    """Half floats as the f32 that they are computed in: as a result of their own type they would be rounded."""
    return ops.convert(output, "f32") if output.get_element_type() in HALVES else output


def last_of(compiled: ov.CompiledModel, inferences: Sequence[Sequence[Array]]) -> list[Array]:
    """The outputs of the last of several inferences that start from the initial state."""
    request = compiled.create_infer_request()
    for inputs in inferences:
        results = request.infer(list(inputs))
    return [np.array(results[place]) for place in range(len(compiled.outputs))]
