"""The lane of the original network: inputs, what leads to the targets, the targets, the head, outputs."""

from __future__ import annotations

from collections.abc import Sequence

from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.methods.target import Target
from ovxai_passes.passes.state import InsertionState, left
from ovxai_tools.plots.diagram import Box, Diagram, Kind, shortened
from ovxai_tools.plots.folding import Stretch, described, stretches, value_places


def draw_network(diagram: Diagram, graph: ModelGraph, states: Sequence[InsertionState]) -> dict[int, int]:
    """Add the network before an insertion to a diagram; returns the box of each operation that is drawn."""
    places = _shown(graph, states)
    targets, read_outs = _targets(states), _read_outs(graph, states) & places
    ends = {place for place in places if graph.ops[place].get_type_name() in ("Parameter", "Result")}
    box_of: dict[int, int] = {}
    for stretch in stretches(graph, places, {*targets, *read_outs, *ends}):
        place = stretch.places[0]
        if place in ends:
            box = _end(graph, place)
        elif len(stretch.places) > 1:
            box = Box(described(graph, stretch.places, _title(stretch, set(targets))), Kind.NETWORK)
        else:
            box = _operation(graph, place, targets.get(place, ()), place in read_outs)
        box_of.update(dict.fromkeys(stretch.places, diagram.add(box)))
    for place in sorted(places):
        for source, _ in graph.inputs_of(place):
            if source in box_of:
                diagram.connect(box_of[source], box_of[place])
    return box_of


def _shown(graph: ModelGraph, states: Sequence[InsertionState]) -> set[int]:
    """The operations that are drawn: those that pass on values; of a model of maps alone, what these need."""
    results = {place for place, node in enumerate(graph.ops) if node.get_type_name() == "Result"}
    places = value_places(graph) | results
    if not states[0].options.only_map:
        return places
    needed = {source for state in states for source, _ in left(state.branch, "branch", "BuildBranch").sources}
    for place in sorted(places, reverse=True):
        if place in needed:
            needed.update(source for source, _ in graph.inputs_of(place))
    return places & needed


def _targets(states: Sequence[InsertionState]) -> dict[int, tuple[str, ...]]:
    """The operations that are explained, with the methods that explain them."""
    found: dict[int, tuple[str, ...]] = {}
    for state in states:
        target, method = left(state.target, "target", "Locate"), left(state.method, "method", "Locate")
        for place in {one[0] for one in tensors_of(target)}:
            found[place] = (*found.get(place, ()), method.name.value)
    return found


def tensors_of(target: Target) -> list[tuple[int, int]]:
    """The tensors that are explained: several class heads, or one layer."""
    return [level.tensor for level in target.grids.levels] if target.grids else [target.layer]


def _read_outs(graph: ModelGraph, states: Sequence[InsertionState]) -> set[int]:
    """The operations of classifiers that end the positions of the target."""
    found: set[int] = set()
    for state in states:
        target = left(state.target, "target", "Locate")
        if target.site is None or state.analysis is None:
            continue
        layout = state.analysis.layout()
        region = graph.region(target.layer, target.scores)
        for place in region:
            sources = graph.inputs_of(place)
            read = [one for one in sources if one == target.layer or (one[0] in region and layout.positions(one))]
            if read and layout.positions((place, 0)) is None:
                found.add(place)
    return found


def _title(stretch: Stretch, targets: set[int]) -> str:
    if stretch.before & targets:
        return "backbone"
    return "head" if stretch.behind & targets else "other parts of the network"


def _operation(graph: ModelGraph, place: int, methods: tuple[str, ...], ends_positions: bool) -> Box:
    node = graph.ops[place]
    kind, shape, name = node.get_type_name(), str(node.output(0).get_partial_shape()), node.get_friendly_name()
    if methods:
        lines = (f"target of {', '.join(methods)}", shortened(name), shortened(f"{kind} {shape}"))
        return Box(lines, Kind.TARGET, 0, name)
    if ends_positions:
        return Box((f"read-out: {kind}", shortened(shape)), Kind.READ_OUT, 0, name)
    return Box((kind, shortened(shape)), Kind.NETWORK, 0, name)


def _end(graph: ModelGraph, place: int) -> Box:
    """An input or output of the model."""
    node = graph.ops[place]
    is_input = node.get_type_name() == "Parameter"
    port = node.output(0)
    names = sorted(port.get_names()) or [node.get_friendly_name()]
    shape = f"{port.get_element_type().get_type_name()} {port.get_partial_shape()}"
    return Box((shortened(names[0]), shortened(shape)), Kind.INPUT if is_input else Kind.OUTPUT, 0, ", ".join(names))
