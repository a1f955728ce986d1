"""Scores of all masks as a map: the last layers written with positions where convolutions have them.

    Before:  x [M,1,C] ─▶ MatMul W [K,C] ─▶ Add b ─▶ [M,1,K] ─▶ Transpose, Reshape ─▶ S [1,K,h,w]
    After:   x [M,1,C] ─▶ Reshape, Transpose [1,C,h,w] ─▶ Convolution W [K,C,1,1] ─▶ Add b [1,K,1,1] ─▶ S [1,K,h,w]

The same products, but the result lies as it is wanted: plugins transpose [M,K] slowly, and run 1x1 convolutions on few
positions faster than products of as many rows. It goes up through element-wise operations, products with weights and
axes of size 1; rows that were taken from a map [1,C,h,w] become that map again. For a batch of 1; otherwise the scores
are transposed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.operations import ELEMENTWISE_TYPES

from ovxai_passes.rewrites.sinking import again

_SIZE_ONE_MOVES = frozenset({"Reshape", "Squeeze", "Unsqueeze"})


def as_map(scores: ov.Output, grid: tuple[int, int]) -> ov.Output:
    """Scores [M,N,K] of the masks of all positions of a grid in raster order → [N,K,h,w]."""
    batch = scores.get_partial_shape()[1]
    if batch.is_static and batch.get_length() == 1:
        laid_out = _Layout(grid)
        if laid_out.channels(scores) is not None:
            return laid_out.of(scores)
    per_class = ops.transpose(scores, ops.constant([1, 2, 0]))
    return ops.reshape(per_class, ops.constant([0, 0, *grid]), True).output(0)


@dataclass
class _Layout:
    """Tensors [M,1..,C,1..] as [1,C,h,w], each laid out once."""

    grid: tuple[int, int]
    done: dict[tuple[str, int], ov.Output] = field(default_factory=dict)

    def of(self, output: ov.Output) -> ov.Output:
        """A tensor with one axis besides M that is not of size 1."""
        key = output.get_node().get_name(), output.get_index()
        if key not in self.done:
            self.done[key] = self._made(output)
        return self.done[key]

    def _made(self, output: ov.Output) -> ov.Output:
        node, kind = output.get_node(), output.get_node().get_type_name()
        if kind in ELEMENTWISE_TYPES and kind != "PRelu":
            operands = [self._operand(value, output) for value in node.input_values()]
            if all(operand is not None for operand in operands):
                return again(node, operands).output(0)
        if kind == "MatMul" and _is_layer(node) and self.channels(node.input_value(0)) is not None:
            return self._convolved(node)
        if kind in _SIZE_ONE_MOVES and self.channels(node.input_value(0)) is not None:
            return self.of(node.input_value(0))
        source = self._map_of_rows(node)
        return self._transposed(output) if source is None else source

    def _operand(self, value: ov.Output, result: ov.Output) -> ov.Output | None:
        """An operand of an element-wise operation: laid out as well, or a constant along the channels."""
        sizes, wanted = _sizes(value), _sizes(result)
        if not _is_constant(value):
            return self.of(value) if sizes == wanted and self.channels(value) is not None else None
        if all(size == 1 for size in sizes):
            return value if not sizes else ops.reshape(value, ops.constant([1, 1, 1, 1]), False).output(0)
        aligned = [1] * (len(wanted) - len(sizes)) + sizes
        channel = _channel_axis(wanted)
        if channel is None or aligned[0] != 1 or aligned[channel] != int(np.prod(aligned)):
            return None
        return ops.reshape(value, ops.constant([1, -1, 1, 1]), False).output(0)

    def channels(self, output: ov.Output) -> int | None:
        """C of a tensor [M,1..,C,1..]."""
        sizes = _sizes(output)
        axis = _channel_axis(sizes)
        return sizes[axis] if axis is not None and sizes[0] == self.grid[0] * self.grid[1] else None

    def _convolved(self, node: ov.Node) -> ov.Output:
        rows, weights = node.input_values()
        if not node.get_attributes()["transpose_b"]:
            weights = ops.transpose(weights, ops.constant([1, 0])).output(0)
        kernel = ops.reshape(weights, ops.constant([*_sizes(weights), 1, 1]), False)
        return ops.convolution(self.of(rows), kernel, [1, 1], [0, 0], [0, 0], [1, 1]).output(0)

    def _transposed(self, output: ov.Output) -> ov.Output:
        channels = self.channels(output)
        assert channels is not None, "asked for with channels only"
        last = ops.reshape(output, ops.constant([1, *self.grid, channels]), False)
        return ops.transpose(last, ops.constant([0, 3, 1, 2])).output(0)

    def _map_of_rows(self, node: ov.Node) -> ov.Output | None:
        """The map [1,C,h,w] of which a Transpose has made rows [M,1,C], as mapping/rules/along_axes.py does."""
        if node.get_type_name() != "Transpose" or not _is(node.input_value(1), [2, 0, 1]):
            return None
        flat = node.input_value(0).get_node()
        if flat.get_type_name() != "Reshape":
            return None
        source = flat.input_value(0)
        sizes = _sizes(source)
        return source if len(sizes) == 4 and sizes[0] == 1 and tuple(sizes[2:]) == self.grid else None


def _sizes(output: ov.Output) -> list[int]:
    """The shape, 0 where it is dynamic."""
    return [dim.get_length() if dim.is_static else 0 for dim in output.get_partial_shape()]


def _channel_axis(sizes: Sequence[int]) -> int | None:
    """The one axis besides the first that is not of size 1 (the last one if all are), or None where there are more."""
    wide = [axis for axis, size in enumerate(sizes) if axis and size != 1]
    if len(sizes) < 2 or len(wide) > 1:
        return None
    return wide[0] if wide else len(sizes) - 1


def _is(output: ov.Output, values: list[int]) -> bool:
    node = output.get_node()
    return bool(node.get_type_name() == "Constant" and node.get_data().tolist() == values)


def _is_layer(node: ov.Node) -> bool:
    """Whether a product is one of rows [M,1..,C] with a constant matrix."""
    rows, weights = node.input_values()
    flipped = node.get_attributes()["transpose_a"]
    shape = _sizes(rows)
    return not flipped and _channel_axis(shape) == len(shape) - 1 and len(_sizes(weights)) == 2 and _is_stored(weights)


def _is_stored(output: ov.Output) -> bool:
    """Whether a tensor is a constant as it is, converted or laid out anew.

    Not 8-bit weights with scales: a plugin multiplies by these with care in a matrix product, in f16 elsewhere.
    """
    node = output.get_node()
    while node.get_type_name() in ("Convert", "Reshape", "Squeeze", "Transpose"):
        node = node.input_value(0).get_node()
    return bool(node.get_type_name() == "Constant")


def _is_constant(output: ov.Output) -> bool:
    """Whether a tensor comes from constants alone."""
    node = output.get_node()
    if node.get_type_name() in ("Constant", "Parameter"):
        return bool(node.get_type_name() == "Constant")
    return all(_is_constant(value) for value in node.input_values())
