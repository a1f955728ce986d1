"""Tell: what the model was told of itself, written where its clients read it."""

from __future__ import annotations

import openvino as ov
from openvino.passes import ModelPass

from ovxai_passes.model_info.told import write_told
from ovxai_passes.passes.state import InsertionState


class Tell(ModelPass):
    """Writes labels, mean, scale, order of channels and resize of the options into rt_info `model_info`.

    What was there before is kept in rt_info "ovxai", after Record. Reads: `told`; without it, nothing is written.
    """

    def __init__(self, state: InsertionState) -> None:
        super().__init__()
        self.state = state

    def run_on_model(self, model: ov.Model) -> bool:
        """Write rt_info."""
        if self.state.told is not None:
            write_told(ov.Model(model), self.state.told)
        return True
