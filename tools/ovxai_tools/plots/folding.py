"""Operations to boxes: stretches between marked operations become one box where they are long.

Two operations belong to one stretch if they are behind the same marked ones and before the same, and connected. Along
edges an operation is behind ever more marked ones and before ever fewer, so the stretches make a graph without circles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import networkx as nx
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.op_traits import LEARNED_TYPES, SHAPE_READING_TYPES, VARYING_TYPES

from ovxai_tools.plots.diagram import columns

_DRAWN = 5  # operations; of more a stretch is one box
_TYPES = 5
_WIDTH = 34  # letters of a line of types


@dataclass(frozen=True)
class Stretch:
    """Operations of one box. `behind`: the marked ones that they depend on; `before`: those that depend on them."""

    places: tuple[int, ...]
    behind: frozenset[int]
    before: frozenset[int]


def value_places(graph: ModelGraph) -> set[int]:
    """The operations that pass on values of the inputs: neither constants, nor what is computed from sizes alone."""
    found: set[int] = set()
    for place, node in enumerate(graph.ops):
        kind = node.get_type_name()
        passed = kind not in SHAPE_READING_TYPES and any(source in found for source, _ in graph.inputs_of(place))
        if passed or kind in VARYING_TYPES:
            found.add(place)
    return found


def stretches(graph: ModelGraph, places: Collection[int], marked: Collection[int]) -> list[Stretch]:
    """The operations `places` of a model, in order; a marked one, and each of a short stretch, is one by itself."""
    ordered, marks = sorted(places), set(marked)
    behind, before = _marks_behind(graph, ordered, marks), _marks_ahead(graph, ordered, marks)
    connected = nx.Graph()
    connected.add_nodes_from(ordered)
    for place in ordered:
        for source, _ in graph.inputs_of(place):
            alike = source in behind and (behind[source], before[source]) == (behind[place], before[place])
            if alike and not {source, place} & marks:
                connected.add_edge(source, place)
    found = []
    for part in nx.connected_components(connected):
        for one in [part] if len(part) > _DRAWN else [{place} for place in part]:
            first = min(one)
            found.append(Stretch(tuple(sorted(one)), behind[first], before[first]))
    return sorted(found, key=lambda one: one.places)


def _marks_behind(graph: ModelGraph, places: list[int], marked: set[int]) -> dict[int, frozenset[int]]:
    """For each operation the marked ones that it depends on."""
    found: dict[int, frozenset[int]] = {}
    for place in places:
        above = [found[source] | ({source} & marked) for source, _ in graph.inputs_of(place) if source in found]
        found[place] = frozenset().union(*above)
    return found


def _marks_ahead(graph: ModelGraph, places: list[int], marked: set[int]) -> dict[int, frozenset[int]]:
    """For each operation the marked ones that depend on it."""
    found: dict[int, frozenset[int]] = dict.fromkeys(places, frozenset())
    for place in reversed(places):
        for source, _ in graph.inputs_of(place):
            if source in found:
                found[source] |= found[place] | ({place} & marked)
    return found


def described(graph: ModelGraph, places: Sequence[int], title: str) -> tuple[str, ...]:
    """The lines of a stretch: its title, how many operations it holds, and types: learned ones, then by number."""
    counts = Counter(graph.ops[place].get_type_name() for place in places)
    most = sorted(counts.items(), key=lambda one: (one[0] not in LEARNED_TYPES, -one[1], one[0]))
    parts = [f"{name} x{count}" for name, count in most[:_TYPES]]
    if len(most) > _TYPES:
        more = len(most) - _TYPES
        parts.append(f"{more} more type{'s' if more > 1 else ''}")
    return (title, f"{len(places)} operations:", *_filled(parts))


def _filled(parts: Iterable[str]) -> list[str]:
    """Parts with commas between them, in lines of some width."""
    lines: list[str] = []
    for part in parts:
        if lines and columns(lines[-1]) + columns(part) + 2 <= _WIDTH:
            lines[-1] += f", {part}"
        else:
            lines = [*lines[:-1], f"{lines[-1]},", part] if lines else [part]
    return lines
