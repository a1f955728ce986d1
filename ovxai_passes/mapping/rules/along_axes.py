"""Operations along axes: Softmax, MVN, NormalizeL2, reductions.

Positionwise   along other axes than the positions': as an element-wise operation that is not affine.
Softmax over positions: the mask axis is made.
A sum or mean over all positions: x_0 summed + sum_i W_i (x_i - x_0); of a one-hot mask, W only picks the
row of its position, so positions become the mask axis and nothing is computed.
A maximum, one-hot: the larger of the row and what is there without it
Batched        one axis further right
"""

from __future__ import annotations

import math

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.op_traits import ALONG_AXES_TYPES

from ovxai_passes.mapping.context import Context, filled, is_zero
from ovxai_passes.mapping.occurrences import largest as largest_of_each
from ovxai_passes.mapping.occurrences import occurrences, summed
from ovxai_passes.mapping.values import Batched, Invariant, NoRuleError, Positionwise, Value
from ovxai_passes.mapping.weights import kept_in_front
from ovxai_passes.ops.constants import constant_like
from ovxai_passes.ops.sizes import sizes_of

_POOLING_TYPES = frozenset({"ReduceMax", "ReduceMean", "ReduceSum"})
TYPES = ALONG_AXES_TYPES | _POOLING_TYPES

_FAR = np.iinfo(np.int64).max


def along_axes(context: Context, node: ov.Node, inputs: list[Value], ones: list[ov.Output]) -> list[Value]:
    """See the module."""
    value, kind = inputs[0], node.get_type_name()
    source = context.graph.inputs_of(context.graph.place_of(node))
    rank = len(context.graph.output(source[0]).get_partial_shape())
    if any(not isinstance(other, Invariant) for other in inputs[1:]):
        raise NoRuleError(f"axes of {kind} that depend on the mask")
    axes = _axes(context, node, rank)
    if isinstance(value, Batched):
        return [Batched(_over(context, node, value.output, axes), kind == "Softmax" and axes == (rank - 1,))]
    assert isinstance(value, Positionwise)
    if not set(axes) & set(value.axes):
        value = context.levelled(value)
        values = [_inside(context, node, filled(row, value.values[-1], axes), axes) for row in value.values[:-1]]
        keep = kind in ALONG_AXES_TYPES or node.get_attributes()["keep_dims"]
        ids = value.ids if keep else value.ids.squeeze(axes)
        return [Positionwise(ids, value.weights, (*values, ones[0]))]
    if kind in _POOLING_TYPES and set(value.axes) <= set(axes):
        pooled = pool(context, value, axes, kind)
        if not node.get_attributes()["keep_dims"]:
            pooled = ops.squeeze(pooled, ops.constant([axis + 1 for axis in axes])).output(0)
        return [Batched(pooled)]
    if kind in ("Softmax", "LogSoftmax"):
        over = _over(context, node, context.batched(value, rank).output, axes)
        return [Batched(over, kind == "Softmax" and axes == (rank - 1,))]
    raise NoRuleError(f"{kind} over positions and other axes")


def _axes(context: Context, node: ov.Node, rank: int) -> tuple[int, ...]:
    sources = context.graph.inputs_of(context.graph.place_of(node))
    said = context.value_of(sources[1]) if len(sources) > 1 else node.get_attributes()["axis"]
    return tuple(sorted({int(axis) % rank for axis in np.atleast_1d(said)}))


def _inside(context: Context, node: ov.Node, data: ov.Output, axes: tuple[int, ...]) -> ov.Output:
    further = [ops.constant(list(axes)).output(0)] if node.get_input_size() > 1 else []
    changed = {} if further else {"axis": axes[0]}
    return context.clone_with_inputs(node, [data, *further], **changed).output(0)


def _over(context: Context, node: ov.Node, data: ov.Output, axes: tuple[int, ...]) -> ov.Output:
    return _inside(context, node, data, tuple(axis + 1 for axis in axes))


def pool(context: Context, value: Positionwise, axes: tuple[int, ...], kind: str) -> ov.Output:
    """A reduction over `axes`, of which the positions' are some: [M, ...] with size 1 on them."""
    if kind == "ReduceMax":
        if not context.one_hot:
            raise NoRuleError("a maximum over positions under a mask that is not one-hot")
        return _maximum(context, value, axes)
    (low, *_), others = value.values, [axis for axis in axes if axis not in value.axes]
    total: ov.Output | None = None
    for place, difference in enumerate(context.differences(value)):
        if context.one_hot:
            term = _rows(context, value, difference)
            kept = np.flatnonzero(value.ids.reshape(-1) < 0)
            if kept.size:
                term = ops.add(term, _summed_rows(context, value, difference, kept)).output(0)
        else:
            weights = context.weights(value, difference, (-1,))[place]
            term = _weighed_rows(context, value, weights, difference)
        total = term if total is None else ops.add(total, term).output(0)
    assert total is not None
    if others:
        total = ops.reduce_sum(total, ops.constant([axis + 1 for axis in others]), True).output(0)
    if not is_zero(low):
        sums = ops.reduce_sum(low, ops.constant(list(axes)), True)
        repeats = _ratio(low, _elements(value.values[-1], axes), _elements(low, axes))
        total = ops.add(total, ops.multiply(sums, repeats)).output(0)
    if kind == "ReduceMean":
        total = ops.multiply(total, _ratio(total, 1, _elements(value.values[-1], axes))).output(0)
    return total


