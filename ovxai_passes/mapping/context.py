"""What the rules share: the masks, the head being walked, and small builders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.folding import Folding
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.op_traits import Trait, types_with

from ovxai_passes.mapping.values import AnyGridError, Batched, Invariant, NoRuleError, Positionwise, Value
from ovxai_passes.mapping.weights import (
    bell_weights,
    kept_before_raster,
    kept_in_front,
    shaped_like,
    weights_of_any_grid,
)
from ovxai_passes.ops.constants import constant_like
from ovxai_passes.ops.nodes import clone_with_inputs, is_constant, sizes_known

LARGEST_BATCHED = 1 << 29
"""Elements of one batched tensor that is still made: 2 GiB of f32."""

_WITH_BODIES = types_with(Trait.WITH_BODY)
_LARGE = 1 << 14


@dataclass(frozen=True)
class ImageProduct:
    """Rows [M,N,r,C] times a matrix of each image, [N,C,K], or [N,K,C] if `flipped`."""

    rows: ov.Output
    matrices: ov.Output
    flipped: bool


@dataclass(frozen=True)
class Context:
    """`cells`: the masks [M,P] f32 over the positions of `grid`, (h, w); of another grid where `sizes` tells it.

    `graph`: the head.
    `analysed`: the head for one image with that grid. `sizes`: the grid as read at inference, i64 [2], where the branch
    is to take any; None where it is made for `grid` alone.
    """

    cells: npt.NDArray[np.float32]
    grid: tuple[int, int]
    graph: ModelGraph
    folding: Folding
    analysed: ModelGraph
    analysed_folding: Folding
    sizes: ov.Node | None = None
    rows_of_maps: dict[str, tuple[ov.Output, tuple[int, ...]]] = field(default_factory=dict)
    """Unique name of a node that makes rows [M,N,C] → the map that they are rows of, its axes in the order N,C,h,w."""
    products_by_image: dict[str, ImageProduct] = field(default_factory=dict)
    """Unique name of a node that makes rows [M,N,r,K] → the product of each image that it is."""

    @property
    def masks(self) -> int:
        """M, the number of masks; of the grid that was analysed."""
        return self.grid[0] * self.grid[1]

    @property
    def levels(self) -> tuple[float, ...]:
        """All weights that a mask takes, kept tokens' 1 included, ascending."""
        return tuple(sorted({0.0, 1.0, *np.unique(self.cells).tolist()}))

    @property
    def one_hot(self) -> bool:
        """Whether a mask keeps one position alone."""
        return self.levels == (0.0, 1.0)

    @property
    def any_grid(self) -> bool:
        """Whether the grid is read at inference."""
        return self.sizes is not None

    def one_grid(self, what: str) -> None:
        """Raise AnyGridError where the grid is read at inference; `what` is done for one grid only."""
        if self.any_grid:
            raise AnyGridError(f"{what} is mapped for one grid only")

    @property
    def count(self) -> ov.Node:
        """M as a tensor i64 [1]."""
        if self.sizes is None:
            return ops.constant([self.masks])
        return ops.reduce_prod(self.sizes, ops.constant([0]), True)

    @property
    def grid_sizes(self) -> ov.Node:
        """The grid as a tensor i64 [2]."""
        return ops.constant(list(self.grid)) if self.sizes is None else self.sizes

    def value_of(self, tensor: TensorId) -> npt.NDArray[np.generic]:
        """A small value that is known before inference. Raises NoRuleError."""
        value = self.folding.value(tensor)
        if value is None:
            node = self.graph.ops[tensor[0]]
            raise NoRuleError(f"{node.get_type_name()} {node.get_friendly_name()} is not known before inference")
        return value

    def shape_of(self, tensor: TensorId) -> list[int]:
        """The shape of a head tensor, 1 where it is dynamic (a batch)."""
        shape = self.graph.output(tensor).get_partial_shape()
        if shape.rank.is_dynamic:
            raise NoRuleError("a tensor of dynamic rank")
        return sizes_known(self.graph.output(tensor), 1)

    def clone_with_inputs(self, node: ov.Node, inputs: list[ov.Output], **changed: object) -> ov.Node:
        """A node of the same type and attributes (but for `changed`) on other inputs. Raises NoRuleError."""
        if node.get_type_name() in _WITH_BODIES:
            raise NoRuleError(f"{node.get_type_name()} cannot be made again on other inputs")
        return clone_with_inputs(node, inputs, **changed)

    def weights(self, tensor: Positionwise, like: ov.Output, dims: Sequence[int] | None = None) -> list[ov.Node]:
        """w_i of each value but the first, of the element type of `like`; kept tokens weigh 1 at weight 1.

        [M, *dims], where -1 of `dims` stands for the entries along the axes of positions; None: [M, *ids.shape]. Raises
        NoRuleError.
        """
        levels = [None] if tensor.weights == (0.0, 1.0) else tensor.weights[1:]
        if self.sizes is not None:
            made = [weights_of_any_grid(self.sizes, self.one_hot, kept_in_front(tensor.ids), level) for level in levels]
            made = [_of_type(node, like) for node in made]
            if dims is None:
                return [shaped_like(node, tensor.values[-1], tensor.axes) for node in made]
            return [ops.unsqueeze(node, ops.constant(np.arange(1, len(dims)))) if dims[1:] else node for node in made]
        ids = tensor.ids
        if self.masks * ids.size > LARGEST_BATCHED:
            raise NoRuleError(f"{self.masks} masks would each weigh {ids.size} elements")
        shape = ids.shape if dims is None else tuple(ids.size if size < 0 else size for size in dims)
        kept = kept_before_raster(ids)
        if self.masks * ids.size > _LARGE and kept == ids.size - self.masks and not self.one_hot:
            bells = [bell_weights(self.grid, kept, level) for level in levels]
            return [_of_type(ops.reshape(one, ops.constant([self.masks, *shape]), False), like) for one in bells]
        cells = np.where(ids >= 0, self.cells[:, np.maximum(ids, 0)], np.float32(1))
        found = [cells if level is None else (cells == np.float32(level)).astype(np.float32) for level in levels]
        return [_constant(value.reshape(self.masks, *shape), like) for value in found]

    def levelled(self, tensor: Positionwise) -> Positionwise:
        """The same tensor with a value for every weight that the mask takes."""
        if tensor.weights == self.levels:
            return tensor
        low, high = tensor.values
        element = high.get_element_type()
        values = [low]
        for level in self.levels[1:-1]:
            step = ops.multiply(ops.subtract(high, low), constant_like(np.array(level), element))
            values.append(ops.add(low, step).output(0))
        return Positionwise(tensor.ids, self.levels, (*values, high))

    def differences(self, tensor: Positionwise) -> list[ov.Output]:
        """x_i - x_0 for each value but the first."""
        low = tensor.values[0]
        if is_zero(low):
            return list(tensor.values[1:])
        return [ops.subtract(value, low).output(0) for value in tensor.values[1:]]

    def batched(self, value: Value, rank: int) -> Batched:
        """The value with an explicit mask axis in front of `rank` others. Raises NoRuleError where it is too large."""
        if isinstance(value, Batched):
            return Batched(pad_rank(value.output, rank + 1))
        if isinstance(value, Invariant):
            raise AssertionError("an Invariant needs no mask axis")
        shape = value.values[-1].get_partial_shape()
        size = self.masks * int(np.prod([dim.get_length() if dim.is_static else 1 for dim in shape], dtype=np.int64))
        if size > LARGEST_BATCHED:
            raise NoRuleError(f"a tensor {shape} would be made for each of {self.masks} masks")
        total = value.values[0]
        weights = self.weights(value, value.values[-1])
        for weight, difference in zip(weights, self.differences(value), strict=True):
            wide = pad_rank(difference, value.ids.ndim)
            term = ops.multiply(wide, weight)
            total = term.output(0) if is_zero(total) else ops.add(term, total).output(0)
        return Batched(pad_rank(total, rank + 1))

    def explicit(self, value: Value, like: ov.Output) -> Value:
        """A Positionwise with an explicit mask axis, anything else as it is; `like`: the tensor in the head."""
        return self.batched(value, len(like.get_partial_shape())) if isinstance(value, Positionwise) else value

    def repeated(self, output: ov.Output) -> ov.Output:
        """A tensor that does not depend on the mask, with a mask axis in front all the same."""
        shape = ops.concat([self.count, ops.shape_of(output)], 0)
        return ops.broadcast(output, shape).output(0)


