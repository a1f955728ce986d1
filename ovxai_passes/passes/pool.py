"""Pool: the feature vector beside the map."""

from __future__ import annotations

import openvino as ov
from openvino.passes import ModelPass
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.errors import OptionError
from ovxai_passes.methods.feature_vector import feature_vector
from ovxai_passes.model_info.outputs import FEATURES_NAME
from ovxai_passes.ops.branch import Branch, joined
from ovxai_passes.passes.protocols import HasBranch, HasPooled


class Pool(ModelPass):
    """Extends a branch by the feature vector: the class token of the target, or the mean of its positions.

    After the run: `result` (Branch).
    """

    result: Branch

    def __init__(self, locate: HasPooled, branch: HasBranch) -> None:
        super().__init__()
        self.locate = locate
        self.branch = branch

    def run_on_model(self, model: ov.Model) -> bool:
        """Extend the branch; the model is left as it is."""
        target, positions = self.locate.pooled
        output = ModelGraph(ov.Model(model)).output(target)
        shape = output.get_partial_shape()
        channels = [shape[axis] for axis, size in enumerate(positions.ids.shape) if axis and size == 1]
        if any(dim.is_dynamic for dim in channels):
            raise OptionError(
                "feature_vector takes a target of a known number of channels; give the model a static size "
                "(model.reshape, --shape)"
            )
        if any(FEATURES_NAME in port.get_names() for port in ov.Model(model).outputs):
            raise OptionError(f"the model has an output named {FEATURES_NAME} already: leave the option out")
        self.result = joined(self.branch.result, feature_vector(target, positions, output))
        return False
