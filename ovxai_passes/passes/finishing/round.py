"""Round: a scaled map to levels, or to the type that is asked for."""

from __future__ import annotations

import openvino as ov
from openvino import opset13 as ops
from openvino.passes import ModelPass

from ovxai_passes.finish.scale import levels_of
from ovxai_passes.finish.zero_scale import signed_levels_of
from ovxai_passes.ops.branch import copied, map_of, with_map
from ovxai_passes.passes.state import InsertionState, left
from ovxai_passes.vocabulary import MapType, Scaling


class Round(ModelPass):
    """Makes levels, u8, of the map that Scale has left at 0..1, or leaves it so, in f32 or f16, as the options say.

    Reads and extends: `branch`. The model is left as it is. What is levels or raw scores stays as it is.
    """

    def __init__(self, state: InsertionState) -> None:
        super().__init__()
        self.state = state

    def run_on_model(self, model: ov.Model) -> bool:
        """Extend the branch."""
        state, kind = self.state, self.state.options.output_dtype
        if state.options.effective_scaling is Scaling.NONE or kind is MapType.F32:
            return False
        branch = copied(left(state.branch, "branch", "BuildBranch"))
        unit = map_of(branch)
        to_levels = signed_levels_of if state.options.effective_scaling is Scaling.SIGNED else levels_of
        if unit.get_element_type() == ov.Type.u8:
            return False
        state.branch = with_map(branch, to_levels(unit) if kind is None else ops.convert(unit, kind.value))
        return False
