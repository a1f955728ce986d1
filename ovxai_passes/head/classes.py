"""The classes that a map is made for: some, or the best of each image.

    Before:  h ─▶ MatMul W [C,K] ─▶ Add b [K] ─▶ scores [N,K]
    After:   h ─▶ MatMul W[:,c] [C,k] ─▶ Add b[c] [k] ─▶ scores [N,k]

The choice c is passed up through what makes the scores, to the classifier's weights, so that nothing is computed for
other classes. Fixed classes are a constant c [k]; the best of each image are a further input of the head, `chosen`
[N,k], and the weights then are each image's own, [N,k,C]. Where something on the way cannot pass the choice up, the
scores are computed in full there and chosen after; the reason is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.folding import Folding
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.op_traits import ELEMENTWISE_TYPES, POOLING_TYPES, REDUCE_TYPES, RESHAPING_TYPES

from ovxai_passes.head.cut import Head
from ovxai_passes.ops.gathering import chosen_by_image
from ovxai_passes.ops.nodes import axis_left_whole, clone_with_inputs
from ovxai_passes.rewrites.sinking import DeclinedError


@dataclass(frozen=True)
class ChosenHead:
    """A head with scores [N,k]. `reasons`: why scores of other classes are computed all the same, if they are."""

    head: Head
    reasons: tuple[str, ...]


def with_classes(head: Head, classes: tuple[int, ...]) -> ChosenHead:
    """A head of the scores of some classes, in that order; `head` is left as it is."""
    return _chosen(head, ops.constant(np.array(classes, np.int64)), (), False)


def with_best(head: Head, count: int, ranked: TensorId) -> ChosenHead:
    """A head with a further input `chosen` [N,k] i64, the classes to score; `ranked`: what they are found from."""
    batch = head.model.get_results()[0].get_input_partial_shape(0)[0]
    chosen = ops.parameter(ov.PartialShape([batch, ov.Dimension(count)]), np.int64, name="chosen")
    one = batch.is_static and batch.get_length() == 1
    made = _chosen(head, ops.squeeze(chosen, ops.constant([0])) if one else chosen, (chosen,), not one)
    return replace(made, head=made.head.with_side(made.head.model, ranked, (head.shapes[0][0], count)))


def _chosen(head: Head, indices: ov.Node, inputs: tuple[ov.Node, ...], by_image: bool) -> ChosenHead:
    clone = head.clone()
    graph = ModelGraph(clone.model)
    choice = _ClassSelection(graph, indices.output(0), by_image)
    scores = choice.of(graph.model.get_results()[0].input_value(0), 1)
    model = ov.Model([ops.result(scores)], [*graph.model.get_parameters(), *inputs], "head")
    model.validate_nodes_and_infer_types()
    return ChosenHead(replace(clone, model=model), tuple(choice.reasons))


@dataclass
class _ClassSelection:
    """A choice on its way up; `indices`: [k], or [N,k] if `by_image`. One method a family of operations."""

    graph: ModelGraph
    indices: ov.Output
    by_image: bool
    reasons: list[str] = field(default_factory=list)

    def of(self, output: ov.Output, axis: int) -> ov.Output:
        """The chosen entries of a tensor along `axis`, made as far up as possible."""
        node = output.get_node()
        if not self._varies(output):
            return self._of_constant(output, axis)
        try:
            return self._rule(node.get_type_name())(output, axis)
        except DeclinedError as reason:
            if node.get_type_name() != "Parameter":
                self.reasons.append(str(reason))
            if self.by_image:
                return chosen_by_image(output, self.indices, axis).output(0)
            return ops.gather(output, self.indices, ops.constant(axis)).output(0)

    @property
    def count(self) -> int:
        """How many classes are chosen."""
        return int(self.indices.get_partial_shape()[-1].get_length())

    def _varies(self, output: ov.Output) -> bool:
        return self.graph.place_of(output.get_node()) in self.graph.from_parameters

    def _of_constant(self, output: ov.Output, axis: int) -> ov.Output:
        """Entries of a constant; of one that differs along the classes alone, [N, 1.., k, 1..] if by image."""
        if not self.by_image:
            return ops.gather(output, self.indices, ops.constant(axis)).output(0)
        others = [place for place, size in enumerate(sizes_of_one_image(output)) if place != axis]
        if any(sizes_of_one_image(output)[place] != 1 for place in others) or axis == 0:
            raise DeclinedError("a constant that differs along more than the classes")
        rows = ops.gather(ops.reshape(output, ops.constant([-1]), False), self.indices, ops.constant(0))
        return (ops.unsqueeze(rows, ops.constant(others[1:])) if others[1:] else rows).output(0)

    def _rule(self, kind: str) -> Callable[[ov.Output, int], ov.Output]:
        for types, rule in (
            (ELEMENTWISE_TYPES, self._elementwise),
            ({"MatMul"}, self._matmul),
            ({"Convolution"}, self._convolution),
            (RESHAPING_TYPES, self._reshape),
            (POOLING_TYPES, self._channel_by_channel),
            (REDUCE_TYPES, self._reduced),
        ):
            if kind in types:
                return rule
        raise DeclinedError(f"a choice of classes does not pass through {kind}")

    def _elementwise(self, output: ov.Output, axis: int) -> ov.Output:
        """(a + b)[c] = a[c] + b[c]; what is alike for all classes stays."""
        node, rank = output.get_node(), len(output.get_partial_shape())
        inputs = []
        for value in node.input_values():
            missing = rank - len(value.get_partial_shape())
            if axis < missing or sizes_of_one_image(value)[axis - missing] == 1:
                inputs.append(value)
            elif missing and self.by_image:
                if self._varies(value):
                    raise DeclinedError("a tensor without a batch that is added to one with it")
                wide = ops.unsqueeze(value, ops.constant(np.arange(missing)))
                inputs.append(self._of_constant(wide.output(0), axis))
            else:
                inputs.append(self.of(value, axis - missing))
        return clone_with_inputs(node, inputs).output(0)

    def _matmul(self, output: ov.Output, axis: int) -> ov.Output:
        """(x W)[c] = x W[:,c]."""
        node, rank = output.get_node(), len(output.get_partial_shape())
        left, weights = node.input_values()
        flips = node.get_attributes()
        if axis != rank - 1 or self._varies(weights) or len(weights.get_partial_shape()) != 2 or flips["transpose_a"]:
            raise DeclinedError("the class scores are no product with a constant matrix")
        classes = 0 if flips["transpose_b"] else 1
        rows = ops.gather(weights, self.indices, ops.constant(classes))
        if not self.by_image:
            return ops.matmul(left, rows, False, flips["transpose_b"]).output(0)
        if not flips["transpose_b"]:  # [C,N,k]
            rows = ops.transpose(rows, ops.constant([1, 2, 0]))
        if len(left.get_partial_shape()) == 2:
            product = ops.matmul(ops.unsqueeze(left, ops.constant([1])), rows, False, True)
            return ops.squeeze(product, ops.constant([1])).output(0)
        if len(left.get_partial_shape()) == 3:
            return ops.matmul(left, rows, False, True).output(0)
        raise DeclinedError(f"a classifier on a tensor of rank {rank}")

    def _convolution(self, output: ov.Output, axis: int) -> ov.Output:
        """conv(x, W)[c] = conv(x, W[c])."""
        node = output.get_node()
        left, kernel = node.input_values()
        if axis != 1 or self._varies(kernel):
            raise DeclinedError("the class scores are no convolution with a constant kernel")
        rows = ops.gather(kernel, self.indices, ops.constant(0))
        if not self.by_image:
            return clone_with_inputs(node, [left, rows.output(0)]).output(0)
        channels = sizes_of_one_image(kernel)[1]
        if any(size != 1 for size in sizes_of_one_image(kernel)[2:] + sizes_of_one_image(left)[2:]):
            raise DeclinedError("a classifier that is a convolution over several positions")
        flat = ops.reshape(left, ops.constant([0, 1, channels]), True)
        matrix = ops.reshape(rows, ops.constant([0, self.count, channels]), True)
        product = ops.matmul(flat, matrix, False, True)
        return ops.reshape(
            product, ops.constant([0, self.count, *([1] * (len(sizes_of_one_image(left)) - 2))]), True
        ).output(0)

    def _reshape(self, output: ov.Output, axis: int) -> ov.Output:
        """A Reshape that leaves the classes one axis: of the chosen ones, to the same shape with k for K."""
        data = output.get_node().input_value(0)
        before, after = sizes_of_one_image(data), sizes_of_one_image(output)
        kept = axis_left_whole(before, after, axis)
        pattern = [dim.get_length() if dim.is_static else -1 for dim in output.get_partial_shape()]
        pattern[axis] = self.count
        if kept is None or pattern.count(-1) > 1 or (self.by_image and before[0] != after[0]):
            raise DeclinedError("a Reshape that breaks up the classes, or moves the batch")
        return ops.reshape(self.of(data, kept), ops.constant(pattern), False).output(0)

    def _channel_by_channel(self, output: ov.Output, axis: int) -> ov.Output:
        """pool(x)[c] = pool(x[c])."""
        node = output.get_node()
        first, *others = node.input_values()
        if axis != 1 or output.get_index():
            raise DeclinedError(f"{node.get_type_name()} along another axis than the classes'")
        return clone_with_inputs(node, [self.of(first, 1), *others]).output(0)

    def _reduced(self, output: ov.Output, axis: int) -> ov.Output:
        """mean(x)[c] = mean(x[c]), over other axes."""
        node = output.get_node()
        data, axes = node.input_values()
        rank = len(data.get_partial_shape())
        known = Folding(self.graph).value(self.graph.id_of(axes))
        if known is None:
            raise DeclinedError(f"{node.get_type_name()} over axes that are not known before inference")
        gone = {int(one) % rank for one in np.atleast_1d(known)}
        left = [a for a in range(rank) if node.get_attributes()["keep_dims"] or a not in gone]
        if left[axis] in gone:
            raise DeclinedError(f"{node.get_type_name()} over the classes")
        if self.by_image and left[0] != 0:
            raise DeclinedError(f"{node.get_type_name()} of tensors whose first axis is not the batch")
        over = ops.constant(np.array(sorted(gone)))
        return clone_with_inputs(node, [self.of(data, left[axis]), over.output(0)]).output(0)


def sizes_of_one_image(output: ov.Output) -> list[int]:
    """The shape: 1 for a dynamic first axis (a batch), 0 for others that are not known before inference."""
    shape = output.get_partial_shape()
    return [dim.get_length() if dim.is_static else int(axis == 0) for axis, dim in enumerate(shape)]
