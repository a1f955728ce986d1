"""The exact branch: a forward walk over the head that finds each tensor as a function of the mask.

    S[n,k,p] = head(F_n, m_p)[k],  without running the head once for every p

Every operation of the head is visited once, in order. One whose inputs do not depend on the mask does not either: its
result is the original model's own tensor. For the others a rule (rules/) makes the value of the result from the values
of the inputs, so that what masks have in common is computed once. An operation that no rule maps is multiplied out:
its inputs get an explicit mask axis, and the reason is kept. Where that is not possible, or too large, the walk ends
with the reason; the naive branch is written then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.folding import Folding
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.op_traits import ATTENTION_TYPES, POOLING_TYPES
from ovxai_patterns.classifier.site import Site

from ovxai_passes.head.cut import Head
from ovxai_passes.head.masks import grid_masks
from ovxai_passes.mapping.as_map import as_map
from ovxai_passes.mapping.context import Context
from ovxai_passes.mapping.narrow import narrowed
from ovxai_passes.mapping.rules import along_axes, convolution, elementwise, matmul, movement
from ovxai_passes.mapping.rules.batch import in_the_batch
from ovxai_passes.mapping.values import Batched, Invariant, NoRuleError, Positionwise, Value
from ovxai_passes.mapping.weights import telling_input
from ovxai_passes.ops.branch import Branch, MultipliedOut
from ovxai_passes.ops.fence import fenced
from ovxai_passes.ops.fusions import inside_attention, is_laid_out_for_pooling
from ovxai_passes.ops.sizes import sizes_of
from ovxai_passes.vocabulary import Mask

_SMALLEST = (2, 2)
"""A grid on which masks take all weights that they take on larger ones."""

_log = logging.getLogger(__name__)

Rule = Callable[[Context, ov.Node, list[Value], list[ov.Output]], list[Value]]

RULES: tuple[tuple[frozenset[str], Rule], ...] = (
    (elementwise.TYPES, elementwise.elementwise),
    (movement.TYPES, movement.movement),
    (along_axes.TYPES, along_axes.along_axes),
    (matmul.TYPES, matmul.matmul),
    (ATTENTION_TYPES, matmul.attention),
    (convolution.TYPES, convolution.convolution),
    (POOLING_TYPES, convolution.window_pooling),
)


def mapped_head(site: Site, head: Head, mask: Mask) -> Branch:
    """The exact branch of a head, trimmed or not. Raises NoRuleError where an operation has no rule.

    A head that takes any grid gives a branch that does, or AnyGridError. `head` is only read; the branch shares its
    constants.
    """
    if head.quantised and site.k:
        # The branch would read tensors above a FakeQuantize, which a CPU plugin then no longer compiles.
        raise NoRuleError("the attention block is quantised to 8 bits")
    return _Walk(site, head, mask).branch()


class _Walk:
    def __init__(self, site: Site, head: Head, mask: Mask) -> None:
        self._attention = _inside_attention(head)
        head = narrowed(site, head)
        self._site, self._head = site, head
        self._graph = ModelGraph(head.model)
        grid = site.positions.grid
        cells = grid_masks(mask, _SMALLEST if head.any_grid else grid)
        flat = cells.reshape(len(cells), -1)
        self._sources: dict[TensorId, ov.Node] = {}
        sizes = self._grid_sizes() if head.any_grid else None
        analysed, known = head.analysed()
        self._context = Context(flat, grid, self._graph, Folding(self._graph), analysed, known, sizes)
        self._values: dict[TensorId, Value] = {}
        self._ones: dict[TensorId, ov.Output] = {}
        self._multiplied: list[MultipliedOut] = []

    def branch(self) -> Branch:
        """Walk, and lay the scores out as a map."""
        feature, mask, *sides = self._head.model.get_parameters()
        inputs = {feature.get_name(): self._site.target}
        inputs.update({side.get_name(): source for side, source in zip(sides, self._head.sides, strict=True)})
        for place, node in enumerate(self._graph.ops):
            if node.get_name() == mask.get_name():
                self._values[place, 0] = self._mask_value(node)
            elif node.get_name() in inputs:
                source = inputs[node.get_name()]
                self._values[place, 0] = Invariant(self._original(source, node.output(0)))
                self._ones[place, 0] = self._original(source, node.output(0))
            elif node.get_type_name() != "Result":
                self._visit(place, node)
        scores = self._values[self._graph.id_of(self._head.model.get_results()[0].input_value(0))]
        if isinstance(scores, Positionwise):
            scores = self._context.batched(scores, 2)
        if not isinstance(scores, Batched):
            raise NoRuleError("class scores that do not depend on the mask")
        result = ops.result(as_map(self._context, scores.output))
        needed = _ancestors(result)
        used = [source for source, node in self._sources.items() if node.get_name() in needed]
        model = ov.Model([result], [self._sources[source] for source in used], "branch")
        return Branch(model, tuple(used), tuple(self._multiplied))

    def _grid_sizes(self) -> ov.Node:
        """(h, w) as read from the tensor that tells the grid."""
        source = self._site.grid_source
        self._sources.setdefault(source.tensor, telling_input(self._site, self._head))
        return sizes_of(self._sources[source.tensor], source.axes)

    def _mask_value(self, node: ov.Node) -> Value:
        element, ids = node.get_output_element_type(0), self._site.positions.ids
        zero = ops.constant(np.zeros((1,) * ids.ndim, element.to_dtype())).output(0)
        one = ops.constant(np.ones((1,) * ids.ndim, element.to_dtype())).output(0)
        sizes: ov.Node = ops.constant(list(ids.shape))
        if self._context.any_grid:
            feature = self._head.model.get_parameters()[0]
            others = [axis for axis, size in enumerate(ids.shape) if size == 1]
            target = self._original(self._site.target, feature.output(0))
            ones = ops.constant(np.ones(len(others), np.int64))
            sizes = ops.scatter_update(ops.shape_of(target, "i64"), ops.constant(others), ones, ops.constant(0))
        full = ops.broadcast(one, sizes)  # its rows may be sliced
        self._ones[self._graph.id_of(node.output(0))] = full.output(0)
        return Positionwise(ids, (0.0, 1.0), (zero, one))

    def _original(self, source: TensorId, like: ov.Output) -> ov.Output:
        """A tensor of the original model, as an input of the branch."""
        if source not in self._sources:
            self._sources[source] = ops.parameter(like.get_partial_shape(), like.get_element_type())
        return self._sources[source].output(0)

    def _visit(self, place: int, node: ov.Node) -> None:
        tensors = self._graph.inputs_of(place)
        if place not in self._graph.from_parameters:
            for port, output in enumerate(node.outputs()):
                self._values[place, port] = Invariant(output)
            return
        folded = [self._context.folding.value((place, port)) for port in range(node.get_output_size())]
        if all(value is not None for value in folded):
            for port, value in enumerate(folded):
                self._values[place, port] = Invariant(ops.constant(value).output(0))
            return
        inputs = [self._values[tensor] for tensor in tensors]
        if node.get_type_name() == "ShapeOf":
            inputs = [Invariant(self._one(tensors[0]))]
        ones = [self._one((place, port)) for port in range(node.get_output_size())]
        if all(isinstance(value, Invariant) for value in inputs):
            results: list[Value] = [Invariant(one) for one in ones]
        else:
            results = self._results(node, inputs, ones)
        for port, result in enumerate(results):
            self._values[place, port] = result

    def _results(self, node: ov.Node, inputs: list[Value], ones: list[ov.Output]) -> list[Value]:
        """By the rule; where it declines, by the rule on inputs multiplied out; where there is none, in the batch."""
        rule = self._rule(node)
        try:
            if rule is not None:
                return self._applied(rule, node, inputs, ones)
            reason = "no rule"
        except NoRuleError as error:
            reason = str(error)
        self._multiplied.append(MultipliedOut(node.get_type_name(), reason))
        _log.debug("multiplied out: %s %s: %s", node.get_type_name(), node.get_friendly_name(), reason)
        explicit = [
            self._context.explicit(value, output) for value, output in zip(inputs, node.input_values(), strict=True)
        ]
        try:
            if rule is not None:
                return self._applied(rule, node, explicit, ones)
        except NoRuleError as error:
            _log.debug("in the batch: %s: %s", node.get_friendly_name(), error)
        return self._applied(in_the_batch, node, explicit, ones)

    def _applied(self, rule: Rule, node: ov.Node, inputs: list[Value], ones: list[ov.Output]) -> list[Value]:
        """What a rule makes of a node. A result that OpenVINO refuses to build is told, and counts as no rule."""
        try:
            return rule(self._context, node, inputs, ones)
        except RuntimeError as error:
            reason = f"what its rule makes is refused: {str(error).strip().splitlines()[-1]}"
            _log.warning("%s %s: %s", node.get_type_name(), node.get_friendly_name(), reason)
            raise NoRuleError(reason) from error

    def _rule(self, node: ov.Node) -> Rule | None:
        return next((rule for types, rule in RULES if node.get_type_name() in types), None)

    def _one(self, tensor: TensorId) -> ov.Output:
        """The tensor where the mask is 1 everywhere: the original's own, or made once from such ones."""
        if tensor not in self._ones:
            place, port = tensor
            node = self._graph.ops[place]
            origin = self._head.origins.get(node.get_name())
            if place not in self._graph.from_parameters:
                self._ones[tensor] = node.output(port)
            elif origin is not None and self._can_be_read(place, origin):
                self._ones[tensor] = self._original((origin, port), node.output(port))
            elif self._is_masking(node):
                self._ones[tensor] = self._one(self._graph.inputs_of(place)[0])
            else:
                inputs = [self._one(source) for source in self._graph.inputs_of(place)]
                if origin in self._attention and node.get_type_name() == "MatMul":
                    inputs[0] = fenced(inputs[0])  # or a plugin finds that there is such a product already
                made = self._context.clone_with_inputs(node, inputs)
                for number, output in enumerate(made.outputs()):
                    self._ones[place, number] = output
        return self._ones[tensor]

    def _can_be_read(self, place: int, origin: int) -> bool:
        """Whether a plugin computes the network as it did when a node's tensor gets a further reader."""
        return origin not in self._attention and not is_laid_out_for_pooling(self._graph, place)

    def _is_masking(self, node: ov.Node) -> bool:
        """Whether a node multiplies by the mask itself, or by rows of it."""
        if node.get_input_size() != 2:
            return False
        factor = node.input_value(1).get_node()
        if factor.get_type_name() == "Slice":
            factor = factor.input_value(0).get_node()
        return bool(factor.get_name() == self._head.model.get_parameters()[1].get_name())


def _ancestors(result: ov.Node) -> set[str]:
    """Unique names of the nodes that a result is computed from."""
    found, open_ends = set[str](), [result]
    while open_ends:
        node = open_ends.pop()
        if node.get_name() not in found:
            found.add(node.get_name())
            open_ends += [value.get_node() for value in node.input_values()]
    return found


def _inside_attention(head: Head) -> set[int]:
    """Places in the original of what a plugin computes in one kernel with an attention."""
    graph = ModelGraph(head.model)
    names = {graph.ops[place].get_name() for place in inside_attention(graph)}
    return {place for name, place in head.origins.items() if name in names}
