"""Random heads: a target [N,C,4,4] or tokens, random operations, a random read-out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from openvino import opset13 as ops

from tests import graphs
from tests.graphs import CLASSES, Weights, dense, integers, mlp, model_of, norm, picture, scalar

WIDTH, HEADS = 8, 2


@dataclass(frozen=True)
class HeadPlan:
    """What a random network consists of; printed by hypothesis when an example fails."""

    seed: int
    batch: int
    kept: int
    fused: bool
    bias: bool
    qk_norm: bool
    scaled_layers: bool
    baked: bool
    spelled_norms: bool
    readout: str
    hidden: int
    mask: str


def plans() -> st.SearchStrategy[HeadPlan]:
    """Plans of class-token networks and of pooled ones."""
    return st.builds(
        HeadPlan,
        seed=st.integers(0, 10_000),
        batch=st.sampled_from([1, 2, -1]),
        kept=st.integers(0, 4),
        fused=st.booleans(),
        bias=st.booleans(),
        qk_norm=st.booleans(),
        scaled_layers=st.booleans(),
        baked=st.booleans(),
        spelled_norms=st.booleans(),
        readout=st.sampled_from(["mean", "sum", "max", "flat", "conv", "avgpool"]),
        hidden=st.integers(0, 2),
        mask=st.sampled_from(["onehot", "gaussian"]),
    )


def build(plan: HeadPlan) -> ov.Model:
    """The network of a plan: tokens with one attention block if it keeps tokens, else a feature map."""
    w, image = Weights(plan.seed), picture(plan.batch)
    return _tokens(plan, w, image) if plan.kept else _pooled(plan, w, image)


def _norm(plan: HeadPlan, x: ov.Node, w: Weights, width: int = WIDTH) -> ov.Node:
    if not plan.spelled_norms:
        return norm(x, w, width)
    centred = ops.subtract(x, ops.reduce_mean(x, integers(-1), True))
    spread = ops.reduce_mean(ops.power(centred, np.float32(2)), integers(-1), True)
    y = ops.divide(centred, ops.sqrt(ops.add(spread, ops.constant(np.float32(1e-5)))))
    return ops.add(ops.multiply(y, w(1, 1, width, shift=1.0)), w(1, 1, width))


def _classifier(plan: HeadPlan, x: ov.Node, w: Weights, width: int) -> ov.Node:
    for _ in range(plan.hidden):
        x, width = ops.swish(dense(x, w, width, 7)), 7
    return dense(x, w, width, CLASSES)


def _attend(plan: HeadPlan, x: ov.Node, w: Weights) -> ov.Node:
    tokens, depth = plan.kept + 16, WIDTH // HEADS
    first = plan.batch if plan.baked and plan.batch > 0 else 0
    qkv = ops.reshape(dense(x, w, WIDTH, 3 * WIDTH), integers(first, tokens, 3, HEADS, depth), True)
    split = ops.split(ops.transpose(qkv, integers(2, 0, 3, 1, 4)), scalar(0), 3)
    q, k, v = (ops.squeeze(split.output(place), integers(0)) for place in range(3))
    if plan.qk_norm:
        q, k = (ops.mvn(part, integers(-1), True, 1e-3, "inside_sqrt") for part in (q, k))
    bias = w(HEADS, tokens, tokens) if plan.bias else None
    if plan.fused:
        y = ops.scaled_dot_product_attention(q, k, v, bias) if bias else ops.scaled_dot_product_attention(q, k, v)
    else:
        logits = ops.multiply(ops.matmul(q, k, False, True), ops.constant(np.float32(depth**-0.5)))
        y = ops.matmul(ops.softmax(ops.add(logits, bias) if bias else logits, 3), v, False, False)
    y = ops.reshape(ops.transpose(y, integers(0, 2, 1, 3)), integers(first, tokens, WIDTH), True)
    return dense(y, w, WIDTH, WIDTH)


def _tokens(plan: HeadPlan, w: Weights, image: ov.Node) -> ov.Model:
    x = graphs.patches(image, w, WIDTH, plan.batch, plan.kept, False)
    y = _attend(plan, _norm(plan, x, w), w)
    x = ops.add(x, ops.multiply(y, w(WIDTH, shift=1.0)) if plan.scaled_layers else y)
    y = mlp(_norm(plan, x, w), w, WIDTH)
    x = _norm(plan, ops.add(x, ops.multiply(y, w(WIDTH, shift=1.0)) if plan.scaled_layers else y), w)
    read = ops.gather(x, scalar(plan.kept - 1), scalar(1))
    if plan.readout in ("mean", "flat") and plan.kept > 1:  # all kept tokens, averaged
        read = ops.reduce_mean(ops.slice(x, integers(0), integers(plan.kept), integers(1), integers(1)), integers(1))
    return model_of(_classifier(plan, read, w, WIDTH), image)


def _pooled(plan: HeadPlan, w: Weights, image: ov.Node) -> ov.Model:
    x = ops.swish(graphs.conv(image, w, 3, WIDTH, 2, stride=2))
    if plan.readout == "flat":
        x, width = ops.reshape(x, integers(0, 16 * WIDTH), True), 16 * WIDTH
    elif plan.readout == "conv":
        x, width = ops.reshape(graphs.conv(x, w, WIDTH, 9, 4, stride=4), integers(0, 9), True), 9
    elif plan.readout == "avgpool":
        pooled = ops.avg_pool(x, [4, 4], [0, 0], [0, 0], [4, 4], True)
        x, width = ops.reshape(pooled, integers(0, WIDTH), True), WIDTH
    else:
        reduce = {"mean": ops.reduce_mean, "sum": ops.reduce_sum, "max": ops.reduce_max}[plan.readout]
        x, width = reduce(x, integers(2, 3), False), WIDTH
    return model_of(_classifier(plan, x, w, width), image)
