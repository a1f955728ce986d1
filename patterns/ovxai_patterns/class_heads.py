"""The class heads of a detector: which layers score classes at every place of their grids, by which channels.

Dense heads (`heads.py`) are grouped by what their elements become (`elements.py`): heads that hold the same entries
along the axis of classes of one tensor are the levels of one group. Of the groups, boxes are those that arithmetic
ends; scores are activated, ranked or given to a suppression of boxes. Some detectors have one head for all (YOLOv3 to
v5): of its entries for each anchor, 0 to 3 are the box, 4 the objectness, those from 5 on classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ovxai_patterns.elements import Fate, Seen, fates_of
from ovxai_patterns.graph import TensorId
from ovxai_patterns.heads import DenseHead, dense_heads
from ovxai_patterns.layout import Layout
from ovxai_patterns.site import Edge

Channels = tuple[tuple[int, ...], ...]
"""For every class, the channels that score it, one an anchor."""

_BOX = 4
_OBJECTNESS = 4
_FIRST_CLASS = 5
_MOSTLY = 0.5
_ANCHORS = 3
"""Of one head for everything whose outputs do not say how many anchors it has."""


@dataclass(frozen=True)
class Objectness:
    """Whether there is an object: `channels`, one an anchor or one for all; the rest as in `Level`."""

    tensor: TensorId
    axis: int
    channels: tuple[int, ...]
    layer: Edge | None = None


@dataclass(frozen=True)
class Level:
    """One grid of class scores.

    `tensor`: [N,C,h,w], [N,h,w,C] or tokens [N,T,C]; `axis`: that of the channels. `first`: the first token of this
    level. `channels`: see Channels. `layer`: the learned layer that makes `tensor`, and the port of its features, where
    it has to be computed again (`DenseHead.fused`). `objectness`: what says whether there is anything, if that is said.
    """

    tensor: TensorId
    axis: int
    grid: tuple[int, int]
    channels: Channels
    first: int = 0
    layer: Edge | None = None
    objectness: Objectness | None = None


@dataclass(frozen=True)
class ClassHeads:
    """The class scores of a detector. `background`: the class that stands for nothing, or None.

    `scores`: the tensor that the levels are joined in, or that of the first. `story`: why these, a line each.
    """

    levels: tuple[Level, ...]
    activation: str | None
    background: int | None
    scores: TensorId
    story: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def classes(self) -> int:
        """Number of classes, the background included."""
        return len(self.levels[0].channels)


@dataclass(frozen=True)
class NoHeads:
    """Why there are no class heads: one sentence, and the dense heads with what they seem to be."""

    reason: str
    near_misses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Member:
    """A head in a group: its place among all heads, and where it was seen best."""

    number: int
    head: DenseHead
    fate: Fate
    seen: Seen
    axis: int | None

    @property
    def entries(self) -> tuple[int, int]:
        """First and last entry along the axis of classes; (0, 1) without one."""
        return (0, 1) if self.axis is None else (self.seen.start[self.axis], self.seen.stop[self.axis])

    @property
    def rows(self) -> npt.NDArray[np.bool_]:
        """Which channels each entry is, [entries, C]."""
        return np.ones((1, self.head.channels), bool) if self.axis is None else self.seen.channels[self.axis]


@dataclass(frozen=True)
class Group:
    """Heads that say the same of different grids."""

    members: tuple[Member, ...]

    @property
    def entries(self) -> int:
        """Entries for each anchor: classes, or box coordinates."""
        return len(self.members[0].rows)

    @property
    def fate(self) -> Fate:
        """What becomes of the elements of the first of these heads."""
        return self.members[0].fate

    @property
    def grids(self) -> list[tuple[tuple[int, int], ...]]:
        """The grids of each head."""
        return [member.head.grids for member in self.members]

    @property
    def is_for_all(self) -> bool:
        """Whether one head says boxes and scores: a part of it is computed with, and the rest is activated."""
        first, last = self.members[0].entries
        whole = self.members[0].seen.share == 1
        beside_box = last > _FIRST_CLASS and (whole if first == 0 else first == _OBJECTNESS)
        return beside_box and not self.is_boxes and self.fate.computed > 0

    @property
    def is_boxes(self) -> bool:
        """Whether all that these heads say is computed with."""
        return self.fate.computed > 0 and (self.fate.activation is None or self.fate.computed >= _MOSTLY)

    @property
    def rank(self) -> tuple[bool, bool, bool, bool, bool, int]:
        """Larger: more like class scores."""
        unlike = self.entries == _BOX and not self.fate.activation
        scored = self.fate.scored_by is not None
        return (
            scored,
            self.fate.activation is not None,
            self.fate.ranked,
            not unlike,
            self.entries > 1,
            self.entries,
        )


def find_class_heads(layout: Layout) -> ClassHeads | NoHeads:
    """The class heads of a detector. `layout`: of the analysis clone."""
    groups = groups_of(layout)
    lines = tuple(_described(layout, group) for group in groups)
    if not groups:
        return NoHeads("no layer scores classes at the places of a grid")
    for group in groups:
        if group.fate.region is not None:
            return _of_region(group, lines)
    candidates = sorted((group for group in groups if not group.is_boxes), key=lambda group: group.rank, reverse=True)
    if not candidates:
        return NoHeads("the layers that speak of places seem to say boxes only", lines)
    best = candidates[0]
    if not (best.fate.activation or best.fate.ranked or best.fate.scored_by) and len(groups) == 1:
        return _of_raw_head(layout, best, lines)
    if best.is_for_all:
        return _of_head_for_all(best, lines)
    objectness = _objectness(best, candidates)
    background, notices = (None, ()) if objectness else _background(best)
    rivals = [group for group in candidates[1:] if group.rank[:5] == best.rank[:5] and group.entries > 1]
    if rivals:
        notices += (f"{len(rivals)} other groups of layers could be class heads too",)
    return _class_heads(best, None, objectness, lines, background, notices)


def groups_of(layout: Layout) -> list[Group]:
    """All groups of dense heads. `layout`: of the analysis clone."""
    heads = dense_heads(layout)
    return _grouped(heads, fates_of(layout.graph, layout.folding, heads))


def _grouped(heads: Sequence[DenseHead], fates: Sequence[Fate]) -> list[Group]:
    """Heads by where they are joined; those that are joined nowhere by how much they say and how it is used."""
    inside: dict[TensorId, list[tuple[int, Seen]]] = {}
    for number, fate in enumerate(fates):
        for seen in fate.seen:
            inside.setdefault(seen.tensor, []).append((number, seen))
    groups: dict[tuple[object, ...], dict[int, Member]] = {}
    for number, (head, fate) in enumerate(zip(heads, fates, strict=True)):
        best: tuple[tuple[int, bool, float, int, int], Seen, int | None, list[int]] | None = None
        for seen in fate.seen:
            for axis in tuple(seen.channels) or (None,):
                siblings = [other for other, seen_too in inside[seen.tensor] if _beside(seen, seen_too, axis)]
                last = -1 if axis is None else axis
                key = (len(siblings), axis is not None, round(seen.share, 3), seen.tensor[0], last)
                if best is None or key > best[0]:
                    best = (key, seen, axis, siblings)
        if best is None:
            continue
        member = Member(number, head, fate, best[1], best[2])
        joined = len(best[3]) > 1
        name: tuple[object, ...] = (best[1].tensor, best[2], member.entries) if joined else _loosely(member)
        groups.setdefault(name, {})[number] = member
    return [Group(tuple(members.values())) for members in groups.values()]


def _beside(one: Seen, other: Seen, axis: int | None) -> bool:
    """Whether two heads hold the same entries of a tensor but for their places along one axis."""
    if (axis in other.channels) != (axis is not None) or (axis is None and other.channels):
        return False
    ranges = [
        (one.start[at], one.stop[at]) == (other.start[at], other.stop[at]) for at in range(len(one.start)) if at != axis
    ]
    return ranges.count(False) <= 1 and (axis is None or one.start[axis] == other.start[axis])


def _loosely(member: Member) -> tuple[object, ...]:
    fate = member.fate
    rank = len(member.seen.start)
    return (rank, member.axis, member.entries, fate.activation, bool(fate.shown), fate.computed > 0)


def _described(layout: Layout, group: Group) -> str:
    """One line a group."""
    names = ", ".join(layout.graph.ops[member.head.tensor[0]].get_friendly_name() for member in group.members)
    grids = " ".join(f"{height}x{width}" for grids in group.grids for height, width in grids)
    kind = "boxes" if group.is_boxes else f"{group.fate.activation or 'no activation'}"
    return f"dense heads {names}: grids {grids}, {group.entries} values an anchor, {kind}"


def _class_heads(  # noqa: PLR0913, PLR0917  # what the three kinds of heads have in common
    group: Group,
    first: int | None,
    objectness: Group | None,
    story: tuple[str, ...],
    background: int | None = None,
    notices: tuple[str, ...] = (),
) -> ClassHeads:
    """`first`: the first entry of a class, counted from the box on; None: all entries of the heads are classes."""
    levels: list[Level] = []
    members = sorted(group.members, key=lambda member: -member.head.cells)
    beside = {member.head.grids: member.head for member in objectness.members} if objectness else {}
    for member in members:
        rows = member.rows
        skipped = 0 if first is None else first - member.entries[0]
        channels = tuple(tuple(np.flatnonzero(row).tolist()) for row in rows[skipped:])
        said = beside.get(member.head.grids)
        found = None if said is None else _objectness_of(said, tuple(range(said.channels)))
        if skipped:
            found = _objectness_of(member.head, tuple(np.flatnonzero(rows[skipped - 1]).tolist()))
        levels += _levels(member.head, channels, found)
    return ClassHeads(
        tuple(levels), group.fate.activation, background, members[0].seen.tensor, _told(levels, story), notices
    )


def _objectness_of(head: DenseHead, channels: tuple[int, ...]) -> Objectness:
    return Objectness(head.tensor, head.axis, channels, head.layer if head.fused else None)


def _levels(head: DenseHead, channels: Channels, objectness: Objectness | None) -> list[Level]:
    levels, first = [], 0
    layer = head.layer if head.fused else None
    for height, width in head.grids:
        levels.append(Level(head.tensor, head.axis, (height, width), channels, first, layer, objectness))
        first += height * width
    return levels


def _told(levels: Sequence[Level], lines: tuple[str, ...]) -> tuple[str, ...]:
    anchors = {len(level.channels[0]) for level in levels}
    count = "/".join(str(number) for number in sorted(anchors))
    return (*lines, f"class heads: {len(levels)} levels, {len(levels[0].channels)} classes, {count} anchors a place")


def _of_head_for_all(group: Group, lines: tuple[str, ...]) -> ClassHeads:
    return _class_heads(group, _FIRST_CLASS, None, (*lines, "one head for boxes, objectness and classes"))


def _of_region(group: Group, lines: tuple[str, ...]) -> ClassHeads | NoHeads:
    """Heads that a RegionYolo reads: it says how many anchors and classes there are."""
    assert group.fate.region is not None, "asked for the regions of heads without"
    return _split_by_anchor(group, group.fate.region[0], (*lines, "RegionYolo reads boxes, objectness and classes"))


def _of_raw_head(layout: Layout, group: Group, lines: tuple[str, ...]) -> ClassHeads | NoHeads:
    """The only head, and nothing is done with what it says: boxes, objectness and classes in one, or no detector."""
    picture = layout.graph.output(layout.pictures[0]).get_shape()
    coarse = all(
        8 * height * width <= max(picture) * min(picture[2:]) for grids in group.grids for height, width in grids
    )
    if group.entries <= _FIRST_CLASS or not coarse:
        return NoHeads("the model says classes for the places of a grid, but no boxes: it segments", lines)
    notice = ("the outputs are those of one layer for boxes, objectness and classes",)
    member = group.members[0]
    if member.axis is not None and member.entries[1] < member.head.channels:
        found = _class_heads(group, _FIRST_CLASS, None, lines)
        return replace(found, notices=notice)
    if group.entries % _ANCHORS or group.entries // _ANCHORS <= _FIRST_CLASS:
        return NoHeads("the only layer that speaks of places does not have 3 anchors of 5 values and classes", lines)
    found_too = _split_by_anchor(group, _ANCHORS, lines)
    return replace(found_too, notices=(*notice, f"{_ANCHORS} anchors are assumed (`num_anchors`, `--num-anchors`)"))


def _split_by_anchor(group: Group, anchors: int, lines: tuple[str, ...]) -> ClassHeads:
    """Channels are anchor by anchor: box, objectness, classes."""
    levels: list[Level] = []
    for member in sorted(group.members, key=lambda member: -member.head.cells):
        head, width = member.head, member.head.channels // anchors
        channels = tuple(tuple(range(entry, head.channels, width)) for entry in range(_FIRST_CLASS, width))
        objectness = _objectness_of(head, tuple(range(_OBJECTNESS, head.channels, width)))
        levels += _levels(head, channels, objectness)
    return ClassHeads(tuple(levels), group.fate.activation, None, levels[0].tensor, _told(levels, lines))


def _objectness(best: Group, candidates: Sequence[Group]) -> Group | None:
    """The heads that say whether there is anything, on the same grids."""
    for group in candidates:
        alike = sorted(group.grids) == sorted(best.grids)
        if group is not best and group.entries == 1 and group.fate.activation and alike:
            return group
    return None


def _background(group: Group) -> tuple[int | None, tuple[str, ...]]:
    """The class that stands for nothing, of scores that are shares of one: the one that is never read."""
    if group.fate.activation not in ("Softmax", "LogSoftmax") or group.entries < 2:
        return None, ()
    if group.fate.scored_by is not None and group.fate.scored_by[1] is not None:
        number = group.fate.scored_by[1]
        return (number, ()) if 0 <= number < group.entries else (None, ())
    member = group.members[0]
    later = [
        seen.held for seen in member.fate.seen if seen.share < member.seen.share and seen.tensor > member.seen.tensor
    ]
    read = np.logical_or.reduce(later) if later else np.zeros(member.head.channels, bool)
    unread = [number for number, row in enumerate(member.rows) if not (row & read).any()]
    if len(unread) == 1:
        return unread[0], ()
    return 0, ("class 0 is taken for the background (`background`, `--background`)",)
