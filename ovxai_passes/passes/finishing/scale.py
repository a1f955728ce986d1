"""Scale: maps to full scale."""

from __future__ import annotations

import openvino as ov
from openvino.passes import ModelPass

from ovxai_passes.finish.scale import scaled
from ovxai_passes.finish.zero_scale import scaled_from_zero
from ovxai_passes.passes.state import InsertionState, left
from ovxai_passes.vocabulary import Scaling


class Scale(ModelPass):
    """Scales every map of the branch, or all of an image together, to 0..255, u8, as the options say.

    Where Resize, Threshold or Round have something to do, to 0..1, f32 (signed: -1..1): Round makes levels of it then.
    Reads: `built`. Extends: `branch`. The model is left as it is. Without scaling the branch stays as it is.
    """

    def __init__(self, state: InsertionState) -> None:
        super().__init__()
        self.state = state

    def run_on_model(self, model: ov.Model) -> bool:
        """Extend the branch."""
        scaling = self.state.options.effective_scaling
        if scaling is Scaling.NONE:
            return False
        branch, to_levels = left(self.state.branch, "branch", "BuildBranch"), not self.state.rounds_later
        if scaling.keeps_zero:
            has_peak = left(self.state.built, "branch", "BuildBranch").has_peak
            self.state.branch = scaled_from_zero(branch, scaling is Scaling.SIGNED, has_peak, to_levels)
        else:
            self.state.branch = scaled(branch, scaling is Scaling.JOINT, to_levels)
        return False
