"""The weights that masks give to positions, as nodes.

    W[m, t]: of the position of entry t under mask m; kept tokens weigh 1

Where M is small they are constants, see `Context.weights`. Large ones of bells, and all of a grid that is read at
inference, are made of two bands; `level`: 1 where W has that value, else 0 (None: W itself):

    bell      W[(i,j),(a,b)] = R[i,a] · C[j,b]      R, C: 1/2 on the diagonal, 1/4 beside it
    one-hot   the same with bands that are 1 on the diagonal

    h ─▶ Range ─▶ (i - a)² ─▶ band R [h,1,h,1] ─┐
    w ─▶ Range ─▶ (j - b)² ─▶ band C [1,w,1,w] ─┴─▶ Multiply ─▶ Reshape [M,M] ─▶ Equal level? ─▶ Concat kept tokens?

Stored, a matrix of all positions against all positions would grow with their square (1.9 MB for 37x37, in 8 bits); the
bands do not. Those of a grid that is known when the branch is built are constants, others fold away where shapes are
static.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.movement import Labels
from ovxai_patterns.classifier.site import Site

from ovxai_passes.head.cut import Head
from ovxai_passes.mapping.values import AnyGridError
from ovxai_passes.ops.sizes import sizes_of

Floats = npt.NDArray[np.float32]


def telling_input(site: Site, head: Head) -> ov.Node:
    """An input for the tensor that tells the grid of a head's mask. Raises AnyGridError where there is none."""
    if not site.grid_source.exact or head.grid_shape is None:
        raise AnyGridError("no tensor holds the grid on two axes")
    return ops.parameter(*head.grid_shape, name="sizes")


def kept_before_raster(ids: Labels) -> int | None:
    """How many kept tokens stand before positions in raster order, None for any other order."""
    flat = ids.reshape(-1)
    kept = int((flat < 0).sum())
    is_raster = (flat[:kept] < 0).all() and np.array_equal(flat[kept:], np.arange(flat.size - kept))
    return kept if is_raster else None


def kept_in_front(ids: Labels) -> int:
    """How many kept tokens stand before positions in raster order. Raises AnyGridError for any other order."""
    kept = kept_before_raster(ids)
    if kept is None:
        raise AnyGridError("positions in another order than the picture's, which is known for one grid only")
    return kept


def bell_weights(grid: tuple[int, int], kept: int, level: float | None) -> ov.Node:
    """W [M, kept+M] f32 of bells over a grid (h, w) that is known when the branch is built."""
    height, width = grid
    rows = ops.constant(_known_band(height).reshape(height, 1, height, 1))
    columns = ops.constant(_known_band(width).reshape(1, width, 1, width))
    masks = height * width
    return _of_bands(rows, columns, level, ops.constant([masks, masks]), ops.constant([masks, kept]) if kept else None)


def weights_of_any_grid(sizes: ov.Node, one_hot: bool, kept: int, level: float | None) -> ov.Node:
    """W [M, kept+M] f32 of a grid of `sizes` (h, w) i64 that is read at inference."""
    height, width = (ops.gather(sizes, ops.constant([axis]), ops.constant(0)) for axis in (0, 1))
    rows, columns = _band(height, one_hot), _band(width, one_hot)
    rows, columns = ops.unsqueeze(rows, ops.constant([1, 3])), ops.unsqueeze(columns, ops.constant([0, 2]))
    masks = ops.multiply(height, width)
    tokens = ops.concat([masks, ops.constant([kept])], 0) if kept else None
    return _of_bands(rows, columns, level, ops.concat([masks, masks], 0), tokens)


def _of_bands(rows: ov.Node, columns: ov.Node, level: float | None, square: ov.Node, tokens: ov.Node | None) -> ov.Node:
    """W of bands [h,1,h,1] and [1,w,1,w]. `square`: [M,M] i64. `tokens`: [M,kept] i64, None where none is kept."""
    made: ov.Node = ops.reshape(ops.multiply(rows, columns), square, False)
    if level is not None:
        made = ops.convert(ops.equal(made, ops.constant(np.float32(level))), "f32")
    if tokens is None:
        return made
    whole = ops.constant(np.float32(level is None or level == 1))
    return ops.concat([ops.broadcast(whole, tokens), made], 1)


def _known_band(size: int) -> Floats:
    band = np.eye(size) / 2 + (np.eye(size, k=1) + np.eye(size, k=-1)) / 4
    return band.astype(np.float32)


def _band(size: ov.Node, one_hot: bool) -> ov.Node:
    """[size, size] f32."""
    places = ops.range(ops.constant(0), ops.squeeze(size, ops.constant([0])), ops.constant(1), "f32")
    apart = ops.squared_difference(ops.unsqueeze(places, ops.constant([1])), ops.unsqueeze(places, ops.constant([0])))
    if one_hot:
        return ops.convert(ops.equal(apart, ops.constant(np.float32(0))), "f32")
    beside = ops.convert(ops.less_equal(apart, ops.constant(np.float32(1))), "f32")
    nearness = ops.subtract(ops.constant(np.float32(0.5)), ops.multiply(apart, ops.constant(np.float32(0.25))))
    return ops.multiply(beside, nearness)


def shaped_like(weights: ov.Node, like: ov.Output | ov.Node, axes: tuple[int, ...]) -> ov.Node:
    """W [M,T] as [M, ...] of the rank of a tensor: its sizes on `axes`, along which positions lie, 1 elsewhere."""
    rank = len(like.get_partial_shape() if isinstance(like, ov.Output) else like.get_output_partial_shape(0))
    if len(axes) == 1:
        around = [axis + 1 for axis in range(rank) if axis != axes[0]]
        return ops.unsqueeze(weights, ops.constant(around)) if around else weights
    others = [axis for axis in range(rank) if axis not in axes]
    ones = ops.constant(np.ones(len(others), np.int64))
    sizes = ops.scatter_update(ops.shape_of(like, "i64"), ops.constant(others), ones, ops.constant(0))
    masks = sizes_of(weights, [0])
    return ops.reshape(weights, ops.concat([masks, sizes], 0), False)
