"""Patterns of a user's own: what they name, and the target of a classifier among it.

A pattern of one's own is not second-guessed: its target need not be the one that would be found. It is used if it can
be explained: all class scores go through it, it has a grid, and its positions matter.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.classifier.facts import ClassifierFacts
from ovxai_patterns.classifier.request import TargetRequest, TargetTrace, site_at, unsuitable
from ovxai_patterns.classifier.site import NoSite, Site
from ovxai_patterns.matchers.pattern import GraphPattern
from ovxai_patterns.wording import worded

_log = logging.getLogger(__name__)

TARGET = "target"
"""The name by which a pattern binds what is to be explained."""

_MOST_REASONS = 6
_LEFT_OUT = worded("leave {patterns} out to have a target found")


@dataclass(frozen=True)
class NamedTensors:
    """What a pattern names in a model: tensors, the deepest first, each once; or `problem`: why it names none."""

    pattern: str
    tensors: tuple[TensorId, ...] = ()
    problem: str = ""


def tensors_named_by(pattern: type[GraphPattern], graph: ModelGraph) -> NamedTensors:
    """What a pattern names in a model."""
    try:
        matches = pattern().find_in(graph.model)
        if not matches:
            return NamedTensors(pattern.name, problem=f"matches nowhere; {_nearest(pattern, graph)}")
    except Exception as error:  # somebody else's code
        _log.debug("pattern %r failed", pattern.name, exc_info=True)
        return NamedTensors(pattern.name, problem=f"failed: {type(error).__name__}: {error}")
    bound = {graph.id_of(tensor) for match in matches for tensor in match.bound.get(TARGET, ())}
    if not bound:
        return NamedTensors(pattern.name, problem=f"matches, and binds no tensor by the name {TARGET!r} there")
    return NamedTensors(pattern.name, tuple(sorted(bound, reverse=True)))


def refusal(reasons: Iterable[tuple[str, str]]) -> tuple[str, tuple[str, ...]]:
    """The sentence that says that no pattern names a target, and a line for each (pattern, reason)."""
    lines = [f"pattern {pattern!r} {reason}" for pattern, reason in reasons]
    if len(lines) > _MOST_REASONS:
        lines[_MOST_REASONS:] = [f"... {len(lines) - _MOST_REASONS} more ..."]
    return worded("no pattern given names a target that can be explained; {hint}", hint=_LEFT_OUT), tuple(lines)


def site_of_patterns(facts: ClassifierFacts, request: TargetRequest, trace: TargetTrace) -> Site | NoSite:
    """The site at the first tensor that patterns name, in their order, and that can be explained."""
    if request.partial:
        reason = "patterns name a layer that explains all class scores, not a part of them; {hint}"
        return NoSite(worded(reason, hint=_LEFT_OUT))
    reasons: list[tuple[str, str]] = []
    for pattern in request.patterns:
        found = tensors_named_by(pattern, facts.graph)
        if found.problem:
            reasons.append((pattern.name, found.problem))
        for tensor in found.tensors:
            site = _site(facts, tensor, request.k, replace(trace, found_by=pattern.name))
            if isinstance(site, Site):
                return site
            reasons.append((pattern.name, f"names {facts.describe(tensor)}: {site.reason}"))
    reason, lines = refusal(reasons)
    return NoSite(reason, lines, facts.candidates)


def _site(facts: ClassifierFacts, tensor: TensorId, k: int | None, trace: TargetTrace) -> Site | NoSite:
    problem = unsuitable(facts, tensor)
    if not problem and tensor not in facts.dominators:
        problem = "other paths lead past it to the class scores"
    if problem:
        return NoSite(problem)
    return site_at(facts, tensor, k, trace.then(f"named by pattern {trace.found_by!r}: {facts.describe(tensor)}"))


def _nearest(pattern: type[GraphPattern], graph: ModelGraph) -> str:
    watched = pattern(watched=True)
    watched.find_in(graph.model)
    if watched.near_miss is None:
        return "no operation is like the one that it begins at"
    return f"nearest: {watched.near_miss}"
