"""Random heads of two pooled branches that an element-wise operation joins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from openvino import opset13 as ops

from tests import graphs
from tests.graphs import CLASSES, Weights, dense, integers

WIDTH = 12


def _number(value: float) -> ov.Node:
    return ops.constant(np.float32(value))


def _above_zero(x: ov.Node) -> ov.Node:
    return ops.add(ops.abs(x), _number(0.5))


def _mix(a: ov.Node, b: ov.Node) -> ov.Node:
    return ops.add(ops.multiply(a, _number(0.7)), ops.multiply(b, _number(0.3)))


JOINS: dict[str, Callable[[ov.Node, ov.Node], ov.Node]] = {
    "Add": ops.add,
    "Subtract": ops.subtract,
    "reversed": lambda a, b: ops.subtract(b, a),
    "Multiply": ops.multiply,
    "Divide": lambda a, b: ops.divide(a, _above_zero(b)),
    "Maximum": ops.maximum,
    "Minimum": ops.minimum,
    "SquaredDifference": ops.squared_difference,
    "absolute difference": lambda a, b: ops.abs(ops.subtract(a, b)),
    "square of difference": lambda a, b: ops.power(ops.subtract(a, b), _number(2)),
    "Power": lambda a, b: ops.power(_above_zero(a), b),
    "Mod": lambda a, b: ops.mod(a, _above_zero(b)),
    "FloorMod": lambda a, b: ops.floor_mod(a, _above_zero(b)),
    "PRelu": lambda a, b: ops.prelu(ops.add(a, b), _number(0.3)),
    "Select": lambda a, b: ops.select(ops.greater(a, b), a, b),
    "gate": lambda a, b: ops.multiply(a, ops.sigmoid(b)),
    "weighted": _mix,
    "weighted difference": lambda a, b: ops.subtract(ops.multiply(a, _number(1.7)), ops.multiply(b, _number(0.3))),
}

ACTIVATIONS: dict[str, Callable[[ov.Node], ov.Node]] = {
    "none": lambda x: x,
    "sigmoid": ops.sigmoid,
    "softmax": lambda x: ops.softmax(x, 1),
    "swish": ops.swish,
    "tanh": ops.tanh,
    "scaled": lambda x: ops.multiply(x, _number(1.3)),
}


@dataclass(frozen=True)
class TwoBranches:
    """What a random network consists of; printed by hypothesis when an example fails."""

    seed: int
    batch: int
    join: str
    activation: str
    pooling: str
    joins_scores: bool
    shares_weights: bool
    has_two_pictures: bool
    is_deep: bool


def plans() -> st.SearchStrategy[TwoBranches]:
    """Plans of such networks."""
    return st.builds(
        TwoBranches,
        seed=st.integers(0, 10_000),
        batch=st.sampled_from([1, 2, -1]),
        join=st.sampled_from(sorted(JOINS)),
        activation=st.sampled_from(sorted(ACTIVATIONS)),
        pooling=st.sampled_from(["mean", "kept", "max", "avgpool"]),
        joins_scores=st.booleans(),
        shares_weights=st.booleans(),
        has_two_pictures=st.booleans(),
        is_deep=st.booleans(),
    )


def build(plan: TwoBranches) -> ov.Model:
    """The network of a plan."""
    first = graphs.picture(plan.batch, side=16)
    second = ops.parameter([plan.batch, 3, 16, 16], np.float32, name="other") if plan.has_two_pictures else first
    seeds = (plan.seed, plan.seed if plan.shares_weights and plan.has_two_pictures else plan.seed + 1)
    branches = [_branch(plan, Weights(seed), image) for seed, image in zip(seeds, (first, second), strict=True)]
    joined = JOINS[plan.join](*branches)
    if not plan.joins_scores:
        joined = dense(joined, Weights(plan.seed + 2), WIDTH, CLASSES)
    joined.output(0).set_names({"scores"})
    inputs = [first, second] if plan.has_two_pictures else [first]
    return ov.Model([ops.result(joined)], inputs, "two branches")


def _branch(plan: TwoBranches, w: Weights, image: ov.Node) -> ov.Node:
    x = ops.relu(graphs.conv(image, w, 3, 8, 2, stride=2))
    if plan.is_deep:
        x = ops.add(x, graphs.conv(x, w, 8, 8, 3))
    x = ops.relu(graphs.conv(x, w, 8, WIDTH, 2, stride=2))
    x = _pooled(plan, x)
    if plan.joins_scores:
        x = dense(x, w, WIDTH, CLASSES)
    return ACTIVATIONS[plan.activation](x)


def _pooled(plan: TwoBranches, x: ov.Node) -> ov.Node:
    if plan.pooling == "avgpool":
        x = ops.avg_pool(x, [1, 1], [0, 0], [0, 0], [4, 4], True)
    elif plan.pooling == "kept":
        x = ops.reduce_mean(x, integers(2, 3), True)
    else:
        return (ops.reduce_max if plan.pooling == "max" else ops.reduce_mean)(x, integers(2, 3), False)
    return ops.reshape(x, integers(0, WIDTH), True)
