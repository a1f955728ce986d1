"""Some of the elements, and more than there are: the gradient goes back to those taken, 0 to the others.

y = x[indices] along an axis. The gradient of x is

    zeros around g                        where the indices are neighbours in order
    g in another order                    where none is taken twice
    g times a matrix of 0 and 1           else
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops
from openvino import opset15 as scattering

from ovxai_passes.gradients.context import Context, Tensor, declined, ints, output_of, rank_of, size_of

_BEYOND = np.iinfo(np.int32).max


@dataclass(frozen=True)
class _Cut:
    """What is taken along an axis of the input; None: from the first, to the last."""

    axis: int
    start: int | None
    stop: int | None
    step: int = 1

    def indices(self, size: int) -> list[int]:
        return list(range(*slice(self.start, self.stop, self.step).indices(size)))


def slice_(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """Slice: each axis on its own."""
    (gradient,) = cotangents
    assert gradient is not None
    source = node.input_value(0)
    starts = context.known(node, 1, "where it starts").reshape(-1).tolist()
    steps = context.known(node, 3, "its step").reshape(-1).tolist()
    axes = list(range(len(starts)))
    if node.get_input_size() > 4:
        axes = [axis % rank_of(source) for axis in context.known(node, 4, "its axes").reshape(-1).tolist()]
    folded = context.folded(node.input_value(2))
    stops = [None] * len(starts) if folded is None else folded.reshape(-1).tolist()
    if folded is None and any(step != 1 for step in steps):
        raise declined(node, "where it stops is computed at inference")
    for axis, start, stop, step in zip(axes, starts, stops, steps, strict=True):
        gradient = _uncut(context, node, gradient, _Cut(axis, start, stop, step), size_of(node, axis))
    return [gradient]


def strided_slice(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """StridedSlice: as Slice, once axes that it adds are gone and those that it drops are back."""
    (gradient,) = cotangents
    assert gradient is not None
    cuts, added, dropped = _strided(context, node)
    if added:
        gradient = ops.squeeze(gradient, ints([axis + context.lead for axis in added]))
    if dropped:
        gradient = ops.unsqueeze(gradient, ints([axis + context.lead for axis in dropped]))
    for cut in cuts:
        gradient = _uncut(context, node, gradient, cut, size_of(gradient, cut.axis + context.lead))
    return [gradient]


def _strided(context: Context, node: ov.Node) -> tuple[list[_Cut], list[int], list[int]]:
    """What is cut, axes of the result that are new, axes of the input that are dropped."""
    attributes, rank = node.get_attributes(), rank_of(node.input_value(0))
    starts = context.known(node, 1, "where it starts").reshape(-1).tolist()
    stops = context.known(node, 2, "where it stops").reshape(-1).tolist()
    steps = [1] * len(starts)
    if node.get_input_size() > 3:
        steps = context.known(node, 3, "its step").reshape(-1).tolist()
    masks = {name: _bits(attributes[f"{name}_mask"], len(starts)) for name in _MASKS}
    cuts, added, dropped = list[_Cut](), list[int](), list[int]()
    axis, own = 0, 0  # of the input, of the result
    for place, (start, stop, step) in enumerate(zip(starts, stops, steps, strict=True)):
        if masks["ellipsis"][place]:
            behind = len(starts) - place - 1 - sum(masks["new_axis"][place + 1 :])
            own += rank - behind - axis
            axis = rank - behind
        elif masks["new_axis"][place]:
            added.append(own)
            own += 1
        elif masks["shrink_axis"][place]:
            cuts.append(_Cut(axis, start, start + 1 if start != -1 else None))
            dropped.append(axis)
            axis += 1
        else:
            first, last = (None if masks[name][place] else end for name, end in (("begin", start), ("end", stop)))
            cuts.append(_Cut(axis, first, last, step))
            axis, own = axis + 1, own + 1
    return cuts, added, dropped


_MASKS = ("begin", "end", "new_axis", "shrink_axis", "ellipsis")


def _bits(mask: Sequence[int], count: int) -> list[int]:
    return [*mask, *[0] * (count - len(mask))]


def _uncut(context: Context, node: ov.Node, gradient: Tensor, cut: _Cut, kept: int | None) -> Tensor:
    """The gradient of what is cut along one axis; `kept`: how much is left of it."""
    source, axis = node.input_value(0), cut.axis + context.lead
    size = size_of(source, cut.axis)
    if size is not None and (kept is None or len(cut.indices(size)) == kept):
        return taken(context, gradient, axis, cut.indices(size), size)
    if cut.step != 1:
        raise declined(node, "it takes every other element of an axis whose size is dynamic")
    whole, left = context.sizes(source, [cut.axis]), context.sizes(output_of(gradient), [axis])
    start = cut.start or 0
    begin = ints([start]) if start >= 0 else ops.maximum(ops.add(whole, ints([start])), ints([0]))
    end = ops.subtract(whole, ops.add(left, begin))
    rest = rank_of(gradient) - axis - 1
    pads = [context.concat([ints([0] * axis), pad, ints([0] * rest)]) for pad in (begin, end)]
    return ops.pad(gradient, *pads, "constant", context.number(0, gradient))


def taken(context: Context, gradient: Tensor, axis: int, indices: Sequence[int], size: int) -> Tensor:
    """The gradient of x, given that of `x[indices]` along an axis, which is counted with the leading one."""
    if list(indices) == list(range(size)):
        return gradient
    if indices and list(indices) == list(range(indices[0], indices[0] + len(indices))):
        return _with_zeros(context, gradient, axis, indices[0], size - indices[-1] - 1)
    if len(set(indices)) == len(indices):
        back = np.full(size, len(indices))  # behind the last: a zero
        back[list(indices)] = np.arange(len(indices))
        if len(indices) < size:
            gradient = _with_zeros(context, gradient, axis, 0, 1)
        return ops.gather(gradient, ints(back.tolist()), ops.constant(np.int64(axis)))
    return context.linear(gradient, _chosen(indices, size), axis)


def _with_zeros(context: Context, gradient: Tensor, axis: int, before: int, behind: int) -> ov.Node:
    around = np.zeros((2, rank_of(gradient)), np.int64)
    around[:, axis] = before, behind
    return ops.pad(gradient, *map(ints, around.tolist()), "constant", context.number(0, gradient))


def _chosen(indices: Sequence[int], size: int) -> npt.NDArray[np.floating]:
    matrix = np.zeros((len(indices), size))
    matrix[np.arange(len(indices)), list(indices)] = 1
    return matrix


def gather(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """Indices that are computed are written as 0 and 1 at inference."""
    (gradient,) = cotangents
    assert gradient is not None
    source, indices = node.input_values()[:2]
    if int(node.get_attributes().get("batch_dims", 0)):
        raise declined(node, "each entry of the batch takes others")
    axis = int(context.known(node, 2, "its axis").item()) % rank_of(source)
    size, known = size_of(source, axis), context.folded(indices)
    if rank_of(indices) != 1:
        parts = [ints([0])] * context.lead + [context.sizes(source, range(axis)), ints([-1])]
        parts += [context.sizes(source, range(axis + 1, rank_of(source)))]
        kept = [part for part in parts if part.get_output_shape(0)[0]]
        gradient = ops.reshape(gradient, context.concat(kept), special_zero=bool(context.lead))
    if known is not None and size is not None:
        wanted = [int(index) % size for index in known.reshape(-1)]
        return [taken(context, gradient, axis + context.lead, wanted, size)]
    depth = ops.squeeze(context.sizes(source, [axis]), ints([0]))
    flat = ops.reshape(indices, ints([-1]), False)
    off, on = context.number(0, gradient), context.number(1, gradient)
    return [context.along(gradient, ops.one_hot(flat, depth, on, off, -1), axis + context.lead)]


def gather_elements(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """Added to zeros where each was taken."""
    (gradient,) = cotangents
    axis = int(node.get_attributes()["axis"]) % rank_of(node)
    return [_added(context, gradient, node.input_value(1), node.input_value(0), axis)]


def top_k(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """Of the values, added to zeros where each was found; the indices have none."""
    gradient = cotangents[0]
    if gradient is None:
        return [None]
    axis = int(node.get_attributes()["axis"]) % rank_of(node)
    return [_added(context, gradient, node.output(1), node.input_value(0), axis)]


def _added(context: Context, gradient: Tensor | None, indices: Tensor, source: ov.Output, axis: int) -> Tensor:
    assert gradient is not None
    zeros = context.zeros(source, output_of(gradient).get_element_type())
    if context.lead:
        shape = ops.shape_of(gradient, "i64")
        indices = ops.broadcast(ops.unsqueeze(indices, ints([0])), shape)
    place = ops.constant(np.int64(axis + context.lead))
    return ops.scatter_elements_update(zeros, indices, gradient, place, "sum")


def gather_nd(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """Added to zeros where each was taken; a leading axis is the last one meanwhile."""
    (gradient,) = cotangents
    assert gradient is not None
    if int(node.get_attributes()["batch_dims"]):
        raise declined(node, "each entry of the batch takes others")
    source, indices = node.input_values()
    zeros: Tensor = context.zeros(source, output_of(gradient).get_element_type())
    if not context.lead:
        return [scattering.scatter_nd_update(zeros, indices, gradient, "sum")]
    last = [ints([*range(1, rank_of(one)), 0]) for one in (zeros, gradient)]
    made = scattering.scatter_nd_update(ops.transpose(zeros, last[0]), indices, ops.transpose(gradient, last[1]), "sum")
    return [ops.transpose(made, ints([rank_of(made) - 1, *range(rank_of(made) - 1)]))]


def pad(context: Context, node: ov.Node, cotangents: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """What lies inside; elements that are repeated at the border get the sum."""
    (gradient,) = cotangents
    assert gradient is not None
    if node.get_input_size() > 3 and context.needs(node, 3):
        raise declined(node, "what it pads with depends on the tensor")
    source, mode = node.input_value(0), str(node.get_attributes()["pad_mode"]).lower()
    begin = context.known(node, 1, "its padding").tolist()
    end = context.known(node, 2, "its padding").tolist()
    if mode == "constant":
        return [_unpadded(context, gradient, source, begin, end)]
    for axis, (before, behind) in enumerate(zip(begin, end, strict=True)):
        size = size_of(source, axis)
        if not before and not behind:
            continue
        if size is None or min(before, behind) < 0:
            raise declined(node, "it repeats elements of an axis whose size is dynamic")
        indices = _repeated(size, before, behind, mode)
        gradient = taken(context, gradient, axis + context.lead, indices, size)
    return [gradient]


def _repeated(size: int, before: int, behind: int, mode: str) -> list[int]:
    """Which element stands at each place after a padding that repeats some."""
    pad_with: Any = mode
    return [int(place) for place in np.pad(np.arange(size), (before, behind), pad_with)]


def _unpadded(context: Context, gradient: Tensor, source: ov.Output, begin: list[int], end: list[int]) -> Tensor:
    axes = [axis for axis, pads in enumerate(zip(begin, end, strict=True)) if max(pads) > 0]
    if axes:
        starts = ints([max(begin[axis], 0) for axis in axes])
        stops = ints([-end[axis] if end[axis] > 0 else _BEYOND for axis in axes])
        places = ints(context.axes(axes, len(begin)))
        gradient = ops.slice(gradient, starts, stops, ints([1] * len(axes)), places)
    cut = [[max(-size, 0) for size in sizes] for sizes in (begin, end)]
    if any(map(any, cut)):
        around = [ints([0] * context.lead + sizes) for sizes in cut]
        gradient = ops.pad(gradient, *around, "constant", context.number(0, gradient))
    return gradient


RULES = {
    "Gather": gather,
    "GatherElements": gather_elements,
    "GatherND": gather_nd,
    "Pad": pad,
    "Slice": slice_,
    "StridedSlice": strided_slice,
    "TopK": top_k,
}
