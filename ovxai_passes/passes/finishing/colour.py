"""Colour: the map in colours beside the map."""

from __future__ import annotations

import openvino as ov
from openvino.passes import ModelPass

from ovxai_passes.finish.colour import coloured
from ovxai_passes.model_info.outputs import COLORS_NAME
from ovxai_passes.passes.finishing.shown import check_free, check_some_classes
from ovxai_passes.passes.state import InsertionState, left


class Colour(ModelPass):
    """Extends the branch by the map in colours, the output `saliency_colors`, where the options ask for them.

    Reads: `method`, `target`. Extends: `branch`. The model is left as it is. Raises OptionError for maps of all
    classes.
    """

    def __init__(self, state: InsertionState) -> None:
        super().__init__()
        self.state = state

    def run_on_model(self, model: ov.Model) -> bool:
        """Extend the branch."""
        kind = self.state.options.colormap
        if kind is not None:
            check_some_classes(self.state, "colormap")
            check_free(ov.Model(model), COLORS_NAME, "colormap")
            self.state.branch = coloured(left(self.state.branch, "branch", "BuildBranch"), kind, COLORS_NAME)
        return False