def _elements(output: ov.Output, axes: tuple[int, ...]) -> int | ov.Node:
    """How many elements of a tensor meet in a reduction over `axes`; read at inference where that is not known."""
    sizes = [output.get_partial_shape()[axis] for axis in axes]
    if all(size.is_static for size in sizes):
        return math.prod(size.get_length() for size in sizes)
    return ops.convert(ops.reduce_prod(sizes_of(output, axes), ops.constant([0]), False), "f32")


def _ratio(like: ov.Output, above: int | ov.Node, below: int | ov.Node) -> ov.Node:
    """A quotient of counts, of the element type of `like`."""
    if isinstance(above, int) and isinstance(below, int):
        return constant_like(np.array(above / below), like.get_element_type())
    counts = [ops.constant(np.float32(one)) if isinstance(one, int) else one for one in (above, below)]
    quotient = ops.divide(*counts)
    kind = like.get_element_type()
    return quotient if kind == ov.Type.f32 else ops.convert(quotient, kind)


def _flat(context: Context, value: Positionwise, data: ov.Output) -> ov.Output:
    """[T, rest...]: the entries along the position axes in front."""
    rest = [axis for axis in range(value.ids.ndim) if axis not in value.axes]
    if value.axes == tuple(range(len(rest), value.ids.ndim)):  # [N,C,h,w]: plugins transpose [N,C,h*w] faster
        together = ops.reshape(data, ops.constant([*([0] * len(rest)), -1]), True)
        flat = ops.transpose(together, ops.constant([len(rest), *range(len(rest))])).output(0)
        context.rows_of_maps[flat.get_node().get_name()] = data, (*rest, *value.axes)
        return flat
    moved = ops.transpose(data, ops.constant([*value.axes, *rest]))
    if len(value.axes) == 1:
        return moved.output(0)
    kept = ops.constant([len(value.axes) + place for place in range(len(rest))])
    sizes = ops.gather(ops.shape_of(moved, "i64"), kept, ops.constant(0))
    flat = ops.reshape(moved, ops.concat([ops.constant([-1]), sizes], 0), False).output(0)
    context.rows_of_maps[flat.get_node().get_name()] = data, (*rest, *value.axes)
    return flat


def _unflattened(value: Positionwise, flat: ov.Output) -> ov.Output:
    """[M, rest...] to [M, ...] of the tensor's rank, size 1 on the position axes."""
    return ops.unsqueeze(flat, ops.constant([axis + 1 for axis in value.axes])).output(0)


def _rows(context: Context, value: Positionwise, data: ov.Output) -> ov.Output:
    """The row of each position (the sum of its rows where it has several), in raster order, as the mask axis."""
    flat = _flat(context, value, data)
    if context.any_grid:
        kept = kept_in_front(value.ids)
        if kept:
            last, one, first = np.array([_FAR]), np.array([1]), np.array([0])
            flat = ops.slice(flat, np.array([kept]), last, one, first).output(0)
        return _unflattened(value, flat)
    found = occurrences(value.ids, context.masks)
    if not found.once:
        return _unflattened(value, summed(flat, found))
    order = np.argsort(value.ids.reshape(-1), kind="stable")[int((value.ids < 0).sum()) :]
    if not np.array_equal(order, np.arange(value.ids.size)):
        flat = ops.gather(flat, ops.constant(order), ops.constant(0)).output(0)
    return _unflattened(value, flat)


def _summed_rows(
    context: Context, value: Positionwise, data: ov.Output, rows: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> ov.Output:
    flat = _flat(context, value, data)
    chosen = ops.gather(flat, ops.constant(rows), ops.constant(0))
    return _unflattened(value, ops.reduce_sum(chosen, ops.constant([0]), True).output(0))


def _weighed_rows(context: Context, value: Positionwise, weights: ov.Node, data: ov.Output) -> ov.Output:
    """W [M,T] times the rows [T, rest]."""
    flat = _flat(context, value, data)
    rest = value.ids.ndim - len(value.axes)
    flat_rows = ops.reshape(flat, ops.constant([0, -1]), True)
    product = ops.matmul(weights, flat_rows, False, False)
    sizes = ops.concat([ops.constant([0]), sizes_of(flat, range(1, rest + 1))], 0)
    return _unflattened(value, ops.reshape(product, sizes, True).output(0))


def _maximum(context: Context, value: Positionwise, axes: tuple[int, ...]) -> ov.Output:
    if np.unique(value.ids[value.ids >= 0]).size < 2:
        raise NoRuleError("a maximum over a single position")
    low, high = value.values
    if any(low.get_partial_shape()[axis] != 1 for axis in value.axes):
        raise NoRuleError("a maximum over positions that differ where the mask is 0")
    found, lowest = occurrences(value.ids, context.masks), ops.reduce_max(low, ops.constant(list(value.axes)), True)
    if not found.once:
        context.one_grid("a maximum over positions that are not each there once")
    if found.once:
        rows = _rows(context, value, high)
    else:
        row = ops.squeeze(lowest, ops.constant(list(value.axes))).output(0)
        rows = _unflattened(value, largest_of_each(_flat(context, value, high), row, found))
    largest = ops.maximum(rows, lowest)
    kept = np.flatnonzero(value.ids.reshape(-1) < 0)
    if kept.size:
        flat = _flat(context, value, high)
        chosen = ops.reduce_max(ops.gather(flat, ops.constant(kept), ops.constant(0)), ops.constant([0]), True)
        largest = ops.maximum(largest, _unflattened(value, chosen.output(0)))
    others = [axis + 1 for axis in axes if axis not in value.axes]
    if others:
        largest = ops.reduce_max(largest, ops.constant(others), True)
    return largest.output(0)
