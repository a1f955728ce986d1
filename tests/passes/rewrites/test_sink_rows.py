"""SinkRows alone in a Manager: what is there before and after, and on what it does not fire."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Sequence

import numpy as np
import openvino as ov
import pytest
from openvino import opset8
from openvino import opset13 as ops
from openvino.passes import Manager, Matcher, MatcherPass
from ovxai_patterns.matchers.pen import Pen

from ovxai_passes.rewrites.sink_rows import SinkRows, draw_rows
from tests.fixtures.graphs import Weights, integers, norm
from tests.support.running import Array, run

ROWS, CHANNELS = 6, 8
Body = Callable[[ov.Node, Weights], ov.Node]


def block(x: ov.Node, w: Weights) -> ov.Node:
    """x + MLP(norm(x)): every operation keeps rows apart."""
    inner = ops.matmul(norm(x, w, CHANNELS), w(CHANNELS, 12), False, False)
    return ops.add(x, ops.matmul(ops.gelu(inner, "erf"), w(12, CHANNELS), False, False))


def taken(x: ov.Node, start: int = 0, stop: int = 1, step: int = 1, axis: int = 1) -> ov.Node:
    return ops.slice(x, integers(start), integers(stop), integers(step), integers(axis))


def model_of(body: Body, *bounds: int, rows: int = ROWS) -> ov.Model:
    w, x = Weights(3), ops.parameter([1, rows, CHANNELS], np.float32, name="x")
    end = taken(body(x, w), *bounds)
    end.output(0).set_names({"rows"})
    return ov.Model([ops.result(end)], [x], "sliced")


def sunk(model: ov.Model) -> SinkRows:
    """The pass, after one run in a Manager."""
    rewrite, manager = SinkRows(), Manager()
    manager.register_pass(rewrite)
    manager.run_passes(model)
    return rewrite


def kinds(model: ov.Model) -> list[str]:
    return [node.get_type_name() for node in model.get_ordered_ops() if node.get_type_name() != "Constant"]


def value_of(model: ov.Model, rows: int = ROWS) -> Array:
    return run(model, np.random.default_rng(5).standard_normal((1, rows, CHANNELS)).astype(np.float32))


@pytest.mark.parametrize("bounds", [(0, 1), (2, 5), (-2, -1), (4, 2**31 - 1), (1, 3, 1, -2)])
def test_one_run_takes_a_slice_up_to_the_input(bounds: tuple[int, ...]) -> None:
    model, plain = model_of(block, *bounds), model_of(block, *bounds)
    rewrite = sunk(model)
    assert rewrite.sunk >= kinds(plain).index("Slice") - 1
    assert kinds(model)[:2] == ["Parameter", "Slice"]
    assert kinds(model).count("Slice") == 1, "the skip path and the norm read the same rows"
    assert sorted(kinds(model)) == sorted(kinds(plain)), "nothing is computed twice"
    assert model.output("rows").get_partial_shape() == plain.output("rows").get_partial_shape()
    np.testing.assert_allclose(value_of(model), value_of(plain), rtol=1e-5, atol=1e-5)


def test_a_second_run_changes_nothing() -> None:
    model = model_of(block, 0, 1)
    sunk(model)
    before = kinds(model)
    assert sunk(model).sunk == 0
    assert kinds(model) == before


def test_the_pass_goes_when_nobody_holds_it() -> None:
    held = weakref.ref(sunk(model_of(block, 0, 1)))
    gc.collect()
    assert held() is None


def test_it_says_why_a_slice_stays() -> None:
    model = model_of(lambda x, _: ops.softmax(ops.relu(x), 1), 0, 1)
    rewrite = sunk(model)
    assert (rewrite.sunk, dict(rewrite.declined)) == (0, {"Softmax runs along the sliced axis": 1})


def strided(x: ov.Node, start: ov.Node) -> ov.Node:
    return taken(x, 0, 4, 2)


def reversed_rows(x: ov.Node, start: ov.Node) -> ov.Node:
    return taken(x, 4, 0, -1)


def by_input(x: ov.Node, start: ov.Node) -> ov.Node:
    return ops.slice(x, start, integers(5), integers(1), integers(1))


def two_axes(x: ov.Node, start: ov.Node) -> ov.Node:
    return ops.slice(x, integers(0, 1), integers(2, 3), integers(1, 1), integers(1, 2))


def no_axes(x: ov.Node, start: ov.Node) -> ov.Node:
    return opset8.slice(x, integers(0, 1), integers(1, 3), integers(1, 1))


def nothing(x: ov.Node, start: ov.Node) -> ov.Node:
    return taken(x, 3, 3)


@pytest.mark.parametrize("cut", [strided, reversed_rows, by_input, two_axes, no_axes, nothing])
def test_other_slices_stay(cut: Callable[[ov.Node, ov.Node], ov.Node]) -> None:
    x = ops.parameter([1, ROWS, CHANNELS], np.float32, name="x")
    start = ops.parameter([1], np.int64, name="start")
    model = ov.Model([ops.result(cut(ops.relu(x), start))], [x, start], "other")
    before = kinds(model)
    rewrite = sunk(model)
    assert (rewrite.sunk, sum(rewrite.declined.values())) == (0, 0)
    assert kinds(model) == before
    ends = [node.get_type_name() for node in model.get_ordered_ops()[-2:]]
    assert ends == ["Slice", "Result"]


def test_rows_of_an_axis_of_dynamic_size_stay() -> None:
    model = model_of(lambda x, _: ops.relu(x), 0, 1, rows=-1)
    rewrite = sunk(model)
    assert (rewrite.sunk, list(rewrite.declined)) == (0, ["rows of an axis of dynamic size"])


def test_what_is_read_whole_is_not_computed_again() -> None:
    w, x = Weights(3), ops.parameter([1, ROWS, CHANNELS], np.float32, name="x")
    whole = ops.relu(x)
    model = ov.Model([ops.result(taken(ops.matmul(whole, w(8, 8), False, False))), ops.result(whole)], [x], "two")
    assert sunk(model).sunk == 1
    above = next(node for node in model.get_ops() if node.get_type_name() == "Slice").input_value(0).get_node()
    assert above.get_type_name() == "Relu"


def test_names_restrict_it() -> None:
    w, x = Weights(3), ops.parameter([1, ROWS, CHANNELS], np.float32, name="x")
    one, other = (taken(ops.relu(ops.add(x, w(1, 1, CHANNELS))), *rows) for rows in ((0, 1), (1, 2)))
    model = ov.Model([ops.result(one), ops.result(other)], [x], "two")
    rewrite, manager = SinkRows({one.get_name()}), Manager()
    manager.register_pass(rewrite)
    manager.run_passes(model)
    assert rewrite.sunk == 1
    manager.run_passes(model)
    assert rewrite.sunk == 2
    assert other.input_value(0).get_node().get_type_name() == "Relu"


def test_the_pattern_binds_what_it_reads() -> None:
    """The pattern by itself, in a pass of a test's own."""
    found: list[Sequence[int]] = []
    pen = Pen()
    root = draw_rows(pen)

    class Look(MatcherPass):
        def __init__(self) -> None:
            super().__init__()

            def collect(matcher: Matcher) -> bool:
                values = matcher.get_pattern_value_map()
                names = ("start", "stop", "step", "axis")
                found.append([int(values[pen.names[name][0]].get_node().get_data()[0]) for name in names])
                return False

            self.register_matcher(Matcher(root, "look"), collect)

    manager = Manager()
    manager.register_pass(Look())
    manager.run_passes(model_of(block, 2, 5))
    assert found == [[2, 5, 1, 1]]
