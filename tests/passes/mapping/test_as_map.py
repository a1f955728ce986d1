"""Scores of all masks laid out as a map: the same values, by convolutions where that is possible."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.analysis.folding import Folding
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.insert import insert
from ovxai_passes.mapping.as_map import as_map
from ovxai_passes.mapping.context import Context
from ovxai_passes.options import Options
from tests.fixtures import graphs
from tests.fixtures.graphs import CLASSES, Weights, integers
from tests.support.running import run

GRID = (3, 2)
Tail = Callable[[ov.Node, Weights], ov.Node]


def _shared(x: ov.Node, w: Weights) -> ov.Node:
    y = ops.swish(ops.matmul(x, w(8, 8), False, True))
    return ops.matmul(ops.add(y, ops.multiply(y, ops.constant(np.float32(0.5)))), w(5, 8), False, True)


TAILS: dict[str, tuple[Tail, int]] = {
    "matrix": (lambda x, w: ops.matmul(x, w(5, 8), False, True), 1),
    "matrix [C,K]": (lambda x, w: ops.matmul(x, w(8, 5), False, False), 1),
    "bias [K]": (lambda x, w: ops.add(ops.matmul(x, w(5, 8), False, True), w(5)), 1),
    "bias [1,1,K]": (lambda x, w: ops.add(w(1, 1, 5), ops.matmul(x, w(5, 8), False, True)), 1),
    "scale": (lambda x, w: ops.multiply(ops.matmul(x, w(5, 8), False, True), ops.constant(np.float32(3))), 1),
    "two classifiers": (
        lambda x, w: ops.add(ops.matmul(x, w(5, 8), False, True), ops.matmul(x, w(8, 5), False, False)),
        2,
    ),
    "hidden layer": (
        lambda x, w: ops.matmul(ops.relu(ops.add(ops.matmul(x, w(7, 8), False, True), w(7))), w(5, 7), False, True),
        2,
    ),
    "axes of size 1": (
        lambda x, w: ops.squeeze(
            ops.swish(ops.unsqueeze(ops.matmul(x, w(5, 8), False, True), integers(3))), integers(3)
        ),
        1,
    ),
    "read twice": (_shared, 2),
    "norm in between": (
        lambda x, w: ops.matmul(ops.mvn(x, integers(2), True, 1e-3, "inside_sqrt"), w(5, 8), False, True),
        1,
    ),
    "no product": (lambda x, w: ops.softmax(x, 2), 0),
    "bias by position": (lambda x, w: ops.add(ops.matmul(x, w(5, 8), False, True), w(6, 1, 5)), 0),
    "weights that vary": (lambda x, w: ops.matmul(x, ops.matmul(x, x, True, False), False, False), 0),
}


@pytest.mark.parametrize("name", TAILS)
def test_values(name: str) -> None:
    build, convolutions = TAILS[name]
    source = ops.parameter([6, 1, 8])
    scores = build(source, Weights(3))
    plain = ops.reshape(ops.transpose(scores, integers(1, 2, 0)), integers(0, 0, *GRID), True)
    model = ov.Model([ops.result(scores)], [source])
    graph = ModelGraph(model)
    context = Context(np.eye(6, dtype=np.float32), GRID, graph, Folding(graph), graph, Folding(graph))
    laid = as_map(context, scores.output(0))
    value = np.random.default_rng(0).standard_normal((6, 1, 8)).astype(np.float32)
    found, wanted = (run(ov.Model([ops.result(end)], [source]), value) for end in (laid, plain.output(0)))
    assert found.shape[2:] == GRID
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
    kinds = [op.get_type_name() for op in ov.Model([ops.result(laid)], [source]).get_ops()]
    assert kinds.count("Convolution") == convolutions


@pytest.mark.parametrize("batch", [1, 3, -1])
def test_a_pooled_network_needs_no_transpose(batch: int) -> None:
    branch = insert(graphs.cnn(batch=batch), Options(embed_scaling=False)).branch.model
    moved = [
        op
        for op in branch.get_ops()
        if op.input_values() and op.input_value(0).get_node().get_type_name() != "Constant"
    ]
    kinds = {op.get_type_name() for op in moved}
    assert "Convolution" in kinds
    assert not kinds & {"Transpose", "MatMul"}


def test_a_chain_of_any_length_behind_the_pooling() -> None:
    model = graphs.cnn()
    [result] = model.get_results()
    scores = result.input_value(0)
    for _ in range(300):
        scores = ops.relu(ops.add(scores, ops.constant(np.float32(1e-3)))).output(0)
    deep = ov.Model([ops.result(scores)], model.get_parameters())
    made = insert(deep, Options(embed_scaling=False))  # not run: a plugin fuses no more than some tens of them
    assert not made.branch.multiplied_out
    assert made.branch.model.output(0).get_partial_shape()[1] == CLASSES
