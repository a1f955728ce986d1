"""A networkx view of a model: who feeds whom, what dominates the class scores, what lies in between.

Operations are numbered by their place in `model.get_ordered_ops()`; a tensor is the pair (operation, output port).
The numbering of a model and of its clones is the same, so a finding made on one holds for the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import networkx as nx
import openvino as ov

from ovxai_patterns.analysis.near_names import did_you_mean
from ovxai_patterns.analysis.op_traits import SHAPE_READING_TYPES, VARYING_TYPES

TensorId = tuple[int, int]
"""(place of the operation in topological order, output port)."""
Edge = tuple[int, int]
"""(place of the reading operation, its input port)."""

_ROOT: TensorId = (-1, 0)


@dataclass(frozen=True)
class NoLayer:
    """Why no operation has a name that a user gave: a sentence, with the names that are most like it."""

    reason: str


class DominatorTree:
    """For each tensor, those that every path from some sources to it crosses."""

    def __init__(self, edges: nx.DiGraph, sources: Iterable[TensorId]) -> None:
        """`edges`: tensor → tensor."""
        rooted = edges.copy()
        rooted.add_edges_from((_ROOT, source) for source in sources)
        self._immediate = nx.immediate_dominators(rooted, _ROOT) if _ROOT in rooted else {}

    def chain(self, tensor: TensorId) -> list[TensorId]:
        """A tensor and its dominators, upwards; empty where no path leads to it."""
        if tensor not in self._immediate:
            return []
        chain = [tensor]
        while (above := self._immediate.get(chain[-1], _ROOT)) != _ROOT and above is not None:
            chain.append(above)
        return chain


class ModelGraph:
    """The tensors of an `ov.Model` and the edges between them.

    `model` is only read. The object is valid as long as the model is not rewired.
    """

    def __init__(self, model: ov.Model) -> None:
        self.model = model
        self.ops: list[ov.Node] = model.get_ordered_ops()
        self._place = {op.get_name(): place for place, op in enumerate(self.ops)}
        self._dominators: dict[tuple[TensorId, ...], DominatorTree] = {}

    def id_of(self, output: ov.Output) -> TensorId:
        """The number of a tensor of this model."""
        return self._place[output.get_node().get_name()], output.get_index()

    def place_of(self, node: ov.Node) -> int:
        """The place of an operation of this model in topological order."""
        return self._place[node.get_name()]

    def output(self, tensor: TensorId) -> ov.Output:
        """The tensor with that number."""
        return self.ops[tensor[0]].output(tensor[1])

    def inputs_of(self, place: int) -> list[TensorId]:
        """The tensors that an operation reads, in the order of its inputs."""
        return [self.id_of(value) for value in self.ops[place].input_values()]

    def layer_named(self, name: str) -> TensorId | NoLayer:
        """The first result of the operation of that friendly name."""
        for place, node in enumerate(self.ops):
            if node.get_friendly_name() == name:
                return place, 0
        names = [node.get_friendly_name() for node in self.ops if node.get_type_name() != "Constant"]
        return NoLayer(f"there is no layer {name!r}{did_you_mean(name, names)}")

    @cached_property
    def data_edges(self) -> nx.DiGraph:
        """Tensor → tensor edges along which values flow; ShapeOf passes on no values, so it ends an edge."""
        edges = nx.DiGraph()
        for place, op in enumerate(self.ops):
            if op.get_type_name() in SHAPE_READING_TYPES:
                continue
            results = [(place, port) for port in range(op.get_output_size())]
            edges.add_nodes_from(results)
            edges.add_edges_from((source, result) for source in self.inputs_of(place) for result in results)
        return edges

    def dominators(self, sources: Iterable[TensorId], scores: TensorId) -> list[TensorId]:
        """The tensors that every path from `sources` to `scores` crosses, `scores` first.

        Empty where no path leads there.
        """
        key = tuple(sources)
        if key not in self._dominators:
            self._dominators[key] = DominatorTree(self.data_edges, key)
        return self._dominators[key].chain(scores)

    def region(self, start: TensorId, end: TensorId) -> set[int]:
        """Places of the operations on the paths from `start` (its producer excluded) to `end` (its producer included).

        Shape computations that start at `start` belong to it: they follow the tensor.
        """
        below: set[int] = set()
        reached = {start}
        for place in range(start[0] + 1, end[0] + 1):
            if any(source in reached for source in self.inputs_of(place)):
                below.add(place)
                reached.update((place, port) for port in range(self.ops[place].get_output_size()))
        needed = {end[0]}
        for place in range(end[0], start[0], -1):
            if place in needed:
                needed.update(source[0] for source in self.inputs_of(place))
        return below & needed

    @cached_property
    def from_parameters(self) -> set[int]:
        """Places of the operations whose result can change from one inference to the next."""
        found: set[int] = set()
        for place, op in enumerate(self.ops):
            varies = op.get_type_name() in VARYING_TYPES
            if varies or any(source[0] in found for source in self.inputs_of(place)):
                found.add(place)
        return found

    def consumers(self, tensor: TensorId) -> Iterator[tuple[int, int]]:
        """(place, input port) of each reader of a tensor that reads its values, in topological order."""
        readers = (
            (self._place[entry.get_node().get_name()], entry.get_index())
            for entry in self.output(tensor).get_target_inputs()
            if entry.get_node().get_type_name() not in SHAPE_READING_TYPES
        )
        yield from sorted(readers)
