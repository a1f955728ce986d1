"""What a definition is computed from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.positions import Positions

from ovxai_passes.head.cut import Head
from ovxai_passes.methods.target import Target
from ovxai_passes.vocabulary import GradientOf

Array = npt.NDArray[np.generic]


@dataclass(frozen=True)
class Given:
    """`read`: the values of tensors of the original model. `picture`: its (H, W) in pixels. `head`: of a classifier.

    `places`: the positions to compute, in raster order, None for all. `classes` [N,k]: those that have maps, None for
    all. `multi_label`: they do not exclude each other. `gradient_of`: what is differentiated; `vjp`: the gradient for a
    tensor, given the cotangents of class scores by their tensors.
    """

    target: Target
    read: Callable[[Sequence[TensorId]], list[Array]]
    picture: tuple[int, int]
    head: Head | None = None
    places: Sequence[int] | None = None
    classes: npt.NDArray[np.int64] | None = None
    multi_label: bool = False
    gradient_of: GradientOf = GradientOf.LOG_PROBABILITY
    vjp: Callable[[TensorId, Mapping[TensorId, Array]], Array] | None = None


def cells_of(positions: Positions, feature: Array) -> npt.NDArray[np.float64]:
    """The values [N,P,C] f64 of a tensor with these positions, cell by cell in raster order, without kept tokens."""
    ids = np.broadcast_to(positions.ids, (1, *feature.shape[1:])).reshape(-1)
    order = np.argsort(ids, kind="stable")
    cells = positions.grid[0] * positions.grid[1]
    first, last = np.searchsorted(ids[order], (0, cells))
    flat = feature.astype(np.float64).reshape(len(feature), -1)
    return flat[:, order[first:last]].reshape(len(feature), cells, -1)
