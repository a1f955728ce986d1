"""Cut: the part of a classifier from the target to the class scores."""

from __future__ import annotations

import openvino as ov
from openvino.passes import ModelPass

from ovxai_passes.head.cut import cut
from ovxai_passes.passes.state import InsertionState, left


class Cut(ModelPass):
    """Cuts a clone of the model at the target. The model is left as it is.

    Reads: `target`. Leaves: `head`, with the shapes that the model has; it is for looking at, for verification and for
    Trim. Detectors have no head: nothing is left.
    """

    def __init__(self, state: InsertionState) -> None:
        super().__init__()
        self.state = state

    def run_on_model(self, model: ov.Model) -> bool:
        """Cut a clone."""
        target = left(self.state.target, "target", "Locate")
        if target.site is not None:
            self.state.head = cut(ov.Model(model), target.site, target.analysed)
        return False
