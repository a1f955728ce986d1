"""FakeQuantize written as arithmetic.

    y = round( (clip(x, il, ih) - il) / (ih - il) · (levels - 1) ) / (levels - 1) · (oh - ol) + ol

Plugins run FakeQuantize and the products around it in 8-bit kernels, off by up to 1 % of the range and by more where a
tensor holds one picture under many masks. Arithmetic is computed as it stands.

Values half way between two levels are rounded up, and half way begins a little (2^-12 of a level) earlier: means over
16 or 36 positions of quantised activations lie there exactly, and the last bit of a product must not decide.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.ops.constants import constant_like

_HALF = 0.5 + 2.0**-12


def spell_out(node: ov.Node) -> ov.Output:
    """Put arithmetic in the place of a FakeQuantize, for all its readers; returns its result."""
    value, in_low, in_high, out_low, out_high = node.input_values()
    element = node.get_output_element_type(0)
    steps = constant_like(np.array(node.get_attributes()["levels"] - 1), element)
    clipped = ops.minimum(ops.maximum(value, in_low), in_high)
    unit = ops.divide(ops.subtract(clipped, in_low), ops.subtract(in_high, in_low))
    level = ops.floor(ops.add(ops.multiply(unit, steps), constant_like(np.array(_HALF), element)))
    result = ops.add(ops.multiply(ops.divide(level, steps), ops.subtract(out_high, out_low)), out_low)
    node.output(0).replace(result.output(0))
    return result.output(0)
