"""Trim: the network without what nobody reads."""

from __future__ import annotations

import openvino as ov
from openvino.passes import ModelPass

from ovxai_passes.mapping.narrow import mixed_elements
from ovxai_passes.passes.state import InsertionState, Trimmed, left
from ovxai_passes.rewrites.trim import trim


class Trim(ModelPass):
    """Leaves out of the network, in place, the rows that nothing reads; original outputs change by rounding.

    Reads: of each state `target`, `head`, `original`. Leaves: `trimmed`, in the first one.
    """

    def __init__(self, *states: InsertionState) -> None:
        super().__init__()
        self.states = states

    def run_on_model(self, model: ov.Model) -> bool:
        """Trim the model."""
        mixed = set().union(*(_mixed(state) for state in self.states))
        done = trim(ov.Model(model), mixed)
        notices = tuple(f"trimming ended: {reason}" for reason in sorted(done.declined))
        if done.sunk:
            notices += ("trimmed: original outputs are equal to 1e-5 of the scores, not to the bit",)
        else:
            notices += ("nothing to trim: all that the network computes after the target is read",)
        self.states[0].trimmed = Trimmed(done.sunk, notices)
        return bool(done.sunk)


def _mixed(state: InsertionState) -> set[str]:
    """Unique names of the operations of the head of one map that mix positions."""
    original = left(state.original, "grafted branch", "Graft")
    site = left(left(state.target, "target", "Locate").site, "site of a classifier", "Locate")
    head = left(state.head, "head", "Cut")
    nodes = head.model.get_ordered_ops()
    names = {nodes[place].get_name() for place, _ in mixed_elements(site, head)}
    return {original.names[head.origins[name]] for name in names if name in head.origins}
