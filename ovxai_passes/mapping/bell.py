"""The weights of all bell masks, made of two small matrices.

    W[(i,j),(a,b)] = R[i,a] · C[j,b],  R, C: 1/2 on the diagonal, 1/4 beside it

    R [h,1,h,1] · C [1,w,1,w] ─▶ Reshape [h*w,h*w] ─▶ Equal level? ─▶ Concat kept tokens? ─▶ Reshape

A matrix of all positions against all positions grows with their square (1.9 MB for 37x37, in 8 bits); these two do not.
Plugins fold the product when they compile the model.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops

Floats = npt.NDArray[np.float32]


def bell_weights(value: Floats, cells: Floats, grid: tuple[int, int], levels: tuple[float, ...]) -> ov.Node | None:
    """`value`, f32, as a node of constants, or None where it is no bells' weights.

    Bells' weights: [M,1..,kept+M], bells over raster positions (`cells` [M,M]) or where they have one of the `levels`,
    with the same weight for all kept tokens.
    """
    height, width = grid
    rows, columns = _band(height), _band(width)
    flat = value.reshape(len(value), -1)
    kept = flat.shape[1] - len(cells)
    if kept < 0 or (kept and (flat[:, :kept] != flat[0, 0]).any()):
        return None
    if not np.array_equal(np.kron(rows, columns), cells):
        return None
    wide = ops.multiply(
        ops.constant(rows.reshape(height, 1, height, 1)), ops.constant(columns.reshape(1, width, 1, width))
    )
    made: ov.Node = ops.reshape(wide, ops.constant([len(cells), len(cells)]), False)
    if not np.array_equal(flat[:, kept:], cells):
        matching = [level for level in levels if np.array_equal(flat[:, kept:], cells == np.float32(level))]
        if not matching:
            return None
        made = ops.convert(ops.equal(made, ops.constant(np.float32(matching[0]))), "f32")
    if kept:
        tokens = ops.broadcast(ops.constant(flat[0, 0]), ops.constant([len(cells), kept]))
        made = ops.concat([tokens, made], 1)
    return ops.reshape(made, ops.constant(list(value.shape)), False)


def _band(size: int) -> Floats:
    band = np.eye(size) / 2 + (np.eye(size, k=1) + np.eye(size, k=-1)) / 4
    return band.astype(np.float32)
