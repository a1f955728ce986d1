"""Dense heads that predict the same on different grids: the levels of class scores, of boxes, of objectness, ...

Heads belong together where one tensor holds the same entries of all of them, apart by their places; those that no
tensor joins, where they have as many entries and the same becomes of them. No group holds two heads on one grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.detector.dense_heads import DenseHead, find_dense_heads, layout_of
from ovxai_patterns.detector.head_uses import HeadOccurrence, HeadUses, uses_of_heads

_Inside = dict[TensorId, list[tuple[int, HeadOccurrence]]]
"""For each tensor, the heads (by number) that occur in it."""
OBJECTNESS = 4
"""The entry behind a box, where one head predicts boxes, objectness and classes."""


@dataclass(frozen=True)
class Member:
    """A head in a group.

    `number`: its place among all heads. `occurrence`: where most others are beside it. `axis`: that of its entries.
    """

    number: int
    head: DenseHead
    uses: HeadUses
    occurrence: HeadOccurrence
    axis: int | None

    @property
    def first(self) -> int:
        """The first entry along the axis; of a single entry, its place where nothing else of it is."""
        if self.axis is not None:
            return self.occurrence.start[self.axis]
        ranges = list(zip(self.occurrence.start, self.occurrence.stop, strict=True))[1:]
        return max((low for low, high in ranges if high - low == 1), default=0) if self.head.cells > 1 else 0

    @property
    def rows(self) -> npt.NDArray[np.bool_]:
        """Which channels each entry is, [entries, C]."""
        return np.ones((1, self.head.channels), bool) if self.axis is None else self.occurrence.channels[self.axis]

    @property
    def scores(self) -> tuple[int, int]:
        """The entries, from 0 on, that are scores: first, and behind the last; (0, 0) where there are none.

        Those that are not computed with, of a head that is activated the activated ones; they lie side by side.
        """
        free = ~(self.rows & self.uses.computed).any(1)
        if self.uses.activated.any():
            free &= (self.rows & self.uses.activated).any(1)
        found = np.flatnonzero(free)
        whole = found.size and found[-1] - found[0] + 1 == found.size
        return (int(found[0]), int(found[-1]) + 1) if whole else (0, 0)

    @property
    def has_objectness(self) -> bool:
        """Whether the first score is objectness: one head predicts a box, objectness, and classes, in this order."""
        return bool(self.uses.computed.any() and self.first + self.scores[0] == OBJECTNESS)


@dataclass(frozen=True)
class Group:
    """Heads that predict the same on different grids."""

    members: tuple[Member, ...]

    @property
    def entries(self) -> int:
        """Entries for each anchor: classes, or box coordinates."""
        return len(self.members[0].rows)

    @property
    def scores(self) -> int:
        """How many of the entries are scores."""
        first, last = self.members[0].scores
        return last - first

    @property
    def uses(self) -> HeadUses:
        """What becomes of the elements of the first of these heads."""
        return self.members[0].uses

    @property
    def grids(self) -> list[tuple[tuple[int, int], ...]]:
        """The grids of each head."""
        return [member.head.grids for member in self.members]

    @property
    def is_boxes(self) -> bool:
        """Whether nothing that these heads predict is a score: all of it is computed with."""
        return self.scores == 0

    @property
    def is_used(self) -> bool:
        """Whether something that becomes of these heads tells what they are."""
        return bool(self.uses.activation or self.uses.ranked or self.uses.scored_by)


def find_groups(analysis: ModelAnalysis) -> tuple[Group, ...]:
    """All groups of dense heads, in the order of the first of each."""
    heads, layout = analysis.get(find_dense_heads), layout_of(analysis)
    all_uses = uses_of_heads(layout.graph, layout.folding, heads)
    inside: _Inside = {}
    for number, uses in enumerate(all_uses):
        for occurrence in uses.occurrences:
            inside.setdefault(occurrence.tensor, []).append((number, occurrence))
    groups: dict[tuple[object, ...], list[list[Member]]] = {}
    for number in range(len(heads)):
        found = _best_occurrence(heads, all_uses, inside, number)
        if found is not None:
            name, member = found
            _put(groups.setdefault(name, []), member)
    all_groups = (Group(tuple(members)) for same in groups.values() for members in same)
    return tuple(sorted(all_groups, key=lambda group: group.members[0].number))


def _put(same: list[list[Member]], member: Member) -> None:
    """Add a member to the first group that has none on its grid yet."""
    for members in same:
        if all(other.head.grids != member.head.grids for other in members):
            members.append(member)
            return
    same.append([member])


def _best_occurrence(
    heads: Sequence[DenseHead],
    all_uses: Sequence[HeadUses],
    inside: _Inside,
    number: int,
) -> tuple[tuple[object, ...], Member] | None:
    """A head where most others are beside it, and the name of the group that is there."""
    head, uses = heads[number], all_uses[number]
    best: tuple[tuple[int, bool, float, int, int], HeadOccurrence, int | None] | None = None
    for occurrence in uses.occurrences:
        for axis in _axes(head, occurrence):
            beside = [
                other
                for other, other_occurrence in inside[occurrence.tensor]
                if other == number
                or (
                    (heads[other].grids != head.grids and axis in _axes(heads[other], other_occurrence))
                    and _beside(occurrence, other_occurrence, axis)
                )
            ]
            last = -1 if axis is None else axis
            key = (len(beside), axis is not None, round(occurrence.share, 3), occurrence.tensor[0], last)
            if best is None or key > best[0]:
                best = (key, occurrence, axis)
    if best is None:
        return None
    (count, *_), occurrence, axis = best
    member = Member(number, head, uses, occurrence, axis)
    if count > 1:
        return (occurrence.tensor, axis, member.first if axis is not None else None, len(member.rows)), member
    activated, shown, computed = uses.activation, bool(uses.outputs), bool(uses.computed.any())
    return (len(occurrence.start), axis, len(member.rows), activated, shown, computed), member


def _axes(head: DenseHead, occurrence: HeadOccurrence) -> tuple[int | None, ...]:
    """The axes that entries may lie along; None: there is one entry, and along no axis it is the channel alone.

    Of a single place several anchors of one class look like entries: it may be either.
    """
    return (*occurrence.channels, *((None,) if head.cells == 1 or not occurrence.channels else ()))


def _beside(one: HeadOccurrence, other: HeadOccurrence, axis: int | None) -> bool:
    """Whether two heads hold the same entries of a tensor but for their places along one axis."""
    ranges = [
        (one.start[at], one.stop[at]) == (other.start[at], other.stop[at]) for at in range(len(one.start)) if at != axis
    ]
    same = axis is None or (one.start[axis], one.stop[axis]) == (other.start[axis], other.stop[axis])
    return ranges.count(False) <= 1 and same
