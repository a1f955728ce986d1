"""What dense heads are used for, by dataflow: which entry of a tensor is which channel of which head, at which place.

The elements of all heads are numbered, and the numbers follow the values down to the outputs, as long as it is plain
which element an entry is: operations of movement are run on them, activations keep them, and of two factors (class
scores times objectness) the finer one counts. Arithmetic with other values, as boxes are decoded by, ends them. What a
detector's outputs are made of falls out: the axis of the classes, which channels of a head they are, what is activated
how, and how heads are joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_patterns.analysis.dequantised import dequantises
from ovxai_patterns.analysis.folding import Folding
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.movement import is_movement, move
from ovxai_patterns.analysis.op_traits import (
    ACTIVATION_TYPES,
    ARITHMETIC_TYPES,
    MONOTONE_TYPES,
    RANKING_TYPES,
    SCORE_INPUTS,
)
from ovxai_patterns.detector.dense_heads import DenseHead

Ids = npt.NDArray[np.int32]

_NONE = -1


@dataclass(frozen=True)
class HeadOccurrence:
    """A head in a tensor that holds entries of it.

    `start`, `stop`: the entries of this head along each axis. `share`: of the head's elements that are there. `held`:
    which of its channels are there, [C] bool.
    `channels`: for each axis along which only the channel changes, [entries from start to stop, C] bool: which channels
    of the head an entry is (one an anchor).
    """

    tensor: TensorId
    start: tuple[int, ...]
    stop: tuple[int, ...]
    share: float
    held: npt.NDArray[np.bool_]
    channels: dict[int, npt.NDArray[np.bool_]]


@dataclass
class HeadUses:
    """What becomes of a head's elements.

    `activation`: the type of the last one that they pass; `activated`, `computed`: the channels [C] that pass an
    activation, and that end in an arithmetic operation. `scored_by`: the suppression of boxes
    that takes them for class scores, (type, background class or None). `region`: (anchors, classes) of a RegionYolo
    that reads them. `outputs`: indices of the outputs they reach.
    """

    activated: npt.NDArray[np.bool_]
    computed: npt.NDArray[np.bool_]
    occurrences: list[HeadOccurrence] = field(default_factory=list)
    activation: str | None = None
    scored_by: tuple[str, int | None] | None = None
    region: tuple[int, int] | None = None
    ranked: bool = False
    outputs: set[int] = field(default_factory=set)


class _Walk:
    """Numbers on their way down; those of a tensor are dropped when its last reader has been met."""

    def __init__(self, graph: ModelGraph, folding: Folding, heads: Sequence[DenseHead]) -> None:
        self.graph = graph
        self.folding = folding
        self.heads = heads
        self.firsts = np.cumsum([0, *(head.channels * head.cells for head in heads)]).tolist()
        self.ids: dict[TensorId, Ids] = {}
        self.activations: dict[TensorId, dict[int, str]] = {}
        self.all_uses = [HeadUses(np.zeros(head.channels, bool), np.zeros(head.channels, bool)) for head in heads]

    def run(self) -> list[HeadUses]:
        """What becomes of each head."""
        waiting: dict[int, list[int]] = {}
        for number, head in enumerate(self.heads):
            waiting.setdefault(head.tensor[0], []).append(number)
        for place in range(min(waiting, default=len(self.graph.ops)), len(self.graph.ops)):
            for number in waiting.get(place, ()):
                self._enter(self.heads[number].tensor, self._numbered(number), {})
            sources = [source for source in self.graph.inputs_of(place) if source in self.ids]
            if sources and place not in waiting:
                self._pass_on(place, sources)
            for source in sources:
                if all(reader <= place for reader, _ in self.graph.consumers(source)):
                    del self.ids[source]
        return self.all_uses

    def _numbered(self, number: int) -> Ids:
        head = self.heads[number]
        numbers = self.firsts[number] + np.arange(head.channels * head.cells, dtype=np.int32)
        by_channel = numbers.reshape(head.channels, head.cells)
        shape = self._shape(head.tensor)
        one = (by_channel.T if head.axis > 1 else by_channel).reshape(1, *shape[1:])
        return np.array(np.broadcast_to(one, shape))  # every picture of a batch alike

    def _shape(self, tensor: TensorId) -> tuple[int, ...]:
        return tuple(self.graph.output(tensor).get_shape())

    def _pass_on(self, place: int, sources: list[TensorId]) -> None:
        node, inputs = self.graph.ops[place], self.graph.inputs_of(place)
        kind = node.get_type_name()
        activations: dict[int, str] = {}
        for source in sources:
            activations |= self.activations[source]
        results: list[Ids] | None = None
        if is_movement(node):
            results = move(self.graph, self.folding, place, [self.ids.get(source) for source in inputs], _NONE)
        elif node.get_output_partial_shape(0).is_dynamic:
            pass
        elif inputs[0] in self.ids and (kind in MONOTONE_TYPES or dequantises(self.graph, place)):
            results = [self.ids[inputs[0]]]
            if kind in ACTIVATION_TYPES:
                present = self._present(results[0])
                activations |= dict.fromkeys(self._held(present), kind)
                for head in self._held(present):
                    self.all_uses[head].activated |= self._channels(present, head)
        elif (kind == "Multiply" and len(sources) == 2) or kind == "Select":
            finest = max((self.ids[source] for source in sources), key=lambda ids: int(self._present(ids).sum()))
            results = [np.array(np.broadcast_to(finest, self._shape((place, 0))))]
        if results is None:
            self._end(place, sources)
            return
        for port, ids in enumerate(results):
            if (ids >= 0).any():
                self._enter((place, port), ids, activations)

    def _present(self, ids: Ids) -> npt.NDArray[np.bool_]:
        present = np.zeros(self.firsts[-1], bool)
        present[ids[ids >= 0]] = True
        return present

    def _channels(self, present: npt.NDArray[np.bool_], head: int) -> npt.NDArray[np.bool_]:
        """Which channels of a head are among present elements."""
        mine = present[self.firsts[head] : self.firsts[head + 1]]
        return np.asarray(mine.reshape(self.heads[head].channels, -1).any(1))

    def _held(self, present: npt.NDArray[np.bool_]) -> list[int]:
        return [head for head in range(len(self.heads)) if present[self.firsts[head] : self.firsts[head + 1]].any()]

    def _enter(self, tensor: TensorId, ids: Ids, activations: dict[int, str]) -> None:
        self.ids[tensor], self.activations[tensor] = ids, activations
        present = self._present(ids)
        full = np.broadcast_to(ids, self._shape(tensor))
        for head in self._held(present):
            here = present[self.firsts[head] : self.firsts[head + 1]].reshape(self.heads[head].channels, -1)
            self.all_uses[head].occurrences.append(self._occurrence(tensor, head, full, here))
            self.all_uses[head].activation = activations.get(head, self.all_uses[head].activation)

    def _occurrence(self, tensor: TensorId, head: int, ids: Ids, here: npt.NDArray[np.bool_]) -> HeadOccurrence:
        mine = (ids >= self.firsts[head]) & (ids < self.firsts[head + 1])
        start, stop = [], []
        for axis in range(ids.ndim):
            filled = np.flatnonzero(mine.any(tuple(other for other in range(ids.ndim) if other != axis)))
            start.append(int(filled[0]))
            stop.append(int(filled[-1]) + 1)
        block = tuple(slice(low, high) for low, high in zip(start, stop, strict=True))
        own = np.where(mine[block], ids[block] - self.firsts[head], _NONE)
        shape, cells = self.heads[head], self.heads[head].cells
        channels = {
            axis: _channels_along(own, axis, cells, shape.channels)
            for axis in range(1, ids.ndim)
            if _changes_channel_only(own, axis, cells)
        }
        return HeadOccurrence(tensor, tuple(start), tuple(stop), float(here.mean()), np.asarray(here.any(1)), channels)

    def _end(self, place: int, sources: list[TensorId]) -> None:
        node, inputs = self.graph.ops[place], self.graph.inputs_of(place)
        kind = node.get_type_name()
        for source in sources:
            present = self._present(self.ids[source])
            for head in self._held(present):
                uses = self.all_uses[head]
                if kind in ARITHMETIC_TYPES:
                    uses.computed |= self._channels(present, head)
                if inputs.index(source) == SCORE_INPUTS.get(kind):
                    uses.scored_by = (kind, node.get_attributes().get("background_label_id"))
                if kind == "RegionYolo":
                    uses.region = _region(node.get_attributes())
                uses.ranked |= kind in RANKING_TYPES
                if kind == "Result":
                    uses.outputs.add(self.graph.model.get_result_index(node.output(0)))


def _region(attributes: dict[str, Any]) -> tuple[int, int]:
    anchors = attributes["num"] if attributes["do_softmax"] else len(attributes["mask"])
    return int(anchors), int(attributes["classes"])


def uses_of_heads(graph: ModelGraph, folding: Folding, heads: Sequence[DenseHead]) -> list[HeadUses]:
    """What becomes of each head of a model whose shapes are static (see `analysis_clone`)."""
    return _Walk(graph, folding, heads).run()


def _changes_channel_only(own: Ids, axis: int, cells: int) -> bool:
    """Whether neighbours along an axis are always other channels at the same place."""
    if own.shape[axis] < 2:
        return False
    one, other = own.take(range(own.shape[axis] - 1), axis), own.take(range(1, own.shape[axis]), axis)
    both = (one >= 0) & (other >= 0)
    return bool(both.any() and ((one % cells == other % cells) & (one != other))[both].all())


def _channels_along(own: Ids, axis: int, cells: int, channels: int) -> npt.NDArray[np.bool_]:
    entries = own.shape[axis]
    places = np.arange(entries).reshape([-1 if other == axis else 1 for other in range(own.ndim)])
    pairs = np.broadcast_to(places, own.shape) * channels + own // cells
    held = np.zeros(entries * channels, bool)
    held[pairs[own >= 0]] = True
    return held.reshape(entries, channels)
