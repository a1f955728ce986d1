"""Are the explained class scores unrounded? Looked up in the graph, without what found them."""

from __future__ import annotations

import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.op_traits import REDUCE_TYPES, SHAPE_KEEPING_TYPES, WINDOW_TYPES

from ovxai_passes.errors import VerificationError

_MIXING = REDUCE_TYPES | SHAPE_KEEPING_TYPES | WINDOW_TYPES | {"Einsum", "MatMul"}


def check_unrounded(model: ov.Model, scores: TensorId) -> None:
    """No FakeQuantize may stand between class scores and the last layer that mixes values. Raises VerificationError."""
    graph = ModelGraph(model)
    tensor = scores
    while (kind := graph.ops[tensor[0]].get_type_name()) not in _MIXING:
        if kind == "FakeQuantize":
            node = graph.ops[tensor[0]]
            raise VerificationError(
                f"the class scores are rounded to {node.get_attributes()['levels']} levels by the FakeQuantize "
                f"{node.get_friendly_name()}, which is not looked through; if that is meant, give --keep-quantization"
            )
        above = [source for source in graph.inputs_of(tensor[0]) if source[0] in graph.from_parameters]
        if len(above) != 1:
            return
        tensor = above[0]
