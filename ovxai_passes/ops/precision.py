"""The precision that values are compared at."""

from __future__ import annotations

F32 = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}
"""No rounding of a device's own: neither to bf16, nor of what is multiplied by 8-bit weights."""
