"""What gradient rules share: forward values, axes behind a leading axis of classes, shapes that follow the tensor.

`lead` is the number of axes that a cotangent has in front of those of its tensor: 0, or 1 for k cotangents in one
backward pass, [k, *shape]. Forward values broadcast against it. Shapes are constants where they are static; else they
are read from the tensor, so that what is built follows the sizes that the model is given later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.folding import Folding
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.errors import NoGradientError
from ovxai_passes.gradients.probe import Probe
from ovxai_passes.ops.constants import constant_like

Tensor: TypeAlias = ov.Node | ov.Output
"""A tensor, or the operation whose first result it is."""


def output_of(tensor: Tensor) -> ov.Output:
    """The tensor itself."""
    return tensor if isinstance(tensor, ov.Output) else tensor.output(0)


def rank_of(tensor: Tensor) -> int:
    """The number of axes."""
    return len(output_of(tensor).get_partial_shape())


def size_of(tensor: Tensor, axis: int) -> int | None:
    """The size along an axis; None where it is dynamic."""
    dim = output_of(tensor).get_partial_shape()[axis]
    return dim.get_length() if dim.is_static else None


def ints(values: Sequence[int]) -> ov.Node:
    """A constant of integers, one axis."""
    return ops.constant(np.array(values, np.int64))


class Context:
    """What every rule is given."""

    def __init__(self, graph: ModelGraph, cotangent: ov.Output, lead: int, needed: set[int]) -> None:
        """`cotangent`: one of those that the walk begins with.

        `needed`: places of the operations whose results depend on what is differentiated for.
        """
        self.graph, self.lead = graph, lead
        self._front = [self.sizes(cotangent, [0])] * lead
        self._needed = needed
        self._folding = Folding(graph)
        self._probe = Probe(graph)

    def needs(self, node: ov.Node, port: int) -> bool:
        """Whether the gradient of an input is asked for."""
        return self.graph.id_of(node.input_value(port))[0] in self._needed

    def known(self, node: ov.Node, port: int, what: str) -> npt.NDArray[np.int64]:
        """An integer input that is known before any inference. Raises NoGradientError, which names it `what`."""
        value = self._folding.value(self.graph.id_of(node.input_value(port)))
        if value is None:
            raise declined(node, f"{what} is computed at inference")
        return np.array(value).astype(np.int64)

    def folded(self, output: ov.Output) -> npt.NDArray[np.generic] | None:
        """The value of a small tensor of the network, if it is known before any inference."""
        return self._folding.value(self.graph.id_of(output))

    def varies(self, output: ov.Output) -> bool:
        """Whether a tensor can change from one inference to the next."""
        return self.graph.id_of(output)[0] in self.graph.from_parameters

    def axes(self, axes: Sequence[int], rank: int) -> list[int]:
        """Axes of a tensor with `rank` axes, as axes of its cotangent."""
        return [axis % rank + self.lead for axis in axes]

    def number(self, value: float, like: Tensor) -> ov.Node:
        """A scalar of the type of another tensor."""
        return constant_like(np.array(value), output_of(like).get_element_type())

    def sizes(self, output: ov.Output, axes: Sequence[int] | None = None) -> ov.Node:
        """The sizes of a tensor along `axes`, or all: a constant, or read at inference."""
        axes = range(rank_of(output)) if axes is None else axes
        known = [size_of(output, axis) for axis in axes]
        if all(size is not None for size in known):
            return ints([size or 0 for size in known])
        shape = ops.shape_of(output, "i64")
        return shape if len(known) == rank_of(output) else ops.gather(shape, ints(list(axes)), ops.constant(0))

    def count(self, output: ov.Output, axes: Sequence[int], like: Tensor) -> ov.Node:
        """The number of elements along `axes`, as a scalar of the type of another tensor."""
        sizes = [size_of(output, axis) for axis in axes]
        if all(size is not None for size in sizes):
            return self.number(float(np.prod([size or 0 for size in sizes])), like)
        product = ops.reduce_prod(self.sizes(output, axes), ops.constant([0]), False)
        return ops.convert(product, output_of(like).get_element_type().get_type_name())

    def shaped(self, gradient: Tensor, output: ov.Output) -> Tensor:
        """A gradient laid out anew in the shape of a tensor."""
        sizes = [size_of(output, axis) for axis in range(rank_of(output))]
        own = [size_of(gradient, axis) for axis in range(rank_of(gradient))]
        copied = [0] * self.lead  # of the gradient's own: a Reshape copies it
        if sizes.count(None) == 0 and own[self.lead :] == sizes:
            return gradient
        if sizes.count(None) <= 1:
            pattern = ints([*copied, *(-1 if size is None else size for size in sizes)])
        else:
            pattern = self.concat([ints(copied)] * self.lead + [self.sizes(output)])
        return ops.reshape(gradient, pattern, special_zero=bool(self.lead))

    def spread(self, gradient: Tensor, output: ov.Output) -> Tensor:
        """A gradient of as many axes as a tensor, some of them of size 1, repeated to the tensor's shape."""
        own = [size_of(gradient, axis) for axis in range(self.lead, rank_of(gradient))]
        sizes = [size_of(output, axis) for axis in range(rank_of(output))]
        if None not in sizes and own == sizes:
            return gradient
        shape = self.concat([ints([1])] * self.lead + [self.sizes(output)])
        return ops.broadcast(gradient, shape, broadcast_spec="BIDIRECTIONAL")

    def zeros(self, output: ov.Output, element: ov.Type) -> ov.Node:
        """Zeros in the shape of a tensor's gradient."""
        zero = constant_like(np.zeros((1,) * (self.lead + rank_of(output))), element)
        return ops.broadcast(zero, self.concat([*self._front, self.sizes(output)]))

    def concat(self, parts: Sequence[ov.Node]) -> ov.Node:
        """Shapes one behind the other."""
        if all(part.get_type_name() == "Constant" for part in parts):
            return ints([int(size) for part in parts for size in part.get_data()])
        return parts[0] if len(parts) == 1 else ops.concat(list(parts), 0)

    def unbroadcast(self, gradient: Tensor, output: ov.Output) -> Tensor:
        """A gradient of what an operand was broadcast to, summed to the shape of the operand.

        Two sizes that are both dynamic are compared by `Probe`; where that does not tell, the gradient is summed over
        (its size / that of the operand), which is right for both.
        """
        extra = rank_of(gradient) - self.lead - rank_of(output)
        if extra > 0:
            gradient = ops.reduce_sum(gradient, ints(range(self.lead, self.lead + extra)), False)
        summed, open_axes = [], []
        for axis in range(rank_of(output)):
            target, own = size_of(output, axis), size_of(gradient, self.lead + axis)
            if target == 1 and own != 1:
                summed.append(self.lead + axis)
            elif target is None and not self._probe.is_never_one(output, axis):
                open_axes.append(axis)
        if summed:
            gradient = ops.reduce_sum(gradient, ints(summed), True)
        for axis in open_axes:
            gradient = self._summed_to_size(gradient, output, axis)
        return gradient

    def _summed_to_size(self, gradient: Tensor, output: ov.Output, axis: int) -> ov.Node:
        place = self.lead + axis
        parts = [self.sizes(output_of(gradient), range(place)), ints([-1]), self.sizes(output, [axis])]
        parts += [self.sizes(output_of(gradient), range(place + 1, rank_of(gradient)))]
        kept = [part for part in parts if part.get_output_shape(0)[0]]
        return ops.reduce_sum(ops.reshape(gradient, self.concat(kept), False), ints([place]), False)

    def linear(self, gradient: Tensor, matrix: npt.NDArray[np.floating], axis: int) -> ov.Node:
        """`matrix` [own, wanted] along an axis of a gradient, counted with the leading one."""
        return self.along(gradient, constant_like(matrix, output_of(gradient).get_element_type()), axis)

    def along(self, gradient: Tensor, weights: ov.Node, axis: int) -> ov.Node:
        """As `linear`, of a matrix that is a node."""
        rank = rank_of(gradient)
        if axis == rank - 1:
            return ops.matmul(gradient, weights, False, False)
        if axis == rank - 2:
            return ops.matmul(weights, gradient, True, False)
        order = [place for place in range(rank) if place != axis] + [axis]
        back = ints(np.argsort(order).tolist())
        return ops.transpose(ops.matmul(ops.transpose(gradient, ints(order)), weights, False, False), back)

    def in_batch(self, tensor: Tensor) -> Tensor:
        """A cotangent [k,N,...] as one batch [k·N,...]."""
        if not self.lead:
            return tensor
        rest = self.sizes(output_of(tensor), range(2, rank_of(tensor)))
        return ops.reshape(tensor, self.concat([ints([-1]), rest]), False)

    def out_of_batch(self, tensor: Tensor, like: Tensor) -> Tensor:
        """A batch [k·N,...] apart again; `like`: the cotangent [k,N,...] that it was."""
        if not self.lead:
            return tensor
        sizes = [size_of(like, 0), size_of(like, 1)]
        rest = [size_of(tensor, axis) for axis in range(1, rank_of(tensor))]
        if [*sizes, *rest].count(None) <= 1:
            pattern = ints([-1 if size is None else size for size in [*sizes, *rest]])
        else:
            front = self.sizes(output_of(like), [0, 1])
            pattern = self.concat([front, self.sizes(output_of(tensor), range(1, rank_of(tensor)))])
        return ops.reshape(tensor, pattern, False)


def declined(node: ov.Node, reason: str) -> NoGradientError:
    """An error that names an operation that a gradient does not pass."""
    kind, name = node.get_type_name(), node.get_friendly_name()
    return NoGradientError(f"no gradient passes {kind} {name!r}: {reason}; differentiate for a tensor behind it")
