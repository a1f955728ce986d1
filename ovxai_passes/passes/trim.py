"""Trim: the network without what nobody reads."""

from __future__ import annotations

import openvino as ov
from openvino.passes import ModelPass

from ovxai_passes.mapping.narrow import mixed_elements
from ovxai_passes.passes.cut import Cut
from ovxai_passes.rewrites.trim import trim


class Trim(ModelPass):
    """Leaves out of the network, in place, the rows that nothing reads; original outputs change by rounding.

    To run after Graft. After the run: `trimmed`, through how many operations a Slice of rows has passed up; `notices`.
    """

    trimmed: int
    notices: tuple[str, ...]

    def __init__(self, cut: Cut) -> None:
        super().__init__()
        self.cut = cut

    def run_on_model(self, model: ov.Model) -> bool:
        """Trim the model."""
        head = self.cut.result
        nodes = head.model.get_ordered_ops()
        names = {nodes[place].get_name() for place, _ in mixed_elements(self.cut.locate.result, head)}
        done = trim(ov.Model(model), {self.cut.names[head.origins[name]] for name in names if name in head.origins})
        self.trimmed = done.sunk
        self.notices = tuple(f"trimming ended: {reason}" for reason in sorted(done.declined))
        if self.trimmed:
            self.notices += ("trimmed: original outputs are equal to 1e-5 of the scores, not to the bit",)
        else:
            self.notices += ("nothing to trim: all that the network computes after the target is read",)
        return bool(self.trimmed)
