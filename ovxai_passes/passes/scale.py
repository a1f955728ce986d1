"""Scale: maps to 0..255."""

from __future__ import annotations

import openvino as ov
from openvino.passes import ModelPass

from ovxai_passes.finish.scale import scaled
from ovxai_passes.ops.branch import Branch
from ovxai_passes.passes.protocols import HasBranch


class Scale(ModelPass):
    """Scales every map of a branch, or (`joint`) all of an image together, to 0..255, u8.

    After the run: `result` (Branch).
    """

    result: Branch

    def __init__(self, branch: HasBranch, joint: bool = False) -> None:
        super().__init__()
        self.branch = branch
        self.joint = joint

    def run_on_model(self, model: ov.Model) -> bool:
        """Extend the branch; the model is left as it is."""
        self.result = scaled(self.branch.result, self.joint)
        return False
