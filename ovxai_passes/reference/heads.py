"""A head, compiled to be asked about features one by one."""

from __future__ import annotations

import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.head.cut import Head
from ovxai_passes.ops.precision import F32, HALVES


def compiled_head(head: Head) -> ov.CompiledModel:
    """The head at f32. Half floats are taken as f32, so that they are not rounded on their way in."""
    model = head.model.clone()
    for parameter in model.get_parameters():
        kind = parameter.get_element_type()
        if kind not in HALVES:
            continue
        readers = list(parameter.output(0).get_target_inputs())
        parameter.set_element_type(ov.Type.f32)
        parameter.validate_and_infer_types()
        half = ops.convert(parameter, kind.get_type_name())
        for reader in readers:
            reader.replace_source_output(half.output(0))
    model.validate_nodes_and_infer_types()
    return ov.compile_model(model, "CPU", F32)
