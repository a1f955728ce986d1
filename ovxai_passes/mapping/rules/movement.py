"""Movement operations: the elements of v_m in another order.

Positionwise   the operation is run on the ids; where the mask is 0, on one row, laid out in full and taken off again
(constants, which fold away). What padding adds is weighed by no mask, as kept tokens are; only such left: Invariant
Batched        the same operation one axis further right
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.movement import DATA_INPUTS, Labels, move
from ovxai_patterns.analysis.positions import NOWHERE

from ovxai_passes.mapping.context import Context, is_zero, zero_like
from ovxai_passes.mapping.rules.joining import joined
from ovxai_passes.mapping.values import AnyGridError, Batched, Invariant, NoRuleError, Positionwise, Value
from ovxai_passes.ops.gathering import chosen_by_image
from ovxai_passes.ops.nodes import sizes_known

TYPES = frozenset(DATA_INPUTS)

_NOT_MAPPED = frozenset({"BatchToSpace", "ScatterElementsUpdate", "ScatterNDUpdate", "ScatterUpdate", "SpaceToBatch"})

_OTHER_MASKS = ("new_axis_mask", "shrink_axis_mask", "ellipsis_mask")


def movement(context: Context, node: ov.Node, inputs: list[Value], ones: list[ov.Output]) -> list[Value]:
    """See the module."""
    if node.get_type_name() == "Concat":
        return joined(context, node, inputs, ones)
    value, others = inputs[0], inputs[1:]
    if node.get_type_name() in _NOT_MAPPED or any(not isinstance(other, Invariant) for other in others):
        raise NoRuleError(f"{node.get_type_name()} of a tensor that the mask weighs")
    if isinstance(value, Batched) and node.get_type_name() == "Gather":
        return [_gathered(context, node, value, inputs[1])]
    further = [other.output for other in others if isinstance(other, Invariant)]
    if isinstance(value, Batched):
        return [Batched(output) for output in _one_axis_further(context, node, value.output, further)]
    assert isinstance(value, Positionwise)
    return _positionwise(context, node, value, further, ones)


def _positionwise(
    context: Context, node: ov.Node, value: Positionwise, further: list[ov.Output], ones: list[ov.Output]
) -> list[Value]:
    place = context.graph.place_of(node)
    moved = _moved(context, place, value.ids)
    if context.any_grid:
        _check_for_any_grid(node, value.ids, moved)
    columns = [
        context.clone_with_inputs(node, [row, *further]).outputs()
        if number
        else _low_outputs(context, node, value, further)
        for number, row in enumerate(value.values[:-1])
    ]
    low = value.values[0]
    if not context.any_grid and any(_merges_batch(output, one) for output, one in zip(columns[0], ones, strict=True)):
        everywhere = ops.broadcast(low, ops.shape_of(value.values[-1]), broadcast_spec="BIDIRECTIONAL")
        columns[0] = context.clone_with_inputs(node, [everywhere.output(0), *further]).outputs()
    if not is_zero(low) and any(dim.is_dynamic for dim in list(low.get_partial_shape())[1:]):
        context.one_grid("what differs by position where the mask is 0")
    alike = [] if is_zero(low) else _moved(context, place, _places(low, value.ids.ndim))
    results: list[Value] = []
    for port, ids in enumerate(moved):
        if (ids < 0).all():
            results.append(Invariant(ones[port]))
            continue
        values = [column[port] for column in columns]
        values[0] = zero_like(low, ids.ndim) if is_zero(low) else _first_row(values[0], ids, alike[port])
        results.append(Positionwise(ids, value.weights, (*values, ones[port])))
    return results


def _check_for_any_grid(node: ov.Node, before: Labels, after: list[Labels]) -> None:
    """Raise AnyGridError unless positions are left as they are, or rows and columns become one axis in raster order.

    The ids tell what an operation does to the grid that was analysed; only of these is it known to do the same to any.
    """
    kind = node.get_type_name()
    if kind in ("Transpose", "Squeeze", "Unsqueeze"):
        return
    wide = [size for size in before.shape if size > 1]
    for ids in after:
        sizes = [size for size in ids.shape if size > 1]
        same = np.array_equal(ids.reshape(-1), before.reshape(-1))
        merged = kind == "Reshape" and len(wide) == 2 and len(sizes) == 1
        if not (same and (sizes == wide or merged)) and not (ids < 0).all():
            raise AnyGridError(f"{kind} moves positions, which is mapped for one grid only")


def _moved(context: Context, place: int, labels: Labels) -> list[Labels]:
    sources: list[Labels | None] = [None] * context.graph.ops[place].get_input_size()
    sources[0] = labels
    moved = move(context.analysed, context.analysed_folding, place, sources, NOWHERE)
    if moved is None:
        kind = context.graph.ops[place].get_type_name()
        raise NoRuleError(f"{kind} by a shape or order that is not known before inference")
    return moved


def _places(row: ov.Output, rank: int) -> Labels:
    """A number for every element of a tensor, batch aside."""
    shape = sizes_known(row, 1)
    shape = [1] * (rank - len(shape)) + shape
    return np.arange(int(np.prod(shape)), dtype=np.int32).reshape(shape)


def _low_outputs(context: Context, node: ov.Node, value: Positionwise, further: list[ov.Output]) -> list[ov.Output]:
    """The operation on the tensor where the mask is 0, laid out in full; of one image if it is the same for all."""
    row = value.values[0]
    if context.any_grid:
        sizes = ops.shape_of(value.values[-1])
        wide = ops.broadcast(row, sizes, broadcast_spec="BIDIRECTIONAL").output(0)
        return list(context.clone_with_inputs(node, [wide, *further]).outputs())
    source = context.graph.inputs_of(context.graph.place_of(node))[0]
    full, batch = context.shape_of(source), row.get_partial_shape()[0]
    if batch.is_static and batch.get_length() == 1:
        of_one_image = bool(context.graph.output(source).get_partial_shape()[0].is_dynamic) or full[0] == 1
        full = list(context.analysed.output(source).get_shape())
        further = _constants(context, node, of_one_image)
    wide = ops.broadcast(row, ops.constant(full), broadcast_spec="BIDIRECTIONAL").output(0)
    return list(context.clone_with_inputs(node, [wide, *further]).outputs())


def _merges_batch(of_one_image: ov.Output, of_all: ov.Output) -> bool:
    """Whether an axis is a dynamic batch times something: one image's part then does not broadcast to it."""
    sizes = zip(of_one_image.get_partial_shape(), of_all.get_partial_shape(), strict=True)
    return any(one.is_static and one.get_length() != 1 and every.is_dynamic for one, every in sizes)


