"""Are the outputs of a model those of another, to the bit?"""

from __future__ import annotations

import numpy as np
import openvino as ov

from ovxai_passes.ops.precision import F32

PRECISIONS: dict[str, dict[str, str]] = {"f32": F32, "default": {}}


def changed_outputs(model: ov.Model, augmented: ov.Model, inputs: int = 8) -> list[str]:
    """What differs, a line for each precision, input and output of `model`. A state passes from input to input."""
    rng = np.random.default_rng(0)
    drawn = []
    for place in range(inputs):
        scale = (1.0, 0.1, 10.0)[place % 3]
        shapes = [
            [dim.get_length() if dim.is_static else 2 for dim in port.get_partial_shape()] for port in model.inputs
        ]
        drawn.append([(rng.standard_normal(shape) * scale).astype(np.float32) for shape in shapes])
    changed = []
    for name, config in PRECISIONS.items():
        before, after = (ov.compile_model(one, "CPU", config).create_infer_request() for one in (model, augmented))
        for place, values in enumerate(drawn):
            wanted, found = before.infer(values), after.infer(values)
            for index in range(len(model.outputs)):
                if not np.array_equal(wanted[index], found[index], equal_nan=True):
                    worst = np.nanmax(np.abs(wanted[index] - found[index]))
                    changed.append(f"{name}, input {place}, output {index}: {worst:.2g}")
    return changed
