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


@dataclass(frozen=True)
class NearMiss:
    """An attempt that failed: the operation that it began at, the one that it ended at, and why.

    `passed`: how many drawn nodes lie between the two.
    """

    root: str
    node: str
    reason: str
    passed: int

    def __str__(self) -> str:
        return f"{self.node} {self.reason} (from {self.root} up, {self.passed} operations further)"


@dataclass
class Watch:
    """What failed. `nearest`: of all attempts the one that got furthest; `attempt`: (depth, node, reason) so far."""

    nearest: NearMiss | None = None
    attempt: tuple[int, str, str] | None = None

    def failed(self, depth: int, output: ov.Output, reason: str) -> None:
        """Keep a failure unless one further on is known; of those equally far the last is the one furthest up."""
        if self.attempt is None or depth >= self.attempt[0]:
            self.attempt = (depth, _described(output), reason)

    def ended(self, root: ov.Output | None) -> None:
        """The attempt that began at `root` is over; with None it matched."""
        if root is not None and self.attempt is not None:
            depth, node, reason = self.attempt
            if self.nearest is None or depth > self.nearest.passed:
                self.nearest = NearMiss(_described(root), node, reason, depth)
        self.attempt = None


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
    _drawn: dict[int, _Drawn] = field(default_factory=dict)
    _kept: list[ov.Node] = field(default_factory=list)

    def any(self, *where: Condition, name: str = "") -> ov.Node:
        """Any tensor for which conditions hold. Drawn into several places, it is the same tensor in all of them."""
        return self._finished(_anything(where), (), where, name)

    def op(
        self, kinds: str | Sequence[str], *inputs: ov.Node, where: Sequence[Condition] = (), name: str = ""
    ) -> ov.Node:
        """An operation of one of these types for which conditions hold, and that reads `inputs`.

        Inputs of commutative operations may be in any order. Without `inputs` they are not looked at.
        """
        return self._operation(kinds, inputs, where, name, counts=True)

    def either(self, *nodes: ov.Node) -> ov.Node:
        """The first of several alternatives that matches."""
        return self._keep(Or(list(nodes)), nodes, counts=False)

    def maybe(self, step: Step, above: ov.Node) -> ov.Node:
        """`above`, or one operation of it."""
        return self.path(above, (step,), 1)

    def path(self, above: ov.Node, steps: Sequence[Step], most: int) -> ov.Node:
        """`above`, or what up to `most` operations, each one of `steps`, make of it."""
        reached = above
        for _ in range(most):
            reached = self.either(above, *(self._step(step, reached) for step in steps))
        return reached

    def _step(self, step: Step, above: ov.Node) -> ov.Node:
        inputs = [above if port == step.data else _anything(step.others) for port in range(step.inputs)]
        return self._operation(step.kinds, inputs, step.where, "", counts=False)

    def _operation(
        self, kinds: str | Sequence[str], inputs: Sequence[ov.Node], where: Sequence[Condition], name: str, counts: bool
    ) -> ov.Node:
        wanted = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        types = [version for kind in wanted for version in versions_of(kind)]
        made = _operation_of(types, inputs, where)
        if not counts:
            if name:
                self.names.setdefault(name, []).append(made)
            return self._keep(made, inputs, counts)
        return self._finished(made, inputs, where, name, wanted)

    def _finished(
        self, made: ov.Node, above: Sequence[ov.Node], where: Sequence[Condition], name: str, kinds: Sequence[str] = ()
    ) -> ov.Node:
        if name:
            self.names.setdefault(name, []).append(made)
        watch = self.watch
        if watch is None:
            return made
        drawn = _Drawn(list(above), True)

        def fails(output: ov.Output) -> bool:
            reason = _why_not(output, kinds, where) or ("" if kinds else "is not the tensor that is read elsewhere")
            is_root = drawn.depth == 0
            if reason and not (is_root and output.get_node().get_type_name() not in kinds):
                watch.failed(drawn.depth, output, reason)
            if is_root:
                watch.ended(output)
            return False

        both = Or([made, AnyInput(fails)])
        self._kept += [made, both]
        self._drawn[id(both)] = drawn
        return both

    def _keep(self, made: ov.Node, above: Sequence[ov.Node], counts: bool) -> ov.Node:
        if self.watch is not None:
            self._kept.append(made)  # numbers of objects are only valid while these live
            self._drawn[id(made)] = _Drawn(list(above), counts)
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


def _anything(where: Sequence[Condition]) -> ov.Node:
    return AnyInput(_all_hold(where)) if where else AnyInput()


def _operation_of(types: list[str], inputs: Sequence[ov.Node], where: Sequence[Condition]) -> ov.Node:
    """A node without conditions has no predicate: calling one for each attempt takes most of the time."""
    if not where:
        return WrapType(types, list(inputs)) if inputs else WrapType(types)
    return WrapType(types, list(inputs), _all_hold(where)) if inputs else WrapType(types, _all_hold(where))


def _all_hold(where: Sequence[Condition]) -> Callable[[ov.Output], bool]:
    conditions = tuple(where)
    return lambda output: all(condition.holds(output) for condition in conditions)


def _why_not(output: ov.Output, kinds: Sequence[str], where: Sequence[Condition]) -> str:
    """Why a tensor is not what a node asks for by itself; empty where the reason lies further up."""
    kind = output.get_node().get_type_name()
    if kinds and kind not in kinds:
        return f"is not {' or '.join(kinds)}"
    return next((condition.otherwise for condition in where if not condition.holds(output)), "")


def _described(output: ov.Output) -> str:
    node = output.get_node()
    return f"{node.get_friendly_name()} ({node.get_type_name()} {output.get_partial_shape()})"
