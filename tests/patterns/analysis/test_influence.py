"""Marks spread as far as values do: no further where that is known, never less."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openvino import opset13 as ops
from ovxai_patterns.analysis.folding import Folding
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.influence import Influence

from tests.fixtures.graphs import Weights, attention, dense, integers, mlp, norm, scalar
from tests.support.running import run

STEPS = ("norm", "mlp", "attention", "softmax", "token 0", "tokens 1..", "mean", "transpose", "reduce_max")


def _step(name: str, x: ov.Node, w: Weights) -> ov.Node:
    """What is compared by a softmax is normalised: a weight of 1e-11 hides a change."""
    rows = x.get_output_shape(0)[1]
    builders = {
        "norm": lambda: norm(x, w, 8),
        "mlp": lambda: mlp(x, w, 8),
        "attention": lambda: attention(norm(x, w, 8), w, 8, rows, 1, True),
        "softmax": lambda: ops.softmax(norm(x, w, 8), 1) if rows > 1 else x,
        "token 0": lambda: ops.gather(x, integers(0), scalar(1)),
        "tokens 1..": lambda: ops.slice(x, integers(1), integers(99), integers(1), integers(1)) if rows > 1 else x,
        "mean": lambda: ops.reduce_mean(x, integers(1), True),
        "transpose": lambda: ops.transpose(ops.transpose(x, integers(1, 0, 2)), integers(1, 0, 2)),
        "reduce_max": lambda: ops.multiply(x, ops.reduce_max(x, integers(2), True)),
    }
    return builders[name]()


def _compared(steps: list[str], token: int) -> None:
    w, source = Weights(3), ops.parameter([1, 6, 8], np.float32)
    x: ov.Node = source
    for step in steps:
        x = _step(step, x, w)
    model = ov.Model([x], [source])
    graph = ModelGraph(model)
    marked = np.zeros((1, 6, 1), np.int32)
    marked[0, token] = 1
    end = graph.id_of(model.get_results()[0].input_value(0))
    marks = Influence(graph, Folding(graph)).spread(graph.id_of(source.output(0)), marked, end)
    value = np.random.default_rng(0).standard_normal((1, 6, 8)).astype(np.float32)
    other = value.copy()
    other[0, token] += 1.0 + np.arange(8)
    changed = np.abs(run(model, value) - run(model, other)) > 0
    marks = np.broadcast_to(marks, changed.shape).astype(bool)
    assert not (changed & ~marks).any(), "a value changed that is not marked"
    assert changed.any(-1)[marks.any(-1)].all(), "a row is marked in which no value changed"


SOME_STEPS = st.lists(st.sampled_from(STEPS), min_size=1, max_size=4)


@settings(max_examples=15, deadline=None)
@given(SOME_STEPS, st.integers(0, 5))
def test_marks_are_where_values_change(steps: list[str], token: int) -> None:
    _compared(steps, token)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(SOME_STEPS, st.integers(0, 5))
def test_marks_are_where_values_change_in_more_networks(steps: list[str], token: int) -> None:
    _compared(steps, token)


def test_unknown_operations_spread_marks_everywhere() -> None:
    source = ops.parameter([1, 6, 8], np.float32)
    x = ops.cum_sum(source, scalar(1))
    model = ov.Model([x], [source])
    graph = ModelGraph(model)
    marked = np.zeros((1, 6, 1), np.int32)
    marked[0, 5] = 1
    end = graph.id_of(x.output(0))
    assert Influence(graph, Folding(graph)).spread(graph.id_of(source.output(0)), marked, end).all()


@pytest.mark.parametrize("branch", ["beside", "shape"])
def test_what_does_not_depend_on_the_start_is_unmarked(branch: str) -> None:
    source = ops.parameter([1, 6, 8], np.float32)
    x = ops.relu(source)
    if branch == "beside":
        end = dense(ops.constant(np.ones((1, 6, 8), np.float32)), Weights(), 8, 3)
        model = ov.Model([ops.result(end), ops.result(x)], [source])
    else:
        end = ops.convert(ops.shape_of(x), "f32")
        model = ov.Model([ops.result(end)], [source])
    graph = ModelGraph(model)
    marks = Influence(graph, Folding(graph)).spread(
        graph.id_of(source.output(0)), np.ones((1, 6, 8), np.int32), graph.id_of(end.output(0))
    )
    assert not marks.any()
