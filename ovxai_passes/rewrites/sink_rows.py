"""Rows that alone are read are alone computed.

    Before:  x ─▶ f ─▶ [N,T,C] ─▶ Slice rows
    After:   x ─▶ Slice rows ─▶ f ─▶ [N,r,C]

Repeated upwards: after attention a class-token transformer computes a row for every position, of which only the class
token's is read. The Slice passes up through norms, MLPs and projections to the attention's query, and ends where rows
are not mixed yet. Values of what is read are unchanged up to the rounding of smaller matrix products.

Alone in a Manager, the pass takes every Slice of a range of rows as far up as nothing else is read of what it passes.
"""

from __future__ import annotations

import logging
import weakref
from collections import Counter
from collections.abc import Callable

import numpy as np
import openvino as ov
from openvino.passes import Manager, Matcher, MatcherPass
from ovxai_patterns.matchers.conditions import Condition, constant_of, rank_of, sizes_of
from ovxai_patterns.matchers.pen import Pen

from ovxai_passes.rewrites.sinking import DeclinedError, RowRange, sink

_log = logging.getLogger(__name__)

_MOST_ROUNDS = 1000
_ENDS = frozenset({"Result", "Assign"})


def _number(output: ov.Output) -> int | None:
    value = constant_of(output)
    return None if value is None or value.size != 1 else int(value.reshape(-1)[0])


_ONE_NUMBER = Condition("is not one constant number", lambda output: _number(output) is not None)
_ONE = Condition("is not a step of 1", lambda output: _number(output) == 1)
_OF_ROWS = Condition("takes no range of rows", lambda output: _rows(output.get_node()) is not None)


def draw_rows(pen: Pen) -> ov.Node:
    """A Slice of one range of rows: constant start, stop and axis, step 1.

    data, start, stop, 1, axis ─▶ Slice
    """
    start, stop, axis = (pen.op("Constant", where=(_ONE_NUMBER,), name=name) for name in ("start", "stop", "axis"))
    step = pen.op("Constant", where=(_ONE,), name="step")
    return pen.op("Slice", pen.any(name="data"), start, stop, step, axis, where=(_OF_ROWS,), name="rows")


class SinkRows(MatcherPass):
    """Passes Slices of a range of rows up, through one operation after another.

    `active`: unique names of the Slices that may pass; each passes one operation in a run, and those that it becomes
    are added. None: all, as far as they go. `stop`: tells of a tensor whether Slices shall stay on it for now; None:
    where anything else is read of the operation, which would be computed all the same. After a run: `sunk`, how many
    operations were passed; `declined`, reasons and how often.
    """

    def __init__(self, active: set[str] | None = None, stop: Callable[[ov.Output], bool] | None = None) -> None:
        super().__init__()
        self.active = active
        self.declined: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        declined, counts = self.declined, self.counts
        this = weakref.ref(self)  # the pass itself here would keep it alive for ever

        def rewrite(matcher: Matcher) -> bool:
            node = matcher.get_match_root()
            if active is not None and node.get_name() not in active:
                return False
            source, rows = node.input_value(0), _rows(node)
            if rows is None or (_is_read_elsewhere(node) if stop is None else stop(source)):
                return False
            if active is not None:
                active.discard(node.get_name())
            try:
                if active is None and sizes_of(source)[rows.axis] < 0:
                    raise DeclinedError("rows of an axis of dynamic size")
                done = sink(source, rows)
            except DeclinedError as reason:
                declined[str(reason)] += 1
                _log.debug("rows of %s stay: %s", source.get_node().get_friendly_name(), reason)
                return False
            node.output(0).replace(done.output)
            counts["sunk"] += 1
            if active is not None:  # one operation a run: Slices of the same rows meet on their way up
                active.update(piece.get_name() for piece in done.slices)
                return True
            running = this()
            assert running is not None, "a pass lives as long as it runs"
            for piece in done.slices:
                running.register_new_node(piece)  # it is looked at in this run
            return True

        self.register_matcher(Matcher(draw_rows(Pen()), "ovxai_sink_rows"), rewrite)

    @property
    def sunk(self) -> int:
        """How many operations Slices have passed."""
        return self.counts["sunk"]


def sink_rows(model: ov.Model, slices: set[str], stop: Callable[[ov.Output], bool]) -> SinkRows:
    """Sink Slices (by unique name) as far as they go; returns the pass with its counts."""
    rewrite = SinkRows(slices, stop)
    for _ in range(_MOST_ROUNDS):  # one that stays for now may pass later
        before = rewrite.sunk
        manager = Manager()
        manager.register_pass(rewrite)
        manager.run_passes(model)
        if rewrite.sunk == before:
            break
    return rewrite


def _rows(node: ov.Node) -> RowRange | None:
    """The rows that a Slice takes, counted from the first one; None where it takes none, or that is not known."""
    source, rank = node.input_value(0), rank_of(node.input_value(0))
    start, stop, axis = (_number(node.input_value(port)) for port in (1, 2, 4))
    if start is None or stop is None or axis is None or not -rank <= axis < rank:
        return None
    size = sizes_of(source)[axis]
    if size >= 0:
        start, stop = (int(np.clip(end + size * (end < 0), 0, size)) for end in (start, stop))
    return RowRange(axis % rank, start, stop) if 0 <= start < stop else None


def _is_read_elsewhere(node: ov.Node) -> bool:
    """Whether anything but a Slice still needs what the operation above it makes."""
    above = node.input_value(0).get_node()
    readers = [reader.get_node() for output in above.outputs() for reader in output.get_target_inputs()]
    return any(reader.get_name() != node.get_name() and _is_needed(reader) for reader in readers)


def _is_needed(node: ov.Node) -> bool:
    """Whether a node leads to an end of its model: what was replaced may still be there, and read."""
    open_ends, seen = [node], set[str]()
    while open_ends:
        one = open_ends.pop()
        if one.get_type_name() in _ENDS:
            return True
        if one.get_name() not in seen:
            seen.add(one.get_name())
            open_ends += [reader.get_node() for output in one.outputs() for reader in output.get_target_inputs()]
    return False
