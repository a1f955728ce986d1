"""The class heads of a detector: which channels of which layers score classes at every place of their grids.

They are made from a group of dense heads (`groups.py`), which `class_head_choice.py` chooses. Some detectors have one
head for all (YOLOv3 to v5): of its entries for each anchor, 0 to 3 are the box, 4 the objectness, those from 5 on
classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovxai_patterns.analysis.graph import Edge, TensorId
from ovxai_patterns.analysis.grid_maps import GridMap
from ovxai_patterns.analysis.op_traits import SOFTMAX_TYPES
from ovxai_patterns.detector.dense_heads import DenseHead
from ovxai_patterns.detector.groups import OBJECTNESS, Group
from ovxai_patterns.detector.raw_groups import anchors_of_raw
from ovxai_patterns.matchers.pattern import DATAFLOW
from ovxai_patterns.wording import counted, worded

Channels = tuple[tuple[int, ...], ...]
"""For every class, the channels that score it, one an anchor."""

FIRST_CLASS = OBJECTNESS + 1
"""The first entry of classes, where one head predicts boxes, objectness and classes."""


@dataclass(frozen=True)
class Objectness:
    """Whether there is an object: `channels`, one an anchor or one for all; the rest as in `Level`."""

    tensor: TensorId
    axis: int
    channels: tuple[int, ...]
    layer: Edge | None = None

    def of_anchors(self, count: int) -> list[int]:
        """The channel of each of `count` anchors."""
        return [self.channels[anchor % len(self.channels)] for anchor in range(count)]


@dataclass(frozen=True)
class Level:
    """One grid of class scores.

    `tensor`: [N,C,h,w], [N,h,w,C] or tokens [N,T,C]; `axis`: that of the channels. `first`: the first token of this
    level. `channels`: see Channels. `layer`: the learned layer that makes `tensor`, and the port of its features, where
    it has to be computed again (`DenseHead.fused`). `objectness`: whether there is anything, where that is predicted.
    `maps`: of tokens, the maps of all grids in the tensor, of which this is the one at `place`; None where not at hand.
    """

    tensor: TensorId
    axis: int
    grid: tuple[int, int]
    channels: Channels
    first: int = 0
    layer: Edge | None = None
    objectness: Objectness | None = None
    maps: tuple[GridMap, ...] | None = None
    place: int = 0


@dataclass(frozen=True)
class ClassHeads:
    """The class scores of a detector. `background`: the class that stands for nothing, or None.

    `background_assumed`: whether nothing in the model tells which that is. `scores`: the tensor that the levels are
    joined in, or that of the first. `story`: why these, a line each. `notices`: others than that of the background.
    `found_by`: as in `Site`.
    """

    levels: tuple[Level, ...]
    activation: str | None
    background: int | None
    scores: TensorId
    story: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    background_assumed: bool = False
    found_by: str = DATAFLOW

    @property
    def all_notices(self) -> tuple[str, ...]:
        """The notices, with that of a background that is assumed."""
        said = "class {number} is taken for the background ({background} states another)"
        assumed = worded(said, number=self.background)
        return (*((assumed,) if self.background_assumed else ()), *self.notices)

    @property
    def classes(self) -> int:
        """Number of classes, the background included."""
        return len(self.levels[0].channels)


@dataclass(frozen=True)
class NoHeads:
    """Why there are no class heads: one sentence, and the dense heads with what they seem to be.

    `two_stages`: it is a detector all the same, one that classifies what it has proposed.
    """

    reason: str
    near_misses: tuple[str, ...] = ()
    two_stages: bool = False


def heads_of_group(group: Group, groups: Sequence[Group], lines: tuple[str, ...]) -> ClassHeads:
    """The class heads that a group of dense heads is. `groups`: all of them; `lines`: of the story so far."""
    apart = _objectness_apart(group, groups)
    beside = {member.head.grids: member.head for member in apart.members} if apart else {}
    anchors = 1 if group.is_used else anchors_of_raw(group, groups)
    levels: list[Level] = []
    members = sorted(group.members, key=lambda member: -member.head.cells)
    for member in members:
        first, last = member.scores
        rows = [tuple(np.flatnonzero(row).tolist()) for row in member.rows[first:last]]
        apart_from = beside.get(member.head.grids)
        found = None if apart_from is None else _objectness_of(apart_from, tuple(range(apart_from.channels)))
        if member.has_objectness:
            found = _objectness_of(member.head, rows.pop(0))
        elif found is None and member.uses.computed.any():
            found = _objectness_left(member.head, member.uses.activated & ~member.uses.computed, rows)
        if anchors > 1:
            classes = len(rows) // anchors
            rows = [tuple(range(one, len(rows), classes)) for one in range(classes)]
        levels += _levels(member.head, tuple(rows), found)
    has_objectness = any(level.objectness for level in levels)
    background, assumed = (None, False) if has_objectness else _background(group)
    notices: tuple[str, ...] = ()
    if not group.is_used and len(groups) > 1:
        notices = (worded("class heads were told by their numbers of channels alone ({target_layer} names others)"),)
    joined = members[0].occurrence.tensor
    story = _story(levels, lines)
    return ClassHeads(tuple(levels), group.uses.activation, background, joined, story, notices, assumed)


def split_by_anchor(group: Group, anchors: int, lines: tuple[str, ...]) -> ClassHeads:
    """The class heads in heads for everything: channels are anchor by anchor, box, objectness, classes."""
    levels: list[Level] = []
    for member in sorted(group.members, key=lambda member: -member.head.cells):
        head, width = member.head, member.head.channels // anchors
        channels = tuple(tuple(range(entry, head.channels, width)) for entry in range(FIRST_CLASS, width))
        objectness = _objectness_of(head, tuple(range(OBJECTNESS, head.channels, width)))
        levels += _levels(head, channels, objectness)
    return ClassHeads(tuple(levels), group.uses.activation, None, levels[0].tensor, _story(levels, lines))


def _objectness_of(head: DenseHead, channels: tuple[int, ...]) -> Objectness:
    return Objectness(head.tensor, head.axis, channels, head.layer if head.fused else None)


def _objectness_left(
    head: DenseHead, scores: npt.NDArray[np.bool_], rows: Sequence[tuple[int, ...]]
) -> Objectness | None:
    """Channels of a head for all that are scores of no class: objectness, where there is one an anchor."""
    left = tuple(np.flatnonzero(scores).tolist())
    left = tuple(channel for channel in left if all(channel not in row for row in rows))
    return _objectness_of(head, left) if len(left) == len(rows[0]) else None


def _levels(head: DenseHead, channels: Channels, objectness: Objectness | None) -> list[Level]:
    levels, first = [], 0
    layer = head.layer if head.fused else None
    for place, (height, width) in enumerate(head.grids):
        grid = (height, width)
        levels.append(Level(head.tensor, head.axis, grid, channels, first, layer, objectness, head.maps, place))
        first += height * width
    return levels


def _story(levels: Sequence[Level], lines: tuple[str, ...]) -> tuple[str, ...]:
    anchors = {len(level.channels[0]) for level in levels}
    count = "/".join(str(number) for number in sorted(anchors))
    kinds = "class" if len(levels[0].channels) == 1 else "classes"
    each = f"{count} anchor{'' if count == '1' else 's'} a place"
    return (*lines, f"class heads: {counted(len(levels), 'level')}, {len(levels[0].channels)} {kinds}, {each}")


def _objectness_apart(best: Group, groups: Sequence[Group]) -> Group | None:
    """The heads of objectness alone, on the same grids."""
    for group in groups:
        alike = sorted(group.grids) == sorted(best.grids)
        if group is not best and group.entries == 1 and group.uses.activation and not group.is_boxes and alike:
            return group
    return None


def _background(group: Group) -> tuple[int | None, bool]:
    """The class that stands for nothing, of scores that are shares of one: the one that is never read.

    And whether it is assumed, because not one alone is never read.
    """
    if group.uses.activation not in SOFTMAX_TYPES or group.scores < 2:
        return None, False
    if group.uses.scored_by is not None and group.uses.scored_by[1] is not None:
        number = group.uses.scored_by[1]
        return (number, False) if 0 <= number < group.scores else (None, False)
    member = group.members[0]
    here = member.occurrence
    later = [one.held for one in member.uses.occurrences if one.share < here.share and one.tensor > here.tensor]
    read = np.logical_or.reduce(later) if later else np.zeros(member.head.channels, bool)
    unread = [number for number, row in enumerate(member.rows) if not (row & read).any()]
    if len(unread) == 1:
        return unread[0], False
    return 0, True
