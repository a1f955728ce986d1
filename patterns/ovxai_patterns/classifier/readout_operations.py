"""The read-out operations of a network: those that its positions end at.

A read-out is an operation whose result is about no place any more, that some position still reaches, and whose result
changes no position that is read out later: so a gate (squeeze and excitation) or the product of keys and values in a
linear attention is none, although positions meet there. A pooled network has one, its pooling. Where a class token
or a learned query attends to the positions, the attention is one; networks of several class-attention blocks or of
several branches have several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce

import networkx as nx
import numpy as np

from ovxai_patterns.analysis.graph import DominatorTree, ModelGraph, TensorId
from ovxai_patterns.analysis.influence import Influence
from ovxai_patterns.analysis.layout import PositionLayout
from ovxai_patterns.analysis.movement import Labels, fits, is_movement
from ovxai_patterns.analysis.op_traits import BESIDE_PRODUCT_TYPES, CHANNEL_MIXING_TYPES, SHAPE_READING_TYPES, attends
from ovxai_patterns.classifier.readout import ended_axis, reaches


@dataclass(frozen=True)
class ReadOutOperation:
    """An operation that reads positions out.

    `place`: of the operation. `source`: the tensor with positions that it reads them from; of an attention, the one
    that keys and values are projected from; of a pooling in two steps, what the first one reads. `attention`: whether
    it is one.
    """

    place: int
    source: TensorId
    attention: bool


Suitable = Callable[[TensorId], bool]
"""Whether a tensor can carry a mask over positions."""


def find_read_out_operations(
    layout: PositionLayout, scores: TensorId, suitable: Suitable, crossed: TensorId | None = None
) -> list[ReadOutOperation]:
    """The read-out operations on the way to `scores`, the deepest first.

    `crossed`: a tensor of positions alone that every path crosses; what is read out above it changes positions there.
    """
    graph, influence = layout.graph, Influence(layout.graph, layout.folding)
    needed = _needed(graph, scores)
    found: list[ReadOutOperation] = []
    tree = _tree_of_positions(layout)
    above = -1 if crossed is None else crossed[0]
    for place in sorted((place for place in needed if place > above), reverse=True):
        if graph.ops[place].get_type_name() in SHAPE_READING_TYPES or layout.positions((place, 0)) is not None:
            continue
        sources = [source for source in graph.inputs_of(place) if layout.positions(source) is not None]
        if not sources or not any(reaches(layout, influence, source, place) for source in sources):
            continue
        varying = [source for source in graph.inputs_of(place) if source[0] in graph.from_parameters]
        kind = graph.ops[place].get_type_name()
        attention = attends(kind, len(varying))
        if attention:
            source = _origin(layout, tree, sources, suitable)
        else:
            source = _pooled_first(layout, [one for one in tree.chain(sources[0]) if suitable(one)], scores, sources[0])
        if source is None:
            continue
        marks = influence.reached((place, 0), np.ones((1,) * len(graph.output((place, 0)).get_shape()), np.int32))
        watched = [one.source for one in found]
        watched += [] if attention else [tensor for one in found for tensor in graph.inputs_of(one.place)]
        if not any(_changes(layout, marks, tensor) for tensor in watched):
            found.append(ReadOutOperation(place, source, attention))
    return found


def _pooled_first(layout: PositionLayout, maps: list[TensorId], scores: TensorId, source: TensorId) -> TensorId:
    """What a pooling in two steps begins with, where `source`, the deepest of `maps`, is what its last one reads."""
    ended = ended_axis(layout, maps, scores) if source in maps else None
    return ended.above if ended is not None and ended.only_pooled else source


def _needed(graph: ModelGraph, scores: TensorId) -> set[int]:
    """Places of the operations that the scores are computed with."""
    return {place for place, _ in nx.ancestors(graph.data_edges, scores)} | {scores[0]}


def _changes(layout: PositionLayout, marks: dict[TensorId, Labels], tensor: TensorId) -> bool:
    """Whether a mark lies on a position of a tensor."""
    positions, marked = layout.positions(tensor), marks.get(tensor)
    if positions is None or marked is None:
        return False
    if not fits(marked.shape, positions.ids.shape):
        return True
    return bool((np.broadcast_arrays(marked, positions.ids)[0] * (positions.ids >= 0)).any())


def _origin(
    layout: PositionLayout, tree: DominatorTree, tensors: list[TensorId], suitable: Suitable
) -> TensorId | None:
    """The deepest tensor with positions that all positions of `tensors` come from, above its projections."""
    chains = [tree.chain(tensor) for tensor in tensors]
    common = reduce(lambda left, right: [tensor for tensor in left if tensor in set(right)], chains)
    maps = [tensor for tensor in common if suitable(tensor)]
    return _above_projection(layout, maps[0], suitable) if maps else None


def _tree_of_positions(layout: PositionLayout) -> DominatorTree:
    """For each tensor with positions, those that all its positions come through."""
    graph, edges = layout.graph, nx.DiGraph()
    origins: list[TensorId] = []
    for place, node in enumerate(graph.ops):
        above = [source for source in graph.inputs_of(place) if layout.positions(source) is not None]
        for port in range(node.get_output_size()):
            if layout.positions((place, port)) is not None:
                edges.add_edges_from((source, (place, port)) for source in above)
                origins += [] if above else [(place, port)]
    return DominatorTree(edges, origins)


def _above_projection(layout: PositionLayout, tensor: TensorId, suitable: Suitable) -> TensorId:
    """What a matrix of constants and the movement after it are applied to, or the tensor itself where there is none."""
    graph, above = layout.graph, tensor
    while is_movement(graph.ops[above[0]]) or graph.ops[above[0]].get_type_name() in BESIDE_PRODUCT_TYPES:
        data = _data_inputs(graph, above[0])
        if len(data) != 1 or layout.positions(data[0]) is None:
            return tensor
        above = data[0]
    data = _data_inputs(graph, above[0])
    if graph.ops[above[0]].get_type_name() not in CHANNEL_MIXING_TYPES or len(data) != 1:
        return tensor
    projected = data[0]
    while not suitable(projected) and is_movement(graph.ops[projected[0]]):  # tokens first, or such
        projected = graph.inputs_of(projected[0])[0]
    return projected if suitable(projected) else tensor


def _data_inputs(graph: ModelGraph, place: int) -> list[TensorId]:
    inputs: Iterable[TensorId] = graph.inputs_of(place)
    return [source for source in inputs if source[0] in graph.from_parameters]
