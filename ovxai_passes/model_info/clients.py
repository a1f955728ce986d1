"""What clients that were written for a model without maps make of the added outputs.

Checked with openvino-model-api 0.4.7: its wrappers of classifiers and of type `ssd` return the map; those of type YOLO,
and those that parse the single output of a DetectionOutput, refuse a model with further outputs.
"""

from __future__ import annotations

from collections.abc import Sequence

import openvino as ov
from ovxai_patterns.wording import worded

from ovxai_passes.model_info.rt_info import said_in

_MOST_OUTPUTS = 5
_BOX_AND_SCORE = 5


def client_notices(model: ov.Model, original: int, maps: Sequence[str]) -> tuple[str, ...]:
    """Sentences for the report. `model`: augmented; `original`: how many outputs it had; `maps`: those with maps."""
    kind = said_in(model, "model_info", "model_type").lower()
    found = []
    detected = {port.get_node().input_value(0).get_node().get_type_name() for port in model.outputs[:original]}
    if kind.startswith("yolo") or "DetectionOutput" in detected:
        what = "YOLO models" if kind.startswith("yolo") else "DetectionOutput"
        found.append(
            worded(
                "openvino-model-api's wrappers of {what} refuse further outputs: write the map as a model of its own "
                "for them ({only_map=True})",
                what=what,
            )
        )
    if kind == "classification" and len(model.outputs) > _MOST_OUTPUTS:
        found.append(f"openvino-model-api takes classifiers of {_MOST_OUTPUTS} outputs at most")
    shapes = [(name, model.output(name).get_partial_shape()) for name in maps]
    for name, shape in shapes if kind == "ssd" else ():
        if len(shape) == 3 and shape[2] == _BOX_AND_SCORE:
            found.append(f"openvino-model-api takes {name} for boxes [1,N,5]: choose another layer or map size")
    if kind == "maskrcnn" and len(maps) > 1:
        found.append(
            f"openvino-model-api takes {maps[1]} for an output of the model's own: insert one method for its clients"
        )
    return tuple(found)
