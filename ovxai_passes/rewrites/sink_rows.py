"""Rows that alone are read are alone computed.

    Before:  x ─▶ f ─▶ [N,T,C] ─▶ Slice rows
    After:   x ─▶ Slice rows ─▶ f ─▶ [N,r,C]

Repeated upwards: after attention a class-token transformer computes a row for every position, of which only the class
token's is read. The Slice passes up through norms, MLPs and projections to the attention's query, and ends where rows
are not mixed yet. Values of what is read are unchanged up to the rounding of smaller matrix products.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

import openvino as ov
from openvino.passes import Manager, Matcher, MatcherPass, WrapType

from ovxai_passes.rewrites.sinking import DeclinedError, RowRange, sink

_log = logging.getLogger(__name__)

_MOST_ROUNDS = 1000


class SinkRows(MatcherPass):
    """Passes the Slices named in `active` up through one operation each. Other Slices are left alone.

    `stop`: tells of a tensor whether Slices shall stay on it for now. After a run: `sunk`, how many passed; `declined`,
    reasons and how often; `active`, the Slices that may pass further in another run.
    """

    def __init__(self, active: set[str], stop: Callable[[ov.Output], bool]) -> None:
        super().__init__()
        self.active = active
        self.declined: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        declined, counts = self.declined, self.counts

        def rewrite(matcher: Matcher) -> bool:  # a bound method here would keep the pass alive for ever
            node = matcher.get_match_root()
            if node.get_name() not in active:
                return False
            source = node.input_value(0)
            if stop(source):
                return False
            active.discard(node.get_name())
            start, end, _, axis = (int(node.input_value(port).get_node().get_data()[0]) for port in range(1, 5))
            try:
                done = sink(source, RowRange(axis, start, end))
            except DeclinedError as reason:
                declined[str(reason)] += 1
                _log.debug("rows of %s stay: %s", source.get_node().get_friendly_name(), reason)
                return False
            active.update(piece.get_name() for piece in done.slices)
            node.output(0).replace(done.output)
            counts["sunk"] += 1
            return True

        self.register_matcher(Matcher(WrapType("opset8.Slice"), "ovxai_sink_rows"), rewrite)

    @property
    def sunk(self) -> int:
        """How many Slices passed an operation."""
        return self.counts["sunk"]


def sink_rows(model: ov.Model, slices: set[str], stop: Callable[[ov.Output], bool]) -> SinkRows:
    """Sink Slices (by unique name) as far as they go; returns the pass with its counts."""
    rewrite = SinkRows(slices, stop)
    for _ in range(_MOST_ROUNDS):
        before = rewrite.sunk
        manager = Manager()
        manager.register_pass(rewrite)
        manager.run_passes(model)
        if rewrite.sunk == before:
            break
    return rewrite
