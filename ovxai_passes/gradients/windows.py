"""Windows over places: what padding a convolution or a pooling has, and the transposed convolution that undoes one.

out = (in + pads_begin + pads_end - ((kernel - 1)·dilation + 1)) / stride + 1, rounded down or up
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.gradients.context import Context, Tensor, declined, ints, output_of, rank_of, size_of


@dataclass(frozen=True)
class Windows:
    """The windows of an operation: a number for each axis of places."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    begin: tuple[int, ...]
    end: tuple[int, ...]
    """Padding; where sizes are rounded up, what the last window takes of nothing is not in it."""

    @property
    def places(self) -> int:
        """The number of axes of places."""
        return len(self.kernel)

    @property
    def reach(self) -> tuple[int, ...]:
        """The length of a window along each axis."""
        return tuple((size - 1) * step + 1 for size, step in zip(self.kernel, self.dilations, strict=True))


def windows_of(node: ov.Node, kernel: Sequence[int]) -> Windows:
    """The windows of a convolution or a pooling, with padding that is chosen by size resolved."""
    attributes: dict[str, Any] = node.get_attributes()
    strides = [int(step) for step in attributes["strides"]]
    dilations = [int(step) for step in attributes.get("dilations", [1] * len(strides))]
    begin, end = ([int(pad) for pad in attributes[name]] for name in ("pads_begin", "pads_end"))
    kind = str(attributes["auto_pad"]).lower()
    if kind == "valid":
        begin, end = [0] * len(strides), [0] * len(strides)
    elif kind.startswith("same"):
        for axis, step in enumerate(strides):
            size, reach = size_of(node.input_value(0), axis + 2), (kernel[axis] - 1) * dilations[axis] + 1
            if size is None and step > 1:
                raise declined(node, "its padding depends on a size that is dynamic")
            whole = reach - step if size is None else max((-(-size // step) - 1) * step + reach - size, 0)
            halves = whole // 2, whole - whole // 2
            begin[axis], end[axis] = halves if kind == "same_upper" else halves[::-1]
    return Windows(tuple(kernel), tuple(strides), tuple(dilations), tuple(begin), tuple(end))


def scattered(context: Context, gradient: Tensor, filters: Tensor, windows: Windows, like: ov.Output) -> Tensor:
    """The transposed convolution: gradient [B,..,out] → [B,..,in], places as many as `like` has.

    `filters`: of a Convolution [O,I,kernel], or of a GroupConvolution [G,O,I,kernel]. A single group is none: a CPU
    plugin (2026.4.1) has no transposed convolution for it.
    """
    grouped = rank_of(filters) - windows.places > 2
    if grouped and size_of(filters, 0) == 1:
        filters, grouped = ops.squeeze(filters, ints([0])), False
    missing = [
        None if size_of(like, axis + 2) is None else _missing(gradient, like, windows, axis)
        for axis in range(windows.places)
    ]
    cut = [axis for axis, extra in enumerate(missing) if (extra is None or extra < 0) and windows.strides[axis] > 1]
    cut += [axis for axis, extra in enumerate(missing) if extra is not None and extra < 0 and axis not in cut]
    padding = [0] * windows.places
    beyond = [0] * windows.places
    for axis, extra in enumerate(missing):
        if extra is None:
            padding[axis] = windows.strides[axis] - 1
        elif extra > 0:  # what no window takes up
            padding[axis] = min(extra, windows.strides[axis] - 1)
            beyond[axis] = extra - padding[axis]
    make = ops.group_convolution_backprop_data if grouped else ops.convolution_backprop_data
    found: Tensor = make(
        gradient,
        filters,
        list(windows.strides),
        pads_begin=list(windows.begin),
        pads_end=list(windows.end),
        dilations=list(windows.dilations),
        output_padding=padding,
    )
    if any(beyond):
        zero = context.number(0, gradient)
        found = ops.pad(found, ints([0] * (2 + windows.places)), ints([0, 0, *beyond]), "constant", zero)
    if cut:
        axes = [axis + 2 for axis in cut]
        found = ops.slice(found, ints([0] * len(cut)), context.sizes(like, axes), ints([1] * len(cut)), ints(axes))
    return found


def _missing(gradient: Tensor, like: ov.Output, windows: Windows, axis: int) -> int:
    """How many places at the end the transposed convolution leaves out; negative: has too many."""
    out, size = size_of(output_of(gradient), axis + 2), size_of(like, axis + 2)
    assert out is not None
    assert size is not None
    pads = windows.begin[axis] + windows.end[axis]
    return size - ((out - 1) * windows.strides[axis] - pads + windows.reach[axis])
