"""What plugins fuse, so that a further reader in between changes the network's outputs.

A plugin computes a product or a reduction and the element-wise operations after it in one kernel, as long as nothing
else reads what lies in between. A branch that reads there, too, makes the plugin compute them one by one, and the
network's outputs are rounded otherwise: at bf16 in the third digit, at f32 in the last bit. A tensor T that may get a
further reader without that is a safe tap. The CPU plugin of 2026.4.1 shows each rule:

    no safe tap   1  Convolution, MatMul, MVN, Reduce..., element-wise ─▶ T ─▶ element-wise operations alone
                     (a Reshape or Transpose in between makes no difference: plugins move operations past them)
                  2  Reshape, Transpose ─▶ element-wise ─▶ T ─▶ one reader (nor are they moved when others read T)
                  3  Pad ─▶ T ─▶ Convolution, pooling                constant · ─▶ T ─▶ Convolution
                  4  Transpose ─▶ T ─▶ Convolution, pooling, Reduce...
                  5  T ─▶ Add ◀─ Convolution                         (the sum is made in place of T)
                  6  MatMul ─▶ T ─▶ Softmax ─▶ T ─▶ MatMul           (an attention that is spelled out)
                  9  ReduceMean ─▶ T ─▶ ReduceMean, and others       (both are one reduction)
    safe tap         every other tensor
    attention     7  MatMul with weights ─▶ T ─▶ query or key of one attention   (projections are joined)
    sums          8  MatMul, Multiply ─▶ T ─▶ Add, which T's one reader is

Found by adding a reader to every tensor of networks, one by one, and comparing their outputs on the CPU. One more rule
stands where the heads of detectors are found, which may not import this file (`is_fused` of
`ovxai_patterns/detector/dense_heads.py`): a layer ─▶ movements ─▶ element-wise operation, in one kernel.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from ovxai_patterns.analysis.dequantised import dequantises
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.op_traits import (
    CONVOLUTION_TYPES,
    ELEMENTWISE_TYPES,
    PRODUCT_TYPES,
    REDUCE_TYPES,
    SHAPE_KEEPING_TYPES,
    VARYING_TYPES,
    WINDOW_TYPES,
    Trait,
    types_with,
)

_MOVES = frozenset(
    {"BatchToSpace", "Broadcast", "DepthToSpace", "Gather", "Reshape", "Squeeze", "Transpose", "Unsqueeze"}
)
_FUSED = ELEMENTWISE_TYPES | {"BatchNormInference"}
_FUSING = _FUSED | _MOVES | REDUCE_TYPES | WINDOW_TYPES | SHAPE_KEEPING_TYPES | PRODUCT_TYPES
_NEVER_FUSING = frozenset({"LogSoftmax", "Softmax"})
_SCALINGS = types_with(Trait.SCALING)
_IN_ATTENTION = _FUSED | _MOVES | {"Softmax"}
_BETWEEN_PRODUCTS = frozenset({"Add", "Divide", "Multiply", "Reshape", "Softmax", "Transpose"})
_AFTER_PROJECTION = frozenset({"Add", "MatMul", "Multiply", "Reshape", "Transpose"})
_IN_SUM = frozenset({"Add", "MatMul", "Multiply"})


class SafeTaps:
    """`tensor in taps`: whether a plugin computes the network as it did when that tensor gets a further reader."""

    def __init__(self, graph: ModelGraph) -> None:
        self._graph = graph

    def __contains__(self, tensor: TensorId) -> bool:
        graph, place = self._graph, tensor[0]
        if place not in self._moving:
            return True
        kind = graph.ops[place].get_type_name()
        if kind == "Multiply" and dequantises(graph, place):
            return True  # what levels stand for is computed for each reader
        readers = list(self._readers(tensor))
        if kind in _FUSED and len(list(graph.consumers(tensor))) == 1 and self._is_moved_up(place):
            return False
        if place in self._attentions or any(self._is_sum_in_place(*reader) for reader in readers):
            return False
        kinds = {graph.ops[reader].get_type_name() for reader, _ in readers}
        if kind in _SCALINGS and len(self._varying(place)) == 1 and kinds and kinds <= CONVOLUTION_TYPES:
            return False
        return not _is_one_kernel(kind, kinds)

    def _readers(self, tensor: TensorId) -> Iterator[tuple[int, int]]:
        """(place, port) of what reads a tensor's values, past what only lays them out anew."""
        open_ends = [tensor]
        while open_ends:
            for place, port in self._graph.consumers(open_ends.pop()):
                if self._graph.ops[place].get_type_name() in _MOVES and port == 0:
                    open_ends.append((place, 0))
                else:
                    yield place, port

    def _is_moved_up(self, place: int) -> bool:
        """Whether a plugin moves an element-wise operation past the one above it (rule 2)."""
        varying = self._varying(place)
        return len(varying) == 1 and self._graph.ops[varying[0][0]].get_type_name() in _MOVES

    def _is_sum_in_place(self, place: int, port: int) -> bool:
        """Whether a reader adds the tensor to what a convolution makes for it alone (rule 5)."""
        graph = self._graph
        if graph.ops[place].get_type_name() != "Add":
            return False
        tensor = graph.inputs_of(place)[1 - port]
        while len(list(graph.consumers(tensor))) == 1:
            kind = graph.ops[tensor[0]].get_type_name()
            if kind in CONVOLUTION_TYPES:
                return True
            varying = self._varying(tensor[0])
            if kind not in _FUSED or len(varying) != 1:
                return False
            tensor = varying[0]
        return False

    @cached_property
    def _attentions(self) -> set[int]:
        """Places from a product, with a learned query too, through a Softmax to the next product (rule 6)."""
        graph, found = self._graph, set[int]()
        for start, node in enumerate(graph.ops):
            if node.get_type_name() != "MatMul" or not self._varying(start):
                continue
            inside, open_ends = set[int](), [start]
            while open_ends:
                place = open_ends.pop()
                inside.add(place)
                readers = {reader for reader, _ in graph.consumers((place, 0))} - inside
                open_ends += [reader for reader in readers if graph.ops[reader].get_type_name() in _IN_ATTENTION]
            softmax = {place for place in inside if graph.ops[place].get_type_name() == "Softmax"}
            if softmax and any(self._is_second_product(inside, place) for place in inside):
                found |= inside
        return found

    def _is_second_product(self, inside: set[int], place: int) -> bool:
        """Whether a product of two tensors of the network reads an operation, itself not `inside`."""
        graph = self._graph
        readers = {reader for reader, _ in graph.consumers((place, 0))} - inside
        products = [reader for reader in readers if graph.ops[reader].get_type_name() == "MatMul"]
        return any(len(self._varying(reader)) == 2 for reader in products)

    @cached_property
    def _moving(self) -> set[int]:
        """Places of what is made of values of the inputs, not of their sizes alone (biases laid out by a ShapeOf)."""
        found = set[int]()
        for place, node in enumerate(self._graph.ops):
            kind = node.get_type_name()
            made = kind != "ShapeOf" and any(source[0] in found for source in self._graph.inputs_of(place))
            if made or kind in VARYING_TYPES:
                found.add(place)
        return found

    def _varying(self, place: int) -> list[TensorId]:
        return [source for source in self._graph.inputs_of(place) if source[0] in self._moving]


