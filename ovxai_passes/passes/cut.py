"""Cut: the part of a classifier from the target to the class scores."""

from __future__ import annotations

import openvino as ov
from openvino.passes import ModelPass

from ovxai_passes.head.cut import Head, cut
from ovxai_passes.passes.locate import Locate


class Cut(ModelPass):
    """Cuts a clone of the model at the target. After the run: `result` (Head).

    `names`: the unique names of the model's operations in topological order, by which they are found again later.
    """

    result: Head
    names: tuple[str, ...]

    def __init__(self, locate: Locate) -> None:
        super().__init__()
        self.locate = locate

    def run_on_model(self, model: ov.Model) -> bool:
        """Cut a clone; the model is left as it is."""
        wrapped = ov.Model(model)
        self.names = tuple(op.get_name() for op in wrapped.get_ordered_ops())
        self.result = cut(wrapped, self.locate.result, self.locate.settled)
        return False
