"""The class heads of a detector: which layers score classes at every place of their grids, by which channels.

Dense heads are grouped (`groups.py`) by what their elements become (`elements.py`). Boxes are what arithmetic ends;
scores are activated, ranked or given to a suppression of boxes. Some detectors have one head for all (YOLOv3 to v5): of
its entries for each anchor, 0 to 3 are the box, 4 the objectness, those from 5 on classes. Where nothing is done with
what heads say, as in exports without their last steps, it is told by how much they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ovxai_patterns.analysis.graph import Edge, TensorId
from ovxai_patterns.analysis.grid_maps import GridMap
from ovxai_patterns.analysis.layout import Layout
from ovxai_patterns.detector.dense_heads import DenseHead, Values, dense_heads
from ovxai_patterns.detector.groups import OBJECTNESS, Group, groups_of

Channels = tuple[tuple[int, ...], ...]
"""For every class, the channels that score it, one an anchor."""

_BOX = 4
_TURNED = 5
"""Numbers of a turned box."""
_PAIR = 2
"""An offset or a size; one alone may be motion, or where the middle of an object is."""
_FIRST_CLASS = OBJECTNESS + 1
_ANCHORS = 3
"""Of one head for everything whose outputs do not say how many anchors it has."""
_BINS = (8, 16, 17, 18, 32, 33)
"""Shares that distances to the sides of a box are told by."""
_DETECTIONS = range(4, 8)
"""Numbers for each detection in an output: a box, and perhaps image, label and score."""


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
    """Why there are no class heads: one sentence, and the dense heads with what they seem to be.

    `two_stages`: it is a detector all the same, one that classifies what it has proposed.
    """

    reason: str
    near_misses: tuple[str, ...] = ()
    two_stages: bool = False


def find_class_heads(layout: Layout, trusted: bool = False) -> ClassHeads | NoHeads:
    """The class heads of a detector. `layout`: of the analysis clone.

    `trusted`: the model is known to be a detector; otherwise something has to say boxes, or it may as well segment.
    """
    groups = groups_of(layout)
    lines = tuple(_described(layout, group) for group in groups)
    if not groups:
        return NoHeads("no layer scores classes at the places of a grid")
    for group in groups:
        if group.fate.region is not None:
            told = (*lines, "RegionYolo reads boxes, objectness and classes")
            return _split_by_anchor(group, group.fate.region[0], told)
    scoring = [group for group in groups if not group.is_boxes]
    if not scoring:
        return NoHeads("the layers that speak of places seem to say boxes only", lines)
    used = [group for group in scoring if group.is_used]
    if not used and len(groups) == 1 and groups[0].members[0].first < _BOX:
        return _of_raw_head(groups[0], lines, trusted)
    best = max(used, key=_likeness) if used else _of_raw_groups(groups)
    if best is None:
        reason = "several groups of layers could be class heads: name them (target_layer=[...], --target-layer)"
        return NoHeads(reason, lines)
    if not (trusted or _says_boxes(layout, groups, best)):
        return NoHeads("the model says classes for the places of a grid, but nothing says boxes: it segments", lines)
    found = _class_heads(best, groups, lines)
    if found.classes - (found.background is not None) == 1 and _only_proposes(layout, best):
        return NoHeads("what is proposed at the places of a grid is classified later (two stages)", lines, True)
    return found


def _likeness(group: Group) -> tuple[bool, bool, bool, bool, int, int]:
    """Larger: more like class scores, among those that something tells of."""
    fate = group.fate
    activated = fate.activation is not None
    return (
        fate.scored_by is not None,
        activated,
        fate.ranked,
        group.scores > 1,
        group.members[0].first,
        group.scores,
    )


def _of_raw_groups(groups: Sequence[Group]) -> Group | None:
    """The class heads among groups that nothing is done with, told by how much they say; None where that is not plain.

    Classes come before centerness, and before boxes of as many numbers.
    """
    groups = sorted(groups, key=_place_among_outputs)
    several = [group for group in groups if not _is_like_box(group, groups)]
    classes = [group for group in several if group.entries > 1]
    if len(classes) > 1:
        return None
    return (classes or several or list(groups))[0]


def _only_proposes(layout: Layout, group: Group) -> bool:
    """Whether convolutions say where to look, and layers that do not speak of places decide."""
    dense = {head.layer[0] for head in dense_heads(layout)}
    later = [place for place in Values(layout.graph).last_layers() if place not in dense]
    chooses = group.fate.ranked and not group.fate.shown and not group.fate.scored_by
    return bool(chooses and later and group.members[0].head.axis != 2)


def _is_like_box(group: Group, groups: Sequence[Group]) -> bool:
    """Whether a group says as much as boxes do: 4 distances, for each anchor or by shares, or offset and size."""
    if group.entries % _BOX == 0 and group.entries // _BOX in _BINS:
        return True
    others = [other for other in groups if other is not group and sorted(other.grids) == sorted(group.grids)]
    before = [other for other in others if _place_among_outputs(other) < _place_among_outputs(group)]
    if group.entries in (2, _BOX):
        if any(_are_boxes_of(other.entries, group.entries) for other in others):
            return False
        alike = group.entries == 2 and sum(other.entries == 2 for other in others) > 0
        return bool(before) or alike or (group.entries == _BOX and any(other.entries > _BOX for other in others))
    anchors = group.entries // _BOX
    if group.entries % _BOX or anchors < 2:
        return False
    classes = [other.entries // anchors for other in others if other.entries % anchors == 0]
    return any(count != _BOX for count in classes) or bool(classes and before)


def _are_boxes_of(entries: int, classes: int) -> bool:
    """Whether some numbers are boxes by shares, or of several anchors with so many class scores."""
    anchors = entries // _BOX
    return entries % _BOX == 0 and anchors > 1 and (anchors in _BINS or classes % anchors == 0)


def _place_among_outputs(group: Group) -> tuple[int, int]:
    return min(group.fate.shown, default=len(group.members) << 16), group.members[0].number


def _says_boxes(layout: Layout, groups: Sequence[Group], best: Group) -> bool:
    """Whether anything beside the class scores says where objects end."""
    others = [group for group in groups if group is not best]
    member = best.members[0]
    if best.fate.scored_by or member.fate.computed.any() or member.first >= _BOX:
        return True
    if best.fate.activated.any() and best.entries - best.scores >= _BOX:
        return True
    if any(group.is_boxes and (group.entries % _BOX == 0 or group.entries == _TURNED) for group in others):
        return True
    like = [group for group in others if not group.fate.activation and _is_like_box(group, groups)]
    if sum(group.entries != _PAIR for group in like) == 1:  # boxes are said once; displacements of keypoints are not
        return True
    if sum(group.entries == _PAIR for group in others) > 1:
        return True
    for result in layout.graph.model.get_results():
        shape = result.get_input_partial_shape(0)
        sizes = [dim.get_length() for dim in list(shape)[-2:] if dim.is_static] if shape.rank.is_static else []
        if result.get_input_element_type(0).is_real() and len(shape) in (2, 3) and set(sizes) & set(_DETECTIONS):
            return True
    return False


def _described(layout: Layout, group: Group) -> str:
    """One line a group."""
    members = sorted(group.members, key=lambda member: -member.head.cells)
    names = ", ".join(layout.graph.ops[member.head.tensor[0]].get_friendly_name() for member in members)
    grids = " ".join(f"{height}x{width}" for member in members for height, width in member.head.grids)
    kind = "boxes" if group.is_boxes else f"{group.fate.activation or 'no activation'}"
    return f"dense heads {names}: grids {grids}, {group.entries} values an anchor, {kind}"


def _class_heads(group: Group, groups: Sequence[Group], lines: tuple[str, ...]) -> ClassHeads:
    apart = _objectness_apart(group, groups)
    beside = {member.head.grids: member.head for member in apart.members} if apart else {}
    anchors = 1 if group.is_used else _anchors_of_raw(group, groups)
    levels: list[Level] = []
    members = sorted(group.members, key=lambda member: -member.head.cells)
    for member in members:
        first, last = member.scores
        rows = [tuple(np.flatnonzero(row).tolist()) for row in member.rows[first:last]]
        said = beside.get(member.head.grids)
        found = None if said is None else _objectness_of(said, tuple(range(said.channels)))
        if member.has_objectness:
            found = _objectness_of(member.head, rows.pop(0))
        elif found is None and member.fate.computed.any():
            found = _objectness_left(member.head, member.fate.activated & ~member.fate.computed, rows)
        if anchors > 1:
            classes = len(rows) // anchors
            rows = [tuple(range(one, len(rows), classes)) for one in range(classes)]
        levels += _levels(member.head, tuple(rows), found)
    has_objectness = any(level.objectness for level in levels)
    background, notices = (None, ()) if has_objectness else _background(group)
    if not group.is_used and len(groups) > 1:
        notices += ("which layers score classes was told by how much they say (--target-layer says it otherwise)",)
    joined = members[0].seen.tensor
    return ClassHeads(tuple(levels), group.fate.activation, background, joined, _told(levels, lines), notices)


def _anchors_of_raw(group: Group, groups: Sequence[Group]) -> int:
    """Anchors of class heads that nothing is done with: as many as there are boxes beside them."""
    for other in groups:
        if other is not group and sorted(other.grids) == sorted(group.grids) and _is_like_box(other, groups):
            anchors = other.entries // _BOX
            if other.entries % _BOX == 0 and anchors > 1 and anchors not in _BINS and group.entries % anchors == 0:
                return anchors
    return 1


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


def _told(levels: Sequence[Level], lines: tuple[str, ...]) -> tuple[str, ...]:
    anchors = {len(level.channels[0]) for level in levels}
    count = "/".join(str(number) for number in sorted(anchors))
    return (*lines, f"class heads: {len(levels)} levels, {len(levels[0].channels)} classes, {count} anchors a place")


def _of_raw_head(group: Group, lines: tuple[str, ...], trusted: bool) -> ClassHeads | NoHeads:
    """The only heads, and nothing is done with what they say: boxes, objectness and classes in one, or no detector."""
    member = group.members[0]
    by_anchor = member.axis is not None and len(member.rows) < member.head.channels
    if not (trusted or (len(group.members) > 1 and all(one.fate.shown for one in group.members))):
        return NoHeads("the model says classes for the places of a grid, but nothing says boxes: it segments", lines)
    if not by_anchor and (group.entries % _ANCHORS or group.entries // _ANCHORS <= _FIRST_CLASS):
        reason = "the only layers that speak of places do not have 3 anchors of 5 values and classes"
        return NoHeads(f"{reason}: name them, with their anchors (--target-layer, --num-anchors)", lines)
    notices: tuple[str, ...] = ("the outputs are those of one layer for boxes, objectness and classes",)
    anchors = member.head.channels // len(member.rows) if by_anchor else _ANCHORS
    if not by_anchor:
        notices += (f"{_ANCHORS} anchors are assumed (`num_anchors`, `--num-anchors`)",)
    return replace(_split_by_anchor(group, anchors, lines), notices=notices)


def _split_by_anchor(group: Group, anchors: int, lines: tuple[str, ...]) -> ClassHeads:
    """Channels are anchor by anchor: box, objectness, classes."""
    levels: list[Level] = []
    for member in sorted(group.members, key=lambda member: -member.head.cells):
        head, width = member.head, member.head.channels // anchors
        channels = tuple(tuple(range(entry, head.channels, width)) for entry in range(_FIRST_CLASS, width))
        objectness = _objectness_of(head, tuple(range(OBJECTNESS, head.channels, width)))
        levels += _levels(head, channels, objectness)
    return ClassHeads(tuple(levels), group.fate.activation, None, levels[0].tensor, _told(levels, lines))


def _objectness_apart(best: Group, groups: Sequence[Group]) -> Group | None:
    """The heads that say whether there is anything, on the same grids."""
    for group in groups:
        alike = sorted(group.grids) == sorted(best.grids)
        if group is not best and group.entries == 1 and group.fate.activation and not group.is_boxes and alike:
            return group
    return None


def _background(group: Group) -> tuple[int | None, tuple[str, ...]]:
    """The class that stands for nothing, of scores that are shares of one: the one that is never read."""
    if group.fate.activation not in ("Softmax", "LogSoftmax") or group.scores < 2:
        return None, ()
    if group.fate.scored_by is not None and group.fate.scored_by[1] is not None:
        number = group.fate.scored_by[1]
        return (number, ()) if 0 <= number < group.scores else (None, ())
    member = group.members[0]
    later = [
        seen.held for seen in member.fate.seen if seen.share < member.seen.share and seen.tensor > member.seen.tensor
    ]
    read = np.logical_or.reduce(later) if later else np.zeros(member.head.channels, bool)
    unread = [number for number, row in enumerate(member.rows) if not (row & read).any()]
    if len(unread) == 1:
        return unread[0], ()
    return 0, ("class 0 is taken for the background (`background`, `--background`)",)
