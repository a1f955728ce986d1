"""Draws patterns: the nodes of OpenVINO's matcher, with names for what they match and words for why they do not.

OpenVINO's own matcher only says yes or no. A pattern that is *watched* therefore has an alternative beside each node,
which never matches: the matcher asks it where the node failed, and so it is known which node failed, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import openvino as ov
from openvino.passes import AnyInput, Or, WrapType

from ovxai_patterns.matchers.conditions import Condition
from ovxai_patterns.matchers.near_miss import Watch
from ovxai_patterns.matchers.op_versions import versions_of


@dataclass(frozen=True)
class Step:
    """An operation that a path may cross: its types, its number of inputs, and what has to hold of it.

    `data`: the input that the path goes on at. `others`: what has to hold of each of the further inputs.
    """

    kinds: tuple[str, ...]
    inputs: int = 1
    where: tuple[Condition, ...] = ()
    data: int = 0
    others: tuple[Condition, ...] = ()


@dataclass
class _Drawn:
    """A node that was drawn: the nodes that it reads, and its depth below the root once that is known."""

    above: list[ov.Node]
    counts: bool
    depth: int = 0


@dataclass
class Pen:
    """Draws one pattern, from the inputs down. `watch`: keeps failures; None where nobody asks for them."""

    watch: Watch | None = None
    names: dict[str, list[ov.Node]] = field(default_factory=dict)
    counted: list[ov.Node] = field(default_factory=list)
    _drawn: dict[int, _Drawn] = field(default_factory=dict)
    _kept: list[ov.Node] = field(default_factory=list)

    def any(self, *where: Condition, name: str = "") -> ov.Node:
        """Any tensor for which conditions hold. Drawn into several places, it is the same tensor in all of them."""
        _check_conditions(where)
        return self._finished(_any(where), (), where, name)

    def op(
        self, kinds: str | Sequence[str], *inputs: ov.Node, where: Sequence[Condition] = (), name: str = ""
    ) -> ov.Node:
        """An operation of one of these types for which conditions hold, and that reads `inputs`.

        Inputs of commutative operations may be in any order. Without `inputs` they are not looked at.
        """
        wanted = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        return self._finished(_operation(wanted, inputs, where), inputs, where, name, wanted)

    def either(self, *nodes: ov.Node, name: str = "") -> ov.Node:
        """The first of several alternatives that matches."""
        _check_drawn(nodes)
        if not nodes:
            raise ValueError("either() has no alternatives")
        return self._keep(self._named(Or(list(nodes)), name), nodes)

    def maybe(self, step: Step, above: ov.Node) -> ov.Node:
        """`above`, or one operation of it."""
        return self.path(above, (step,), 1)

    def path(self, above: ov.Node, steps: Sequence[Step], most: int, name: str = "") -> ov.Node:
        """`above`, or what up to `most` operations, each one of `steps`, make of it; the fewest that match."""
        reached = above
        for left in range(most - 1, -1, -1):
            below = (self._step(step, reached) for step in steps)
            reached = self.either(above, *below, name="" if left else name)
        return reached

    def _step(self, step: Step, above: ov.Node) -> ov.Node:
        inputs = [above if port == step.data else _any(step.others) for port in range(step.inputs)]
        return self._keep(_operation(step.kinds, inputs, step.where), inputs)

    def _finished(
        self, made: ov.Node, above: Sequence[ov.Node], where: Sequence[Condition], name: str, kinds: Sequence[str] = ()
    ) -> ov.Node:
        self._named(made, name)
        watch = self.watch
        if watch is None:
            return made
        drawn = _Drawn(list(above), counts=True)

        def fails(output: ov.Output) -> bool:
            is_root, of_kind = drawn.depth == 0, not kinds or output.get_node().get_type_name() in kinds
            if of_kind:
                elsewhere = "" if kinds else "is not the tensor that is read elsewhere"
                reasons = (condition.otherwise for condition in where if not condition.holds(output))
                reason = next(reasons, elsewhere)
                if reason:
                    watch.failed(drawn.depth, output, reason)
            elif not is_root and output.get_node().get_type_name() != "Constant":  # tried as the other input of an Add
                watch.failed(drawn.depth, output, "", kinds)
            if is_root:
                watch.ended(output)
            return False

        both = Or([made, AnyInput(fails)])
        self._kept += [made, both]
        self.counted.append(made)
        self._drawn[id(both)] = drawn
        return both

    def _named(self, made: ov.Node, name: str) -> ov.Node:
        if name:
            self.names.setdefault(name, []).append(made)
        return made

    def _keep(self, made: ov.Node, above: Sequence[ov.Node]) -> ov.Node:
        """A node that lies between those that count as passed."""
        if self.watch is not None:
            self._kept.append(made)  # numbers of objects are only valid while these live
            self._drawn[id(made)] = _Drawn(list(above), counts=False)
        return made

    def measure(self, root: ov.Node) -> None:
        """Tell every node how many others are between it and the root."""
        open_ends = [(root, 0)]
        while open_ends:
            node, depth = open_ends.pop()
            drawn = self._drawn.get(id(node))
            if drawn is None or (drawn.depth >= depth and depth):
                continue
            drawn.depth = depth
            open_ends += [(one, depth + drawn.counts) for one in drawn.above]


def _check_drawn(nodes: Sequence[ov.Node]) -> None:
    """Raises TypeError where something else is given for a node: OpenVINO's patterns would crash."""
    for node in nodes:
        if not isinstance(node, ov.Node):
            raise TypeError(f"a pattern is drawn of what a Pen has drawn, not of {node!r}")


def _check_conditions(where: Sequence[Condition]) -> None:
    """Raises TypeError where something else is given for conditions: it would fail in the middle of a match."""
    given: object = where
    if not isinstance(given, (list, tuple)):
        raise TypeError(f"where= is a list of conditions, not {given!r}")
    other = next((one for one in given if not isinstance(one, Condition)), None)
    if other is not None:
        raise TypeError(f"a condition is a Condition(otherwise, holds), not {other!r}")


def _operation(kinds: tuple[str, ...], inputs: Sequence[ov.Node], where: Sequence[Condition]) -> ov.Node:
    _check_drawn(inputs)
    _check_conditions(where)
    if not kinds:
        raise ValueError("an operation of no type is drawn")
    types = [version for kind in kinds for version in versions_of(kind)]
    conditions = (_all_hold(where),) if where else ()  # a call of Python costs more than the rest of a match
    return WrapType(types, list(inputs), *conditions) if inputs else WrapType(types, *conditions)


def _any(where: Sequence[Condition]) -> ov.Node:
    return AnyInput(_all_hold(where)) if where else AnyInput()


def _all_hold(where: Sequence[Condition]) -> Callable[[ov.Output], bool]:
    conditions = tuple(where)
    return lambda output: all(condition.holds(output) for condition in conditions)