def _is_one_kernel(kind: str, readers: set[str]) -> bool:
    """Whether a plugin may compute an operation together with all that reads its result (rules 1, 3, 4 and 9)."""
    if not readers:
        return False
    if readers <= _FUSED:
        return kind in _FUSING - _NEVER_FUSING
    if kind == "Transpose":
        return bool(readers & (REDUCE_TYPES | WINDOW_TYPES))
    if kind in REDUCE_TYPES:
        return readers == {kind}
    return kind == "Pad" and readers <= WINDOW_TYPES


def is_laid_out_for_pooling(graph: ModelGraph, place: int) -> bool:
    """Whether an operation is a Transpose for a pooling, which a plugin makes one kernel of (rule 4)."""
    if graph.ops[place].get_type_name() != "Transpose":
        return False
    readers = {graph.ops[reader].get_type_name() for reader, _ in graph.consumers((place, 0))}
    return bool(readers & (REDUCE_TYPES | WINDOW_TYPES))


def inside_attention(graph: ModelGraph) -> set[int]:
    """Places of what a plugin computes in one kernel with an attention, with masks among its operations or without.

    Projections to queries and keys that one attention reads, with what stands between (rule 7); and an attention that
    is spelled out, from its first product to its second (rule 6).
    """
    found, varying = set[int](), graph.from_parameters
    attentions = [
        place
        for place, node in enumerate(graph.ops)
        if node.get_type_name() in PRODUCT_TYPES and all(source[0] in varying for source in graph.inputs_of(place)[:2])
    ]
    for place in attentions:
        found |= _up_to_next_product(graph, place)
        for tensor in graph.inputs_of(place)[:2]:
            found |= _projection(graph, tensor)
    return found


def _projection(graph: ModelGraph, tensor: TensorId) -> set[int]:
    """A product with a constant matrix and what stands between it and `tensor`, each with one reader; or nothing."""
    chain = set[int]()
    while graph.ops[tensor[0]].get_type_name() in _AFTER_PROJECTION and len(list(graph.consumers(tensor))) == 1:
        chain.add(tensor[0])
        sources = [source for source in graph.inputs_of(tensor[0]) if source[0] in graph.from_parameters]
        if len(sources) != 1:
            break
        if graph.ops[tensor[0]].get_type_name() == "MatMul":
            return chain
        tensor = sources[0]
    return set()


def _up_to_next_product(graph: ModelGraph, place: int) -> set[int]:
    """The first product of a spelled-out attention, and the operations after it up to the second one."""
    found, open_ends = set[int](), [place]
    while open_ends:
        here = open_ends.pop()
        found.add(here)
        readers = [reader for reader, _ in graph.consumers((here, 0)) if reader not in found]
        open_ends += [reader for reader in readers if graph.ops[reader].get_type_name() in _BETWEEN_PRODUCTS]
    return found


def fused_above(graph: ModelGraph, region: set[int]) -> set[int]:
    """Places above a region of what a plugin makes one kernel of: a sum, and what it alone reads (rule 8).

    A head that starts there computes them again: of a few rows, as a rule, because it reads no more of them.
    """
    found: set[int] = set()
    open_ends = [source for place in region for source in graph.inputs_of(place)]
    while open_ends:
        tensor = open_ends.pop()
        place, node = tensor[0], graph.ops[tensor[0]]
        if place in region or place in found or node.get_type_name() not in _IN_SUM:
            continue
        readers = [reader for reader, _ in graph.consumers(tensor)]
        if place in graph.from_parameters and len(readers) == 1 and graph.ops[readers[0]].get_type_name() == "Add":
            found.add(place)
            open_ends += graph.inputs_of(place)
    return found
