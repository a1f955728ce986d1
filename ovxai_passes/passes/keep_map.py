"""KeepMap: the model without its original outputs."""

from __future__ import annotations

import openvino as ov
from openvino.passes import ModelPass


class KeepMap(ModelPass):
    """Leaves out the original outputs, and what only they need, in place; to run after Graft.

    `original`: how many outputs the model had. Clients that refuse further outputs run the original model beside it.
    """

    def __init__(self, original: int) -> None:
        super().__init__()
        self.original = original

    def run_on_model(self, model: ov.Model) -> bool:
        """Remove the first results of the model."""
        wrapped = ov.Model(model)
        for result in wrapped.get_results()[: self.original]:
            model.remove_result(result)
        return True
