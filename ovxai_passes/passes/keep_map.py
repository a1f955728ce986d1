"""KeepMap: the model without its original outputs."""

from __future__ import annotations

import openvino as ov
from openvino.passes import ModelPass

from ovxai_passes.passes.state import InsertionState, left


class KeepMap(ModelPass):
    """Leaves out the original outputs, and what only they need, in place.

    Reads: `original`. Clients that refuse further outputs run the original model beside it.
    """

    def __init__(self, state: InsertionState) -> None:
        super().__init__()
        self.state = state

    def run_on_model(self, model: ov.Model) -> bool:
        """Remove the first results of the model."""
        count = left(self.state.original, "grafted branch", "Graft").outputs
        for result in ov.Model(model).get_results()[:count]:
            model.remove_result(result)
        return True
