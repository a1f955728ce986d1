"""A graph cut in two: what is run once for each picture, and the head, which is run for each mask.

    picture ─▶ body ─▶ shown, target, sides...        (target under masks, target, sides) ─▶ head ─▶ class scores

Sides are other tensors of the body that the head reads. Sizes that follow the batch are those of the head's own batch.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ovxai_passes.errors import OptionError
from ovxai_passes.torch_modules.sizes import batch_in, is_size, multiple_of_batch

_OPS = torch.ops.aten
_METHODS = {
    _OPS.sym_size.int: "size",
    _OPS.view.default: "reshape",
    _OPS._unsafe_view.default: "reshape",
    _OPS.reshape.default: "reshape",
    _OPS.expand.default: "expand",
    _OPS.repeat.default: "repeat",
}
"""Operations that take sizes, as methods of tensors: a trace of these keeps sizes that follow the batch."""


@dataclass(frozen=True)
class MaskedNodes:
    """Where masks are put: on what reads `target`, and on what reads `others`, tensors below it of the same positions.

    `all_readers`: whether each reader of the target is masked. Else those are not that lead to `others` alone: the norm
    at the beginning of an attention block.
    """

    target: torch.fx.Node
    others: tuple[torch.fx.Node, ...] = ()
    all_readers: bool = True


@dataclass(frozen=True)
class Parts:
    """`body`: picture → (*outputs, *sides). `head`: (target, mask, *others' masks, *sides) → scores.

    `per_picture`: of each side, whether it holds one part for each picture.
    """

    body: torch.fx.GraphModule
    head: torch.fx.GraphModule | None
    per_picture: tuple[bool, ...] = ()


def body_of(module: torch.fx.GraphModule, outputs: Sequence[torch.fx.Node]) -> torch.fx.GraphModule:
    """Picture → outputs."""
    graph = torch.fx.Graph()
    copies: dict[torch.fx.Node, Any] = {}
    needed = _above(outputs)
    for node in module.graph.nodes:
        if node.op == "placeholder":
            copies[node] = graph.placeholder("picture")
        elif node in needed:
            copies[node] = _copied(graph, node, copies)
    graph.output(tuple(copies[node] for node in outputs))
    return torch.fx.GraphModule(module, graph)


def split(
    module: torch.fx.GraphModule, masked: MaskedNodes, scores: torch.fx.Node, outputs: Sequence[torch.fx.Node]
) -> Parts:
    """Cut a graph at the target. Raises OptionError."""
    below = _below(masked.target) & (_above([scores]) | {scores})
    if scores not in below:
        raise OptionError(f"in the module's graph no path leads from {masked.target.name} to the class scores")
    cut = _Head(module, masked, below)
    head = cut.up_to(scores)
    body = body_of(module, [*outputs, *cut.sides])
    return Parts(body, head, tuple(batch_in(side) for side in cut.sides))


class _Head:
    """Copies of the nodes below a target, and of what these need."""

    def __init__(self, module: torch.fx.GraphModule, masked: MaskedNodes, below: Collection[torch.fx.Node]) -> None:
        self.module, self.masked, self.below = module, masked, below
        self.graph = torch.fx.Graph()
        self.feature = self.graph.placeholder("feature")
        self.mask = self.graph.placeholder("mask")
        self.copies: dict[torch.fx.Node, Any] = {masked.target: self.feature}
        self.weighed: dict[torch.fx.Node, Any] = {}
        self.sides: dict[torch.fx.Node, Any] = {}
        picture = next(node for node in module.graph.nodes if node.op == "placeholder")
        self.computed = _below(picture)

    def up_to(self, scores: torch.fx.Node) -> torch.fx.GraphModule:
        """The head that ends in the class scores."""
        target, others = self.masked.target, self.masked.others
        if not batch_in(target):
            raise OptionError(f"{target.name} of the module's graph holds no batch of pictures")
        inputs = [node for one in self.below for node in one.all_input_nodes]
        for side in self.module.graph.nodes:  # placeholders come before all else
            if side in inputs and side in self.computed and side not in self.below and not is_size(side):
                self.sides[side] = self.graph.placeholder(f"side{len(self.sides)}")
        self.copies |= self.sides
        self.weighed[target] = self.graph.call_function(operator.mul, (self.feature, self.mask))
        for node in self.module.graph.nodes:
            if node not in self.below or node is target:
                continue
            for needed in node.all_input_nodes:
                self._bring(needed)
            unmasked = not self.masked.all_readers and self._leads_to_others_alone(node)
            known = self.copies if unmasked else self.copies | self.weighed
            self.copies[node] = _copied(self.graph, node, known)
            if node in others:
                self.weighed[node] = self.graph.call_function(operator.mul, (self.copies[node], self.mask))
        self.graph.output(self.copies[scores])
        return torch.fx.GraphModule(self.module, self.graph)

    def _bring(self, node: torch.fx.Node) -> None:
        """A copy of a node that stands outside, with all that it is made of."""
        if node in self.copies:
            return
        if is_size(node):
            self.copies[node] = self._size(node)
            return
        for needed in node.all_input_nodes:
            self._bring(needed)
        self.copies[node] = _copied(self.graph, node, self.copies)

    def _size(self, node: torch.fx.Node) -> Any:
        """A size that follows the batch, of the head's batch."""
        factor = multiple_of_batch(node.meta["val"])
        if not factor:
            raise OptionError(
                f"the module computes a size from the number of pictures ({node.name}: {node.meta['val']}): convert it "
                "(openvino.convert_model) and explain that"
            )
        batch = self.graph.call_method("size", (self.feature, 0))
        return batch if factor == 1 else self.graph.call_function(operator.mul, (batch, factor))

    def _leads_to_others_alone(self, node: torch.fx.Node) -> bool:
        """Whether all that a node below the target leads to passes through the other masked tensors."""
        seen, waiting = {node}, [node]
        while waiting:
            one = waiting.pop()
            if one in self.masked.others:
                continue
            readers = [reader for reader in one.users if reader in self.below]
            if not readers:
                return False
            waiting += [reader for reader in readers if reader not in seen]
            seen.update(readers)
        return True


def _copied(graph: torch.fx.Graph, node: torch.fx.Node, copies: dict[torch.fx.Node, Any]) -> torch.fx.Node:
    """A copy of a node that reads copies; operations that take sizes as methods of tensors."""
    copy = graph.node_copy(node, lambda old: copies[old])
    if node.op == "call_function" and node.target in _METHODS and not node.kwargs:
        copy.op, copy.target = "call_method", _METHODS[node.target]
    return copy


def _above(nodes: Sequence[torch.fx.Node]) -> set[torch.fx.Node]:
    """Nodes, and all that they are made of."""
    found, waiting = set(nodes), list(nodes)
    while waiting:
        for source in waiting.pop().all_input_nodes:
            if source not in found:
                found.add(source)
                waiting.append(source)
    return found


def _below(node: torch.fx.Node) -> set[torch.fx.Node]:
    """A node, and all that is made of it; not of sizes alone, which say nothing of its values."""
    found, waiting = {node}, [node]
    while waiting:
        for reader in waiting.pop().users:
            if reader not in found and not is_size(reader) and reader.op != "output":
                found.add(reader)
                waiting.append(reader)
    return found
