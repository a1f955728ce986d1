"""What groups of dense heads predict, told by their numbers of channels alone: classes, or boxes.

Asked where nothing is done with what the heads predict, and to tell a detector from a network that segments.
"""

from __future__ import annotations

from collections.abc import Sequence

from ovxai_patterns.analysis.layout import PositionLayout
from ovxai_patterns.detector.groups import Group

BOX = 4
"""Numbers of a box."""
_TURNED = 5
"""Numbers of a turned box."""
_PAIR = 2
"""An offset or a size; one alone may be motion, or where the middle of an object is."""
_BINS = (8, 16, 17, 18, 32, 33)
"""Shares that distances to the sides of a box are predicted by."""
_DETECTIONS = range(4, 8)
"""Numbers for each detection in an output: a box, and perhaps image, label and score."""


def raw_class_group(groups: Sequence[Group]) -> Group | None:
    """The class heads among groups that nothing is done with, by numbers of channels; None where that is not plain.

    Classes come before centerness, and before boxes of as many numbers.
    """
    groups = sorted(groups, key=_place_among_outputs)
    several = [group for group in groups if not _is_like_box(group, groups)]
    classes = [group for group in several if group.entries > 1]
    if len(classes) > 1:
        return None
    return (classes or several or list(groups))[0]


def predicts_boxes(layout: PositionLayout, groups: Sequence[Group], best: Group) -> bool:
    """Whether anything beside the class scores predicts where objects end."""
    others = [group for group in groups if group is not best]
    member = best.members[0]
    if best.uses.scored_by or member.uses.computed.any() or member.first >= BOX:
        return True
    if best.uses.activated.any() and best.entries - best.scores >= BOX:
        return True
    if any(group.is_boxes and (group.entries % BOX == 0 or group.entries == _TURNED) for group in others):
        return True
    like = [group for group in others if not group.uses.activation and _is_like_box(group, groups)]
    if (
        sum(group.entries != _PAIR for group in like) == 1
    ):  # boxes are predicted once; displacements of keypoints are not
        return True
    if sum(group.entries == _PAIR for group in others) > 1:
        return True
    for result in layout.graph.model.get_results():
        shape = result.get_input_partial_shape(0)
        sizes = [dim.get_length() for dim in list(shape)[-2:] if dim.is_static] if shape.rank.is_static else []
        if result.get_input_element_type(0).is_real() and len(shape) in (2, 3) and set(sizes) & set(_DETECTIONS):
            return True
    return False


def anchors_of_raw(group: Group, groups: Sequence[Group]) -> int:
    """Anchors of class heads that nothing is done with: as many as there are boxes beside them."""
    for other in groups:
        if other is not group and sorted(other.grids) == sorted(group.grids) and _is_like_box(other, groups):
            anchors = other.entries // BOX
            if other.entries % BOX == 0 and anchors > 1 and anchors not in _BINS and group.entries % anchors == 0:
                return anchors
    return 1


def _is_like_box(group: Group, groups: Sequence[Group]) -> bool:
    """Whether a group has as many channels as boxes: 4 distances, for each anchor or by shares, or offset and size."""
    if group.entries % BOX == 0 and group.entries // BOX in _BINS:
        return True
    others = [other for other in groups if other is not group and sorted(other.grids) == sorted(group.grids)]
    before = [other for other in others if _place_among_outputs(other) < _place_among_outputs(group)]
    if group.entries in (2, BOX):
        if any(_are_boxes_of(other.entries, group.entries) for other in others):
            return False
        alike = group.entries == 2 and sum(other.entries == 2 for other in others) > 0
        return bool(before) or alike or (group.entries == BOX and any(other.entries > BOX for other in others))
    anchors = group.entries // BOX
    if group.entries % BOX or anchors < 2:
        return False
    classes = [other.entries // anchors for other in others if other.entries % anchors == 0]
    return any(count != BOX for count in classes) or bool(classes and before)


def _are_boxes_of(entries: int, classes: int) -> bool:
    """Whether some numbers are boxes by shares, or of several anchors with so many class scores."""
    anchors = entries // BOX
    return entries % BOX == 0 and anchors > 1 and (anchors in _BINS or classes % anchors == 0)


def _place_among_outputs(group: Group) -> tuple[int, int]:
    return min(group.uses.outputs, default=len(group.members) << 16), group.members[0].number
