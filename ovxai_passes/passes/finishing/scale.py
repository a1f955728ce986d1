"""Scale: maps to full scale."""

from __future__ import annotations

import openvino as ov
from openvino.passes import ModelPass

from ovxai_passes.finish.scale import scaled
from ovxai_passes.passes.state import InsertionState, left
from ovxai_passes.vocabulary import Scaling


class Scale(ModelPass):
    """Scales every map of the branch, or all of an image together, to 0..255, u8, as the options say.

    Where Resize, Threshold or Round have something to do, to 0..1, f32: Round makes levels of it then. Reads and
    extends: `branch`. The model is left as it is. Without scaling the branch stays as it is.
    """

    def __init__(self, state: InsertionState) -> None:
        super().__init__()
        self.state = state

    def run_on_model(self, model: ov.Model) -> bool:
        """Extend the branch."""
        scaling = self.state.options.effective_scaling
        if scaling is not Scaling.NONE:
            branch = left(self.state.branch, "branch", "BuildBranch")
            self.state.branch = scaled(branch, scaling is Scaling.JOINT, to_levels=not self.state.rounds_later)
        return False