def _constants(context: Context, node: ov.Node, of_one_image: bool) -> list[ov.Output]:
    """The inputs that say where to, as constants."""
    sources = context.graph.inputs_of(context.graph.place_of(node))[1:]
    folding = context.analysed_folding if of_one_image else context.folding
    values = [folding.value(source) for source in sources]
    if any(value is None for value in values):
        raise NoRuleError(f"{node.get_type_name()} by a shape or order that is not known before inference")
    return [ops.constant(np.array(value, order="C")).output(0) for value in values]


def _first_row(output: ov.Output, ids: Labels, alike: Labels) -> ov.Output:
    """A tensor without the repetitions along those position axes on which it does not vary."""
    axes = [axis for axis, size in enumerate(ids.shape) if size > 1 and alike.shape[axis] == 1]
    if not axes:
        return output
    start, stop = np.zeros(len(axes), np.int64), np.ones(len(axes), np.int64)
    return ops.slice(output, start, stop, stop, np.array(axes)).output(0)


def _gathered(context: Context, node: ov.Node, value: Batched, indices: Value) -> Batched:
    """Entries along an axis, the same for each image or each image's own; they need not be known before inference."""
    source = context.graph.inputs_of(context.graph.place_of(node))
    rank = len(context.graph.output(source[0]).get_partial_shape())
    axis, batched = int(context.value_of(source[2])) % rank, node.get_attributes()["batch_dims"] % rank
    assert isinstance(indices, Invariant), "inputs that depend on the mask were refused"
    if batched > 1:
        raise NoRuleError("Gather with several batch axes")
    if not batched:
        return Batched(ops.gather(value.output, indices.output, ops.constant(axis + 1)).output(0))
    swapped = ops.constant([1, 0, *range(2, rank + 1)])
    rows = chosen_by_image(ops.transpose(value.output, swapped), indices.output, axis + 1)
    if len(indices.output.get_partial_shape()) != 2:
        raise NoRuleError("Gather with indices of several axes for each image")
    return Batched(ops.transpose(rows, swapped).output(0))


