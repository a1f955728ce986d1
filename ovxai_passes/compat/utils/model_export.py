"""Converting torch modules to ONNX, and ONNX to OpenVINO's format. Needs torch and onnx."""

from __future__ import annotations

from typing import Any

import openvino as ov


def export_to_onnx(model: Any, save_path: str, data_sample: Any, set_dynamic_batch: bool) -> None:
    """Write a torch module as ONNX: input `data`, of any batch with `set_dynamic_batch`, and output `logits`."""
    import torch  # noqa: PLC0415  # an optional extra, imported where used

    torch.onnx.export(
        model,
        (data_sample,),
        save_path,
        input_names=["data"],
        output_names=["logits"],
        dynamic_axes={"data": {0: "batch"}} if set_dynamic_batch else None,
        dynamo=False,
    )


def export_to_ir(model_path: str, save_path: str) -> None:
    """Write a model that OpenVINO reads as .xml and .bin."""
    ov.save_model(ov.convert_model(model_path), save_path)
