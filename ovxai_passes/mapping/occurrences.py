"""Rows of positions that stand several times among others, or not at all.

Cropped, gathered, shuffled or padded before a pooling, a tensor's positions are a multiset of the grid's. Under one-hot
masks the pooling of mask p then reads the rows of p, however many there are:

    sum   S_p = sum over t with id(t) = p of x[t]             0 where there is none
    max   S_p = max(x_0, max over t with id(t) = p of x[t])    x_0 where there is none
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.movement import Labels

from ovxai_passes.ops.constants import constant_like


@dataclass(frozen=True)
class Occurrences:
    """`places` [M,c] i64: where the rows of each position are among `count`; `present` [M,c] bool: which are none."""

    places: npt.NDArray[np.int64]
    present: npt.NDArray[np.bool_]
    count: int

    @property
    def once(self) -> bool:
        """Whether each position has exactly one row."""
        return self.places.shape[1] == 1 and bool(self.present.all())


def occurrences(ids: Labels, masks: int) -> Occurrences:
    """Where the positions 0 ... `masks` - 1 stand in `ids`, flattened; kept tokens are left out."""
    flat = ids.reshape(-1)
    counts = np.bincount(flat[flat >= 0], minlength=masks)
    present = np.arange(max(int(counts.max()), 1)) < counts[:, None]
    places = np.zeros(present.shape, np.int64)
    places[present] = np.argsort(flat, kind="stable")[int((flat < 0).sum()) :]
    return Occurrences(places, present, flat.size)


def summed(rows: ov.Output, found: Occurrences) -> ov.Output:
    """Rows [T,...] → [M,...]: of each position, the sum of its rows."""
    together = _together(rows, found)
    if not found.present.all():
        shape = (*found.present.shape, *([1] * (len(rows.get_partial_shape()) - 1)))
        weights = constant_like(found.present.reshape(shape).astype(np.float32), rows.get_element_type())
        together = ops.multiply(together, weights)
    return ops.reduce_sum(together, ops.constant([1]), False).output(0)


def largest(rows: ov.Output, low: ov.Output, found: Occurrences) -> ov.Output:
    """Rows [T,...] → [M,...]: of each position, the largest of its rows, or `low` (which broadcasts) if it has none."""
    inside = found.present[:, :1]
    filled = Occurrences(np.where(found.present, found.places, found.places[:, :1]), found.present, found.count)
    result = ops.reduce_max(_together(rows, filled), ops.constant([1]), False)
    if inside.all():
        return result.output(0)
    has_any = inside.reshape(-1, *([1] * (len(rows.get_partial_shape()) - 1)))
    return ops.select(ops.constant(np.array(has_any, order="C")), result, low).output(0)


def _together(rows: ov.Output, found: Occurrences) -> ov.Node:
    """Rows [T,...] → [M,c,...]. The Split holds T: a model reshaped to another grid is refused, not read wrongly."""
    checked = ops.variadic_split(rows, ops.constant(0), ops.constant([found.count]))
    return ops.gather(checked.output(0), ops.constant(found.places), ops.constant(0))
