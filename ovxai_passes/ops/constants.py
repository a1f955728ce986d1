"""Constants of a tensor's own element type."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops


def constant_like(value: npt.NDArray[np.generic], element_type: ov.Type) -> ov.Node:
    """`value` as a constant of a float type; bf16, which numpy lacks, by a Convert.

    Always of a C-contiguous copy: `ops.constant` makes an i16 constant, bits as they are, of other f16 arrays.
    """
    if element_type == ov.Type.bf16:
        return ops.convert(ops.constant(np.array(value, np.float32, order="C")), "bf16")
    return ops.constant(np.array(value, element_type.to_dtype(), order="C"))
