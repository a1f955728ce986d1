"""The precision that values are compared at."""

from __future__ import annotations

import openvino as ov

F32 = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}
"""No rounding of a device's own: neither to bf16, nor of what is multiplied by 8-bit weights."""

HALVES = (ov.Type.f16, ov.Type.bf16)
"""Floats that a CPU may compute in f32 and round where they leave the model."""
