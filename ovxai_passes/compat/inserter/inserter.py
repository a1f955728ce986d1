"""An output of a branch that is made already."""

from __future__ import annotations

import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.model_info.outputs import OUTPUT_NAME


def insert_xai_branch_into_model(model: ov.Model, xai_output_node: ov.Node, set_uint8: bool) -> ov.Model:
    """A model with the outputs of `model` and, of the last node of a branch on it, `saliency_map`; u8 if asked for."""
    last = xai_output_node
    if set_uint8 and last.get_output_element_type(0) != ov.Type.u8:
        last = ops.convert(last, "u8")
    result = ops.result(last)
    result.output(0).get_tensor().set_names({OUTPUT_NAME})
    return ov.Model([*(port.get_node() for port in model.outputs), result], model.get_parameters(), model.get_name())