def _of_type(weights: ov.Node, like: ov.Output) -> ov.Node:
    """Weights f32 as the element type of `like`."""
    kind = like.get_element_type()
    return weights if kind == ov.Type.f32 else ops.convert(weights, kind)


def _constant(value: npt.NDArray[np.float32], like: ov.Output) -> ov.Node:
    """A constant of the element type of `like`; large ones are stored in 8 bits where that is exact."""
    scaled = value * 16
    if value.size > 1 << 10 and (scaled == np.rint(scaled)).all() and 0 <= scaled.min() <= scaled.max() <= 255:
        small = ops.convert(ops.constant(np.array(scaled, np.uint8, order="C")), like.get_element_type())
        return ops.multiply(small, constant_like(np.array(1 / 16), like.get_element_type()))
    return constant_like(value, like.get_element_type())


def filled(row: ov.Output, like: ov.Output, axes: tuple[int, ...]) -> ov.Output:
    """A collapsed tensor with the full sizes of `like` along `axes`, on which an operation computes."""
    shape, wanted = row.get_partial_shape(), like.get_partial_shape()
    if all(shape[axis] == wanted[axis] for axis in axes):
        return row
    if any(shape[axis].is_dynamic or wanted[axis].is_dynamic for axis in axes):
        raise NoRuleError("an axis of dynamic size")
    pattern = [wanted[a].get_length() if a in axes else 1 for a in range(len(shape))]
    return ops.broadcast(row, ops.constant(pattern), broadcast_spec="BIDIRECTIONAL").output(0)


def zero_like(output: ov.Output, rank: int) -> ov.Output:
    """A constant 0 of that element type, [1, 1, ...]."""
    return constant_like(np.zeros((1,) * rank), output.get_element_type()).output(0)


def is_zero(output: ov.Output) -> bool:
    """Whether a tensor is a constant 0."""
    return bool(is_constant(output) and not np.any(output.get_node().get_data()))


def pad_rank(output: ov.Output, rank: int) -> ov.Output:
    """[M, ...] with axes of size 1 after the first, up to `rank` axes."""
    missing = rank - len(output.get_partial_shape())
    if missing <= 0:
        return output
    return ops.unsqueeze(output, ops.constant(np.arange(1, 1 + missing))).output(0)
