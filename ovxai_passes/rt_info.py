"""Reading what a model says of itself."""

from __future__ import annotations

import openvino as ov


def said_in(model: ov.Model, group: str, key: str, otherwise: str = "") -> str:
    """An entry of the model's rt_info as text: of "model_info", or of "ovxai"."""
    path = [group, key]
    return str(model.get_rt_info(path).astype(str)) if model.has_rt_info(path) else otherwise
