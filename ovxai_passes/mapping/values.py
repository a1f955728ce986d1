"""What a tensor is, seen as a function of the mask.

    Invariant      v_m = x                                    does not depend on the mask: computed once
    Positionwise   v_m[t] = x_0[t] + sum_i w_i[m,id(t)] · (x_i[t] - x_0[t])
                                                              rows weighed by the mask: computed once per weight
    Batched        v_m, with m as an explicit leading axis    computed once per mask

The `ids` of a Positionwise tensor number the position of every element (-1: kept token, which the mask always weighs
1), with size 1 on axes along which they do not vary. Its `values` belong to the mask weights `weights`, ascending from
0 to 1:

* linear: weights (0, 1); in between, the tensor is a straight line in the mask, which every affine operation keeps;
* otherwise all weights that the mask takes: every operation that keeps positions apart keeps it.

A one-hot mask is both at once. `values[0]`, the tensor where the mask is 0, usually is one constant row.
"""

from __future__ import annotations

from dataclasses import dataclass

import openvino as ov
from ovxai_patterns.analysis.movement import Labels


class NoRuleError(Exception):
    """An operation cannot be mapped without repeating it; the message says why."""


class AnyGridError(Exception):
    """A head cannot be mapped for grids of any size; it may be for the one that it was analysed at."""


@dataclass(frozen=True)
class Invariant:
    """A tensor that does not depend on the mask."""

    output: ov.Output


@dataclass(frozen=True)
class Positionwise:
    """A tensor whose rows are weighed by the mask, position by position."""

    ids: Labels
    weights: tuple[float, ...]
    values: tuple[ov.Output, ...]

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes along which positions lie."""
        return tuple(axis for axis, size in enumerate(self.ids.shape) if size > 1)


@dataclass(frozen=True)
class Batched:
    """A tensor with an explicit leading mask axis: [M, ...].

    `normalised`: its last axis sums to 1, as after a Softmax.
    """

    output: ov.Output
    normalised: bool = False


Value = Invariant | Positionwise | Batched
