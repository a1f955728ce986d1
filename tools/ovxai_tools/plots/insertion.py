"""What is drawn of an insertion: the network around its targets, and a lane for the branch of each method."""

from __future__ import annotations

from collections.abc import Sequence

import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.model_info.outputs import CLASSES_NAME, FEATURES_NAME, OUTPUT_NAME, OVERLAY_NAME, further_name
from ovxai_passes.ops.branch import map_of
from ovxai_passes.passes.state import InsertionState, left
from ovxai_passes.vocabulary import INPUT, Scaling
from ovxai_tools.plots.diagram import Box, Diagram, Kind, shortened
from ovxai_tools.plots.folding import described, stretches, value_places
from ovxai_tools.plots.network import draw_network, tensors_of


def diagram_of(model: ov.Model, name: str, states: Sequence[InsertionState]) -> Diagram:
    """The diagram of an insertion into `model`, which is as it was before, and its name.

    `states`: of each map, with its branch.
    """
    methods = [left(state.method, "method", "Locate").name for state in states]
    diagram = Diagram(
        f"{shortened(name)}: {', '.join(method.value for method in methods)}",
        ("original network", *(f"branch of {method.value}" for method in methods)),
    )
    graph = ModelGraph(model)
    box_of = draw_network(diagram, graph, states)
    names = [OUTPUT_NAME, *(further_name(method) for method in methods[1:])]
    ranking: int | None = None
    for lane, (state, output) in enumerate(zip(states, names, strict=True), 1):
        if ranking is None and left(state.target, "target", "Locate").top_k is not None:
            ranking = _draw_ranking(diagram, box_of, state, lane)
        last = _draw_branch(diagram, box_of, state, lane, ranking)
        finished = _draw_output(diagram, state, lane, last, output)
        if lane == 1:
            _draw_pictures(diagram, box_of, state, finished)
    target = left(states[0].target, "target", "Locate")
    if states[0].options.feature_vector and target.pooled is not None:
        lane = len(diagram.lanes)
        diagram.lanes += ("branch of the feature vector",)
        pooled = diagram.add(Box(("class token, or mean", "over positions"), Kind.BRANCH, lane))
        diagram.connect(box_of[target.pooled[0][0]], pooled)
        diagram.connect(pooled, diagram.add(Box((FEATURES_NAME, "f32"), Kind.OUTPUT, lane, FEATURES_NAME)))
    return diagram


def _draw_ranking(diagram: Diagram, box_of: dict[int, int], state: InsertionState, lane: int) -> int:
    """Add what finds the best classes, and the output that says which these are; returns the first box."""
    target = left(state.target, "target", "Locate")
    shown = tensors_of(target) if target.site is None else [target.site.scores.shown]
    best = diagram.add(Box((f"best {target.top_k} classes", "of each image"), Kind.BRANCH, lane))
    for box in dict.fromkeys(box_of[place] for place, _ in shown):
        diagram.connect(box, best)
    diagram.connect(best, diagram.add(Box((CLASSES_NAME, "i64"), Kind.OUTPUT, lane, CLASSES_NAME)))
    return best


def _draw_branch(
    diagram: Diagram, box_of: dict[int, int], state: InsertionState, lane: int, ranking: int | None
) -> int:
    """Add the branch of one map; returns the box that it ends with.

    `ranking`: the box that chooses classes, where they are chosen in the graph.
    """
    branch = left(state.built, "branch", "BuildBranch").branch
    target = left(state.target, "target", "Locate")
    graph = ModelGraph(branch.model)
    fed: dict[int, int] = {}
    for parameter, source in zip(graph.model.get_parameters(), branch.sources, strict=True):
        fed[graph.place_of(parameter)] = box_of[source[0]]
        if target.top_k is not None and target.site is not None and source == target.site.scores.shown:
            fed[graph.place_of(parameter)] = left(ranking, "ranking", "BuildBranch")
    inputs, results = set(fed), {graph.place_of(node) for node in graph.model.get_results()}
    for stretch in stretches(graph, value_places(graph) - results - inputs, ()):
        node = graph.ops[stretch.places[0]]
        lines = described(graph, stretch.places, diagram.lanes[lane])
        if len(stretch.places) == 1:
            lines = (node.get_type_name(), shortened(str(node.output(0).get_partial_shape())))
        fed.update(dict.fromkeys(stretch.places, diagram.add(Box(lines, Kind.BRANCH, lane))))
    for place in sorted(set(fed) - inputs):
        for above, _ in graph.inputs_of(place):
            if above in fed:
                diagram.connect(fed[above], fed[place])
    return fed[graph.id_of(graph.model.get_results()[0].input_value(0))[0]]


_SCALED = {Scaling.MAP: "each map by itself", Scaling.JOINT: "all classes by one range"}


def _draw_output(diagram: Diagram, state: InsertionState, lane: int, last: int, name: str) -> int:
    """Add how a map is finished, and its output; returns the box that pictures are made of.

    `last`: the box that its branch ends with.
    """
    options, final = state.options, map_of(left(state.branch, "branch", "BuildBranch"))
    steps: list[tuple[str, str]] = []
    if options.effective_scaling is not Scaling.NONE:
        of = _SCALED.get(options.effective_scaling, "all classes by one scale, zero kept")
        steps.append(("scaled to 0..255" if options.output_dtype is None else "scaled to 0..1", of))
    if state.map_size is not None:
        steps.append(("resized", "to the picture" if state.map_size == INPUT else "x".join(map(str, state.map_size))))
    if options.threshold is not None:
        steps.append(("low values to 0", f"below {options.threshold:g} of full scale"))
    for lines in steps:
        box = diagram.add(Box(lines, Kind.BRANCH, lane))
        diagram.connect(last, box)
        last = box
    shape = f"{final.get_element_type().get_type_name()} {final.get_partial_shape()}"
    diagram.connect(last, diagram.add(Box((name, shortened(shape)), Kind.OUTPUT, lane, name)))
    return last


def _draw_pictures(diagram: Diagram, box_of: dict[int, int], state: InsertionState, last: int) -> None:
    """Add the pictures of the first map, made of the box `last`; an overlay is of the model's own picture, too."""
    branch = left(state.branch, "branch", "BuildBranch")
    ends = [result.input_value(0) for result in branch.model.get_results()]
    first = len(ends) - branch.has_features - len(branch.pictures)
    for name, end in zip(branch.pictures, ends[first : first + len(branch.pictures)], strict=True):
        box = diagram.add(Box((name, shortened(f"u8 {end.get_partial_shape()}")), Kind.OUTPUT, 1, name))
        diagram.connect(last, box)
        if name == OVERLAY_NAME and state.image is not None:
            diagram.connect(box_of[state.image.picture.tensor[0]], box)
