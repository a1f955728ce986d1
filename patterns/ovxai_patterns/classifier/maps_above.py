"""Maps above others: the features before a classifier that is itself a convolution; and levels above a target, maps
of twice, four times, ... its resolution, as backbones have them before each stride.

    picture ─▶ ... ─▶ level 2 ─▶ stride 2 ─▶ level 1 ─▶ stride 2 ─▶ ... ─▶ target (level 0) ─▶ read-out

A level is the deepest map of its resolution that all class scores go through. The picture is none, nor is what is made
of it position by position, as a normalised one.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.layout import movement_chain
from ovxai_patterns.analysis.op_traits import CHANNEL_MIXING_TYPES, LEARNED_TYPES, WINDOW_TYPES
from ovxai_patterns.classifier.facts import ClassifierFacts
from ovxai_patterns.classifier.request import TargetTrace, make_site
from ovxai_patterns.classifier.site import NoSite, Site

_LEAST, _MOST = 1.5, 2.5
"""Between these, a grid is of twice another's resolution: borders and padding make 27 of 13, or 17 of 8."""


def map_above_classifier(graph: ModelGraph, maps: list[TensorId]) -> TensorId | None:
    """The first of `maps` (dominators, deepest first) above a convolution or matrix product, or None.

    In a network that pools a map of class scores (SqueezeNet) the deepest map has a channel for every class; the last
    one with features is what the classifying convolution reads.
    """
    for place, tensor in enumerate(maps):
        if graph.ops[tensor[0]].get_type_name() in CHANNEL_MIXING_TYPES:
            return maps[place + 1] if place + 1 < len(maps) else None
    return None


def site_at_level(facts: ClassifierFacts, site: Site, level: int) -> Site | NoSite:
    """The site of the map that lies `level` levels above a site, read in the same way, or why there is none."""
    grid, number, tensor = site.positions.grid, 0, site.target
    above = facts.alive[facts.alive.index(site.target) + 1 :] if site.target in facts.alive else facts.alive
    for found in takewhile(lambda tensor: _is_learned(facts, tensor), above):
        if number == level:
            break
        finer = facts.positions(found).grid
        if all(_LEAST <= fine / coarse <= _MOST for fine, coarse in zip(finer, grid, strict=True)):
            grid, number, tensor = finer, number + 1, found
    if number < level:
        size = f"{grid[0]}x{grid[1]}"
        reason = f"no map of twice the resolution of {size} lies before it, which level {number + 1} asks for"
        return NoSite(reason, site.story, facts.candidates)
    target = movement_chain(facts.layout, tensor)
    trace = TargetTrace(site.readout, site.story, (), site.found_by)
    trace = trace.then(f"level {level}, the deepest map of {grid[0]}x{grid[1]}: {facts.describe(target)}")
    found_site = make_site(facts, target, facts.readers(target), 0, trace)
    return replace(found_site, notices=site.notices) if isinstance(found_site, Site) else found_site


def _is_learned(facts: ClassifierFacts, tensor: TensorId) -> bool:
    """Whether more than arithmetic by position lies between the picture and a map."""
    types = LEARNED_TYPES | WINDOW_TYPES
    graph = facts.graph
    return any(
        graph.ops[place].get_type_name() in types
        for picture in facts.layout.pictures
        for place in graph.region(picture, tensor)
    )
