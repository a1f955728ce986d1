"""Near misses: of the attempts of a pattern that failed, the one that got furthest, and why it ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import openvino as ov


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


def _described(output: ov.Output) -> str:
    node = output.get_node()
    return f"{node.get_friendly_name()} ({node.get_type_name()} {output.get_partial_shape()})"
