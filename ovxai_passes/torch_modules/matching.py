"""Tensors of the converted model found again among those of the module, by their values.

Both roads name tensors after what they were made by, but rewrite the network on the way: norms are folded into
convolutions, layouts change. Values stay, but for rounding and the order of axes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

Array = npt.NDArray[Any]

_CLOSE = 1e-3  # of the range: f32 of two libraries after a deep network
_NOT_CLOSER = 4.0  # times the least error: as close as the closest
_ROUNDING = 1e-6
_MOST_AXES = 6


@dataclass(frozen=True)
class Match:
    """A node whose value is that which was looked for.

    That, with its axes in the order `axes`, has the shape `moved`; reshaped to `shape` it is the value. `error`:
    the largest difference, over the largest value.
    """

    node: torch.fx.Node
    axes: tuple[int, ...]
    moved: tuple[int, ...]
    shape: tuple[int, ...]
    error: float

    def arranged(self, values: Array) -> Array:
        """Values [n,...] along the axes of what was looked for, as the node has them; size 1 where they do not vary."""
        result = values.transpose(self.axes)
        if self.moved == self.shape:
            return result
        result = np.broadcast_to(result, (len(values), *self.moved[1:])).reshape(len(values), *self.shape[1:])
        for axis in range(1, result.ndim):
            first = result.take([0], axis)
            if (result == first).all():
                result = first
        return result


class _Watching(torch.fx.Interpreter):
    """Runs a graph and compares every value with those that are looked for."""

    def __init__(self, module: torch.fx.GraphModule, wanted: Sequence[torch.Tensor]) -> None:
        super().__init__(module)
        self.wanted = wanted
        self.found: list[list[Match]] = [[] for _ in wanted]

    def run_node(self, n: torch.fx.Node) -> Any:
        """Run it, then compare."""
        value = super().run_node(n)
        if isinstance(value, torch.Tensor) and value.is_floating_point() and n.op == "call_function":
            for wanted, found in zip(self.wanted, self.found, strict=True):
                match = _match(n, value, wanted)
                if match is not None:
                    found.append(match)
        return value


def find(module: torch.fx.GraphModule, picture: torch.Tensor, wanted: Sequence[Array]) -> list[Match | None]:
    """For each value the node that has it: the first of those that are as close as the closest; None: there is none."""
    watching = _Watching(module, [torch.from_numpy(np.array(one)) for one in wanted])
    watching.run(picture)
    return [_best(found) for found in watching.found]


def closest(value: Array, candidates: Sequence[Array]) -> int | None:
    """The place of the first candidate that is as close to a value as the closest; None: none is close."""
    errors = [_error(value, one) if one.shape == value.shape else np.inf for one in candidates]
    least = min(errors, default=np.inf)
    if least > _CLOSE:
        return None
    return next(place for place, error in enumerate(errors) if _as_close(error, least))


def _best(found: Sequence[Match]) -> Match | None:
    least = min((one.error for one in found), default=np.inf)
    return next((one for one in found if _as_close(one.error, least)), None)


def _as_close(error: float, least: float) -> bool:
    return error <= max(_NOT_CLOSER * least, _ROUNDING)


def _match(node: torch.fx.Node, value: torch.Tensor, wanted: torch.Tensor) -> Match | None:
    """The order of axes in which a value is the one looked for, or None."""
    if value.numel() != wanted.numel() or not value.ndim or value.shape[0] != wanted.shape[0]:
        return None
    for axes in _orders(wanted.ndim):
        moved = wanted.permute(axes)
        error = _error(value.numpy(), moved.reshape(value.shape).numpy())
        if error <= _CLOSE:
            return Match(node, axes, tuple(moved.shape), tuple(value.shape), error)
    return None


def _orders(rank: int) -> Iterator[tuple[int, ...]]:
    """Orders of axes behind the first, that as it is before others."""
    yield tuple(range(rank))
    if 2 < rank <= _MOST_AXES:
        for order in permutations(range(1, rank)):
            if order != tuple(range(1, rank)):
                yield (0, *order)


def _error(value: Array, wanted: Array) -> float:
    """The largest difference, over the largest value."""
    return float(np.abs(value - wanted).max() / max(float(np.abs(wanted).max()), np.finfo(np.float32).tiny))
