"""Sites that explain a part of the class scores, where no one layer that has positions explains all of them.

Branches on grids of their own that join only after their positions have ended (CrossViT, CoaT), or stages that are all
read out (EfficientViM), have no layer, or none that is worth its cost, which all class scores go through. Each group of
read-outs of the same positions then is a site of its own, the finest grid first.
"""

from __future__ import annotations

from dataclasses import replace

from ovxai_patterns.analysis.layout import movement_chain
from ovxai_patterns.classifier.attention_pooled import site_of_sources
from ovxai_patterns.classifier.facts import ClassifierFacts
from ovxai_patterns.classifier.readout import ReadOut
from ovxai_patterns.classifier.readout_operations import ReadOutOperation
from ovxai_patterns.classifier.request import TargetRequest, TargetTrace, make_site
from ovxai_patterns.classifier.site import NoSite, Site
from ovxai_patterns.wording import worded


def site_of_part(facts: ClassifierFacts, request: TargetRequest, trace: TargetTrace) -> Site | NoSite:
    """The site number `request.partial`, from 1 on."""
    groups = _groups(facts)
    if request.partial > len(groups):
        return NoSite("there is no further layer that explains a part of the class scores", facts.near_misses)
    group = groups[request.partial - 1]
    if group[0].attention:
        trace = replace(trace, readout=ReadOut.ATTENTION_POOLED)
        found = site_of_sources(facts, [one.source for one in group], request, trace)
    elif request.k:
        return NoSite(worded("{k} re-runs attention blocks, but this part of the class scores reads none"), trace.story)
    else:
        target = movement_chain(facts.layout, group[0].source)
        trace = replace(trace, readout=ReadOut.POOLED)
        found = make_site(facts, target, facts.readers(target), 0, trace)
    if isinstance(found, NoSite):
        return found
    height, width = found.positions.grid
    notice = (
        f"no one layer with positions explains all class scores at a bearable cost: the map shows what goes through "
        f"{facts.describe(found.target)}, {height}x{width}"
    )
    if len(groups) > 1:
        notice += f", one of {len(groups)} branches"
    return replace(found, notices=(*found.notices, notice))


def _groups(facts: ClassifierFacts) -> list[list[ReadOutOperation]]:
    """Read-outs that can carry a map, attentions to the same positions together; the finest grid first."""
    groups: dict[object, list[ReadOutOperation]] = {}
    for one in reversed(facts.read_outs):
        if facts.shape_problem(one.source):
            continue
        key = facts.positions(one.source).ids.tobytes() if one.attention else one.place
        groups.setdefault(key, []).append(one)
    return sorted(groups.values(), key=lambda group: -_cells(facts, group[0]))


def _cells(facts: ClassifierFacts, one: ReadOutOperation) -> int:
    height, width = facts.positions(one.source).grid
    return height * width
