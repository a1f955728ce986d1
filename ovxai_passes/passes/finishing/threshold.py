"""Threshold: low values of maps become 0."""

from __future__ import annotations

import openvino as ov
from openvino.passes import ModelPass

from ovxai_passes.finish.threshold import cut_below
from ovxai_passes.passes.state import InsertionState, left


class Threshold(ModelPass):
    """Cuts the scaled map of the branch off below a share of full scale, where the options ask for it.

    Reads and extends: `branch`. The model is left as it is.
    """

    def __init__(self, state: InsertionState) -> None:
        super().__init__()
        self.state = state

    def run_on_model(self, model: ov.Model) -> bool:
        """Extend the branch."""
        threshold = self.state.options.threshold
        if threshold is not None:
            self.state.branch = cut_below(left(self.state.branch, "branch", "BuildBranch"), threshold)
        return False