def _further(axes: npt.NDArray[np.generic]) -> ov.Node:
    """Axes of a tensor as axes of the same tensor with a mask axis in front."""
    counted = np.array(axes, np.int64, order="C")
    return ops.constant(np.where(counted < 0, counted, counted + 1))


def _reshaped_further(
    context: Context, node: ov.Node, data: ov.Output, pattern: ov.Output, known: npt.NDArray[np.generic] | None
) -> ov.Output:
    copies = bool(node.get_attributes()["special_zero"])
    if known is None:
        return ops.reshape(data, ops.concat([context.count, ops.convert(pattern, "i64")], 0), copies).output(0)
    sizes = np.array(known, np.int64)
    if copies or sizes.all():  # a 0 in front then copies the mask axis
        return ops.reshape(data, ops.constant(np.concatenate([[0], sizes])), True).output(0)
    return ops.reshape(data, ops.concat([context.count, ops.constant(sizes)], 0), False).output(0)


def _one_axis_further(context: Context, node: ov.Node, data: ov.Output, further: list[ov.Output]) -> list[ov.Output]:
    sources = context.graph.inputs_of(context.graph.place_of(node))
    known = [context.folding.value(source) for source in sources[1:]]
    kind = node.get_type_name()
    if kind == "Reshape":
        return [_reshaped_further(context, node, data, further[0], known[0])]
    if any(value is None for value in known):
        raise NoRuleError(f"{kind} by a shape or order that is not known before inference")
    first = np.array(known[0], np.int64) if known else np.array([], np.int64)
    if kind == "StridedSlice":
        return [_strided_further(context, node, data, known)]
    if kind == "Transpose":
        order = first if first.size else np.arange(len(data.get_partial_shape()) - 1)[::-1]
        return [ops.transpose(data, ops.constant(np.concatenate([[0], order + 1]))).output(0)]
    constants = [ops.constant(np.array(value, order="C")) for value in known]
    if kind in ("Squeeze", "Unsqueeze", "Split", "VariadicSplit"):
        if not known:
            raise NoRuleError("Squeeze of all axes of size 1")
        constants[0] = _further(known[0])  # type: ignore[arg-type]
    elif kind == "Slice" and len(known) == 4:
        constants[3] = _further(known[3])  # type: ignore[arg-type]
    elif kind == "Roll":
        constants[1] = _further(known[1])  # type: ignore[arg-type]
    elif kind == "Pad":
        constants[:2] = [_in_front(value, 0) for value in known[:2]]
    elif kind == "Tile" and first.size < len(data.get_partial_shape()):
        constants[0] = _in_front(known[0], 1)
    else:
        raise NoRuleError(f"{kind} of a tensor with a mask axis")
    return list(context.clone_with_inputs(node, [data, *(constant.output(0) for constant in constants)]).outputs())


def _strided_further(context: Context, node: ov.Node, data: ov.Output, known: Sequence[object]) -> ov.Output:
    """A StridedSlice that takes all of the mask axis in front."""
    ends = [_in_front(value, number).output(0) for number, value in zip((0, 0, 1), known, strict=False)]
    said = node.get_attributes()
    changed = {name: [1, *said[name]] for name in ("begin_mask", "end_mask")}  # 1: from one end to the other
    changed |= {name: [0, *said[name]] for name in _OTHER_MASKS if said[name]}
    return context.clone_with_inputs(node, [data, *ends], **changed).output(0)


def _in_front(values: object, value: int) -> ov.Node:
    """Numbers of each axis, of which the mask axis in front gets `value`."""
    return ops.constant(np.concatenate([[value], np.array(values, np.int64)]))
