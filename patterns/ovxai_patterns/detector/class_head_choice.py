"""Which group of dense heads are the class heads of a detector.

Dense heads are grouped (`groups.py`) by what their elements become (`head_uses.py`). Boxes are what arithmetic ends;
scores are activated, ranked or given to a suppression of boxes. Where nothing is done with what heads predict, as in
exports without their last steps, their numbers of channels tell (`raw_groups.py`).
"""

from __future__ import annotations

from dataclasses import replace

from ovxai_patterns.analysis.layout import PositionLayout
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.detector.class_heads import FIRST_CLASS, ClassHeads, NoHeads, heads_of_group, split_by_anchor
from ovxai_patterns.detector.dense_heads import find_dense_heads, find_value_flow, layout_of
from ovxai_patterns.detector.groups import Group, find_groups
from ovxai_patterns.detector.naming import name_of_class_heads
from ovxai_patterns.detector.raw_groups import BOX, predicts_boxes, raw_class_group
from ovxai_patterns.wording import worded

_ANCHORS = 3
"""Of one head for everything whose outputs do not tell how many anchors it has."""


def find_class_heads(analysis: ModelAnalysis, trusted: bool = False) -> ClassHeads | NoHeads:
    """The class heads of a detector, with the name of a pattern that they look like.

    `trusted`: the model is known to be a detector; otherwise something has to predict boxes, or it may as well segment.
    """
    found = _find_class_heads(analysis, trusted)
    if isinstance(found, NoHeads):
        return found
    return replace(found, found_by=name_of_class_heads(analysis, (level.tensor for level in found.levels)))


def _find_class_heads(analysis: ModelAnalysis, trusted: bool) -> ClassHeads | NoHeads:
    layout, groups = layout_of(analysis), analysis.get(find_groups)
    lines = tuple(_described(layout, group) for group in groups)
    if not groups:
        return NoHeads("no layer scores classes at the places of a grid")
    for group in groups:
        if group.uses.region is not None:
            story = (*lines, "RegionYolo reads boxes, objectness and classes")
            return split_by_anchor(group, group.uses.region[0], story)
    scoring = [group for group in groups if not group.is_boxes]
    if not scoring:
        return NoHeads("the dense prediction heads seem to predict boxes only", lines)
    used = [group for group in scoring if group.is_used]
    if not used and len(groups) == 1 and groups[0].members[0].first < BOX:
        return _of_raw_head(groups[0], lines, trusted)
    best = max(used, key=_likeness) if used else raw_class_group(groups)
    if best is None:
        reason = worded("several groups of layers could be class heads: name them ({target_layer})")
        return NoHeads(reason, lines)
    if not (trusted or predicts_boxes(layout, groups, best)):
        return NoHeads("classes are predicted at the places of a grid, but no boxes: the model segments", lines)
    found = heads_of_group(best, groups, lines)
    if found.classes - (found.background is not None) == 1 and _only_proposes(analysis, best):
        return NoHeads("what is proposed at the places of a grid is classified later (two stages)", lines, True)
    return found


def _likeness(group: Group) -> tuple[bool, bool, bool, bool, int, int]:
    """Larger: more like class scores, among those that something tells of."""
    uses = group.uses
    activated = uses.activation is not None
    return (
        uses.scored_by is not None,
        activated,
        uses.ranked,
        group.scores > 1,
        group.members[0].first,
        group.scores,
    )


def _only_proposes(analysis: ModelAnalysis, group: Group) -> bool:
    """Whether convolutions propose where to look, and later layers without places decide."""
    dense = {head.layer[0] for head in analysis.get(find_dense_heads)}
    later = [place for place in analysis.get(find_value_flow).last_layers if place not in dense]
    chooses = group.uses.ranked and not group.uses.outputs and not group.uses.scored_by
    return bool(chooses and later and group.members[0].head.axis != 2)


def _described(layout: PositionLayout, group: Group) -> str:
    """One line a group."""
    members = sorted(group.members, key=lambda member: -member.head.cells)
    names = ", ".join(layout.graph.ops[member.head.tensor[0]].get_friendly_name() for member in members)
    grids = " ".join(f"{height}x{width}" for member in members for height, width in member.head.grids)
    kind = "boxes" if group.is_boxes else f"{group.uses.activation or 'no activation'}"
    return f"dense heads {names}: grids {grids}, {group.entries} values an anchor, {kind}"


def _of_raw_head(group: Group, lines: tuple[str, ...], trusted: bool) -> ClassHeads | NoHeads:
    """The only heads, whose predictions nothing is done with: boxes, objectness and classes in one, or no detector."""
    member = group.members[0]
    by_anchor = member.axis is not None and len(member.rows) < member.head.channels
    if not (trusted or (len(group.members) > 1 and all(one.uses.outputs for one in group.members))):
        return NoHeads("classes are predicted at the places of a grid, but no boxes: the model segments", lines)
    if not by_anchor and (group.entries % _ANCHORS or group.entries // _ANCHORS <= FIRST_CLASS):
        reason = "the only dense prediction heads do not have 3 anchors of 5 values and classes: name them, with their "
        return NoHeads(worded(reason + "anchors ({target_layer}, {num_anchors})"), lines)
    notices: tuple[str, ...] = ("the outputs are those of one layer for boxes, objectness and classes",)
    anchors = member.head.channels // len(member.rows) if by_anchor else _ANCHORS
    if not by_anchor:
        notices += (worded("{count} anchors are assumed ({num_anchors} states others)", count=_ANCHORS),)
    return replace(split_by_anchor(group, anchors, lines), notices=notices)
