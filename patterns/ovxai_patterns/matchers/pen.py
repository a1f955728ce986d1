"""Draws patterns: the nodes of OpenVINO's matcher, with names for what they match and words for why they do not.

OpenVINO's own matcher only says yes or no. A pattern that is *watched* therefore has an alternative beside each node,
which never matches: the matcher asks it where the node failed, and so it is known which node failed, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

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
        if not self.passed:
            return f"{self.node} {self.reason}"
        further = "1 operation" if self.passed == 1 else f"{self.passed} operations"
        return f"{self.node} {self.reason} ({further} above {self.root})"


@dataclass(frozen=True)
class _Failure:
    """A node that failed: how many the matcher had bound then, its depth in the drawing, where, and why.

    `kinds`: the types that it is none of, where that is why.
    """

    bound: int
    depth: int
    node: str
    reason: str
    kinds: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """What is said of the operation at which it failed."""
        return self.reason or f"is not {' or '.join(self.kinds)}"

    def beside(self, other: _Failure) -> _Failure:
        """Of two at one operation: a condition says more than a type, and types are listed."""
        if self.reason or other.reason:
            return self if self.reason else other
        return replace(self, kinds=tuple(dict.fromkeys((*other.kinds, *self.kinds))))


@dataclass
class Watch:
    """What failed. `nearest`: of all attempts the one that got furthest. `bound`: tells how far the matcher has got."""

    nearest: NearMiss | None = None
    bound: Callable[[], int] = int
    _attempt: _Failure | None = None
    _furthest: int = -1

    def failed(self, depth: int, output: ov.Output, reason: str, kinds: Sequence[str] = ()) -> None:
        """Keep a failure unless one further on is known; of those equally far the last is the one furthest up.

        `reason`: the condition that does not hold, or empty where the operation is of none of `kinds`.
        """
        failure, last = _Failure(self.bound(), depth, _described(output), reason, tuple(kinds)), self._attempt
        if last is None or failure.bound > last.bound or (failure.bound == last.bound and failure.node != last.node):
            self._attempt = failure
        elif failure.bound == last.bound:
            self._attempt = failure.beside(last)

    def ended(self, root: ov.Output | None) -> None:
        """The attempt that began at `root` is over; with None it matched."""
        failure = self._attempt
        if root is not None and failure is not None and failure.bound > self._furthest:
            self.nearest = NearMiss(_described(root), failure.node, failure.why, failure.depth)
            self._furthest = failure.bound
        self._attempt = None


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
        return self._operation(kinds, inputs, where, name, counts=True)

    def either(self, *nodes: ov.Node, name: str = "") -> ov.Node:
        """The first of several alternatives that matches."""
        _check_drawn(nodes)
        if not nodes:
            raise ValueError("either() has no alternatives")
        made = Or(list(nodes))
        if name:
            self.names.setdefault(name, []).append(made)
        return self._keep(made, nodes, counts=False)

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
        return self._operation(step.kinds, inputs, step.where, "", counts=False)

    def _operation(
        self, kinds: str | Sequence[str], inputs: Sequence[ov.Node], where: Sequence[Condition], name: str, counts: bool
    ) -> ov.Node:
        _check_drawn(inputs)
        _check_conditions(where)
        wanted = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        if not wanted:
            raise ValueError("an operation of no type is drawn")
        types = [version for kind in wanted for version in versions_of(kind)]
        conditions = (_all_hold(where),) if where else ()  # a call of Python costs more than the rest of a match
        made = WrapType(types, list(inputs), *conditions) if inputs else WrapType(types, *conditions)
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


def _any(where: Sequence[Condition]) -> ov.Node:
    return AnyInput(_all_hold(where)) if where else AnyInput()


def _all_hold(where: Sequence[Condition]) -> Callable[[ov.Output], bool]:
    conditions = tuple(where)
    return lambda output: all(condition.holds(output) for condition in conditions)


def _described(output: ov.Output) -> str:
    node = output.get_node()
    return f"{node.get_friendly_name()} ({node.get_type_name()} {output.get_partial_shape()})"
