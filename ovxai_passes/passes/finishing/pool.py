"""Pool: the feature vector beside the map."""

from __future__ import annotations

import openvino as ov
from openvino.passes import ModelPass
from ovxai_patterns.analysis.assumed import HOW_TO_STATE
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.wording import worded

from ovxai_passes.errors import OptionError
from ovxai_passes.finish.feature_vector import feature_vector
from ovxai_passes.model_info.outputs import FEATURES_NAME
from ovxai_passes.ops.branch import joined
from ovxai_passes.passes.state import InsertionState, left


class Pool(ModelPass):
    """Extends the branch by the feature vector: the class token of the target, or the mean of its positions.

    Reads: `target`. Extends: `branch`. The model is left as it is. Raises OptionError.
    """

    def __init__(self, state: InsertionState) -> None:
        super().__init__()
        self.state = state

    def run_on_model(self, model: ov.Model) -> bool:
        """Extend the branch."""
        state = self.state
        target = left(state.target, "target", "Locate")
        tensor, positions = left(target.pooled, "tensor to pool", "Locate (with the option feature_vector)")
        output = ModelGraph(ov.Model(model)).output(tensor)
        shape = output.get_partial_shape()
        channels = [shape[axis] for axis, size in enumerate(positions.ids.shape) if axis and size == 1]
        if any(dim.is_dynamic for dim in channels):
            raise OptionError(
                worded(
                    "{feature_vector} takes a target of a known number of channels; give the model a static size "
                    "({how})",
                    how=HOW_TO_STATE,
                )
            )
        if any(FEATURES_NAME in port.get_names() for port in ov.Model(model).outputs):
            raise OptionError(
                worded("the model has an output named {name} already: leave {feature_vector} out", name=FEATURES_NAME)
            )
        branch = left(state.branch, "branch", "BuildBranch")
        state.branch = joined(branch, feature_vector(tensor, positions, output))
        return False
