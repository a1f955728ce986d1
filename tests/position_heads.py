"""Random heads that pool a random multiset of positions: cropped, dropped, doubled, shuffled, padded, tiled, joined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from openvino import opset13 as ops

from tests.graphs import CLASSES, Weights, conv, dense, integers, model_of, scalar

CHANNELS, HEIGHT, WIDTH = 8, 4, 6
_MOVES = ("crop", "depth to space", "drop", "join", "pad", "repeat", "reverse", "rows", "shuffle", "slice", "tile")


@dataclass(frozen=True)
class PositionPlan:
    """What happens to a map [N,8,4,6] before it is pooled; printed by hypothesis when an example fails.

    `moves`: in order. `bent`: an operation that is not linear between moves. `shifted`: a bias by channel before each,
    so that what is not there is not 0.
    """

    seed: int
    batch: int
    moves: tuple[str, ...]
    bent: bool
    shifted: bool
    pooling: str
    mask: str


def position_plans() -> st.SearchStrategy[PositionPlan]:
    """Plans of one to three moves."""
    return st.builds(
        PositionPlan,
        seed=st.integers(0, 10_000),
        batch=st.sampled_from([1, 2, -1]),
        moves=st.lists(st.sampled_from(_MOVES), min_size=1, max_size=3).map(tuple),
        bent=st.booleans(),
        shifted=st.booleans(),
        pooling=st.sampled_from(["mean", "sum", "max", "flat", "windows"]),
        mask=st.sampled_from(["onehot", "gaussian"]),
    )


def build_positions(plan: PositionPlan) -> ov.Model:
    """The network of a plan."""
    w, image = Weights(plan.seed), ops.parameter([plan.batch, 3, 2 * HEIGHT, 2 * WIDTH], np.float32, name="image")
    rng = np.random.default_rng(plan.seed)
    x = ops.relu(conv(image, w, 3, CHANNELS, 2, stride=2))
    for move in plan.moves:
        if plan.shifted:
            x = ops.add(x, w(1, _sizes(x)[1], 1, 1))
        x = _moved(move, x, rng)
        if plan.bent:
            x = ops.swish(x)
    x, width = _pooled(plan.pooling, x)
    return model_of(dense(ops.relu(dense(x, w, width, 7)), w, 7, CLASSES), image)


def _sizes(x: ov.Node) -> list[int]:
    shape = x.get_output_partial_shape(0)
    return [dim.get_length() if dim.is_static else 0 for dim in shape]


def _moved(move: str, x: ov.Node, rng: np.random.Generator) -> ov.Node:
    _, channels, height, width = _sizes(x)
    axis = int(rng.integers(2, 4))
    size = (height, width)[axis - 2]
    if min(height, width) < 2:
        return x
    if move == "crop":
        return ops.slice(x, integers(1, 1), integers(height, width), integers(1, 1), integers(2, 3))
    if move == "slice":
        ends = integers(0, 0, 0, 1), integers(0, 0, height, width)
        return ops.strided_slice(x, *ends, integers(1, 1, 1, 2), [1, 1], [1, 1])
    if move == "depth to space":
        return ops.depth_to_space(x, "blocks_first", 2) if channels % 4 == 0 else x
    if move == "drop":
        return ops.gather(x, ops.constant(np.sort(rng.choice(size, max(size // 2, 1), False))), scalar(axis))
    if move == "repeat":
        return ops.gather(x, ops.constant(rng.integers(0, size, size + 1)), scalar(axis))
    if move == "shuffle":
        return ops.gather(x, ops.constant(rng.permutation(size)), scalar(axis))
    if move == "rows":  # of all positions in one axis, and apart again
        flat = ops.reshape(x, integers(0, 0, -1), True)
        picked = ops.gather(flat, ops.constant(rng.integers(0, height * width, 2 * height)), scalar(2))
        return ops.reshape(picked, integers(0, 0, height, 2), True)
    if move == "reverse":
        return ops.slice(x, integers(-1), integers(-100), integers(-1), integers(axis))
    if move == "tile":
        return ops.tile(x, integers(1, 1, 1, 2))
    if move == "pad":
        mode = ["constant", "edge"][int(rng.integers(2))]
        return ops.pad(x, integers(0, 0, 1, 0), integers(0, 0, 0, 2), mode, ops.constant(np.float32(0.7)))
    return ops.concat([x, ops.relu(x)], axis)


def _pooled(kind: str, x: ov.Node) -> tuple[ov.Node, int]:
    _, channels, height, width = _sizes(x)
    if kind == "flat":
        return ops.reshape(x, integers(0, channels * height * width), True), channels * height * width
    if kind == "windows" and height % 2 == 0:
        x = ops.avg_pool(x, [2, 1], [0, 0], [0, 0], [2, 1], True)
    reduce = {"sum": ops.reduce_sum, "max": ops.reduce_max}.get(kind, ops.reduce_mean)
    return reduce(x, integers(2, 3), False), channels
