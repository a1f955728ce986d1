"""Patterns of several operations: what they match and bind, and where they say that they failed."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from openvino.passes import Manager
from ovxai_patterns.matchers.conditions import WEIGHT, Condition, axes_of, has_rank
from ovxai_patterns.matchers.pattern import GraphPattern, Match
from ovxai_patterns.matchers.pen import Pen, Step

from tests.fixtures.graphs import Weights, cnn, dense, integers, vit

POSITIONS = Condition("does not pool positions", lambda output: axes_of(output.get_node()) == {2, 3})


class Pooled(GraphPattern):
    """map ─▶ mean ─▶ MatMul"""

    name = "pooled"
    ranks: tuple[int, ...] = (4,)
    kind = "ReduceMean"

    def draw(self, pen: Pen) -> ov.Node:
        source = pen.any(has_rank(*self.ranks), name="map")
        pooled = pen.op(self.kind, source, pen.any(), where=[POSITIONS], name="pooled")
        return pen.op("MatMul", pooled, pen.any(WEIGHT, name="matrix"), name="scores")


def nearest(pattern: type[GraphPattern], model: ov.Model) -> str:
    watched = pattern(watched=True)
    assert watched.find_in(model) == []
    assert watched.near_miss is not None
    return str(watched.near_miss)


def kinds_of(match: Match) -> dict[str, str]:
    return {name: tensor.get_node().get_type_name() for name, tensor in match.tensors.items()}


@pytest.mark.parametrize("watched", [False, True])
def test_a_match_binds_what_is_named(watched: bool) -> None:
    (match,) = Pooled(watched).find_in(cnn())
    assert kinds_of(match) == {"map": "Relu", "pooled": "ReduceMean", "matrix": "Constant", "scores": "MatMul"}
    assert match.root.get_type_name() == "MatMul"
    assert match["map"].get_shape() == [1, 6, 4, 4]
    assert match.pattern == "pooled"
    assert Pooled().names == {"map", "pooled", "matrix", "scores"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ranks": (3,)}, ("Relu", "has not 3 axes (2 operations above MatMul")),
        ({"kind": "ReduceMax"}, ("ReduceMean", "is not ReduceMax (1 operation above MatMul")),
    ],
)
def test_a_misdrawn_pattern_says_which_node_failed_which_condition(
    changed: dict[str, object], said: tuple[str, str]
) -> None:
    text = nearest(type("Misdrawn", (Pooled,), changed), cnn())
    assert text.startswith(said[0])
    assert said[1] in text


def test_a_condition_of_an_operation_that_fails_is_said() -> None:
    w, x = Weights(), ops.parameter([1, 6, 4, 4], np.float32)
    rows = ops.reduce_mean(x, integers(1, 2), False)
    model = ov.Model([ops.result(ops.matmul(rows, w(4, 5), False, False))], [x])
    assert "does not pool positions (1 operation above MatMul" in nearest(Pooled, model)


def test_the_attempt_that_got_furthest_is_told() -> None:
    """The last MatMul fails at once, the first one two operations up."""
    text = nearest(type("Misdrawn", (Pooled,), {"ranks": (5,)}), cnn())
    assert "[1,6,4,4]) has not 5 axes (2 operations above MatMul" in text


@pytest.mark.parametrize("root", ["either", "path"])
def test_alternatives_may_be_the_root(root: str) -> None:
    class Alternatives(Pooled):
        kind = "ReduceMax"

        def draw(self, pen: Pen) -> ov.Node:
            scores = super().draw(pen)
            if root == "path":
                return pen.path(scores, [Step(("Softmax",))], 1)
            return pen.either(scores, pen.op("Softmax", scores))

    assert "[1,6]) is not ReduceMax (" in nearest(Alternatives, cnn())
    mean = type("Mean", (Alternatives,), {"kind": "ReduceMean"})
    assert [match["map"].get_shape() for match in mean().find_in(cnn())] == [[1, 6, 4, 4]]


def test_nothing_is_told_where_no_operation_is_like_the_root() -> None:
    x = ops.parameter([1, 6, 4, 4], np.float32)
    watched = Pooled(watched=True)
    assert watched.find_in(ov.Model([ops.result(ops.relu(x))], [x])) == []
    assert watched.near_miss is None


def test_a_check_that_fails_is_nearer_than_anything() -> None:
    class Checked(Pooled):
        @staticmethod
        def check(match: Match) -> str:
            return "is too narrow" if match["scores"].get_shape()[1] < 9 else ""

    assert nearest(Checked, cnn()).endswith("(MatMul [1,7]) is too narrow")


def test_a_check_sees_all_names_and_drops_single_matches() -> None:
    class Wide(GraphPattern):
        name = "wide"

        def draw(self, pen: Pen) -> ov.Node:
            return pen.op("MatMul", pen.any(name="rows"), pen.any(WEIGHT, name="matrix"))

        @staticmethod
        def check(match: Match) -> str:
            return "" if match["matrix"].get_shape() == [6, 7] else "has another matrix"

    assert [match["matrix"].get_shape() for match in Wide().find_in(cnn())] == [[6, 7]]


@pytest.mark.parametrize("watched", [False, True])
def test_several_matches_in_topological_order(watched: bool) -> None:
    class Products(GraphPattern):
        name = "products"

        def draw(self, pen: Pen) -> ov.Node:
            return pen.op("MatMul", pen.any(), pen.any(WEIGHT))

    model = vit()
    found = [match.root.get_name() for match in Products(watched).find_in(model)]
    ordered = [node.get_name() for node in model.get_ordered_ops() if node.get_type_name() == "MatMul"]
    assert len(found) > 3
    assert found == [name for name in ordered if name in found]
    assert len(found) == len(set(found))


def test_a_second_run_forgets_the_first() -> None:
    pattern = Pooled()
    assert len(pattern.find_in(cnn())) == len(pattern.find_in(cnn())) == 1


@pytest.mark.parametrize("watched", [False, True])
def test_patterns_run_in_a_manager(watched: bool) -> None:
    model, manager = cnn(), Manager()
    first, second = Pooled(watched), type("Misdrawn", (Pooled,), {"kind": "ReduceMax"})(watched)
    manager.register_pass(first)
    manager.register_pass(second)
    before = [node.get_name() for node in model.get_ordered_ops()]
    manager.run_passes(model)
    assert (len(first.matches), len(second.matches)) == (1, 0)
    assert [node.get_name() for node in model.get_ordered_ops()] == before, "it changes nothing"
    assert (second.near_miss is None) == (not watched)


@pytest.mark.parametrize("watched", [False, True])
def test_alternatives_and_what_may_be_crossed(watched: bool) -> None:
    class Layouts(GraphPattern):
        name = "layouts"

        def draw(self, pen: Pen) -> ov.Node:
            source = pen.op(("Relu", "Sigmoid"), name="source")
            moved = pen.path(source, [Step(("Reshape", "Transpose"), inputs=2, others=(WEIGHT,))], 2)
            scaled = pen.maybe(Step(("Multiply",), inputs=2, data=1), moved)
            pooled = pen.either(
                pen.op("ReduceMean", scaled, pen.any(), name="mean"), pen.op("ReduceMax", scaled, pen.any(), name="max")
            )
            return pen.op("Negative", pooled)

    def model(moves: int, scaled: bool, largest: bool, sigmoid: bool) -> ov.Model:
        x = ops.parameter([2, 3, 4], np.float32)
        y = ops.sigmoid(x) if sigmoid else ops.relu(x)
        for _ in range(moves):
            y = ops.transpose(y, integers(0, 2, 1))
        y = ops.multiply(ops.constant(np.float32(2)), y) if scaled else y
        y = (ops.reduce_max if largest else ops.reduce_mean)(y, integers(1), False)
        return ov.Model([ops.result(ops.negative(y))], [x])

    for moves in range(4):
        for scaled, largest, sigmoid in np.ndindex(2, 2, 2):
            found = Layouts(watched).find_in(model(moves, bool(scaled), bool(largest), bool(sigmoid)))
            assert len(found) == (moves < 3)
            for match in found:
                kinds = {"source": "Sigmoid" if sigmoid else "Relu"}
                kinds |= {"max": "ReduceMax"} if largest else {"mean": "ReduceMean"}
                assert kinds_of(match) == kinds


@pytest.mark.parametrize("watched", [False, True])
def test_a_tensor_that_is_drawn_twice_is_one(watched: bool) -> None:
    class Residual(GraphPattern):
        name = "residual"

        def draw(self, pen: Pen) -> ov.Node:
            start = pen.any(name="start")
            return pen.op("Add", start, pen.op("MatMul", start, pen.any(WEIGHT)))

    def model(same: bool) -> ov.Model:
        x, w = ops.parameter([2, 6], np.float32), Weights()
        start = ops.relu(x)
        other = start if same else ops.sigmoid(x)
        return ov.Model([ops.result(ops.add(ops.matmul(start, w(6, 6), False, False), other))], [x])

    pattern = Residual(watched)
    assert [match["start"].get_node().get_type_name() for match in pattern.find_in(model(True))] == ["Relu"]
    assert pattern.find_in(model(False)) == []


def test_inputs_of_a_commutative_operation_in_any_order() -> None:
    class Biased(GraphPattern):
        name = "biased"

        def draw(self, pen: Pen) -> ov.Node:
            return pen.op("Add", pen.op("MatMul", name="product"), pen.any(WEIGHT))

    x, w = ops.parameter([2, 6], np.float32), Weights()
    product = ops.matmul(x, w(6, 5), False, False)
    for inputs in ((product, w(1, 5)), (w(1, 5), product)):
        assert len(Biased().find_in(ov.Model([ops.result(ops.add(*inputs))], [x]))) == 1
    assert len(Biased().find_in(ov.Model([ops.result(dense(x, w, 6, 5))], [x]))) == 1


def test_unknown_types_are_named() -> None:
    class Unknown(Pooled):
        kind = "ReduceMeen"

    with pytest.raises(ValueError, match="there is no operation type 'ReduceMeen' in the opsets 1 to"):
        Unknown()


@pytest.mark.parametrize("drawn", [None, "root"])
def test_a_pattern_that_draws_nothing(drawn: object) -> None:
    class Nothing(GraphPattern):
        name = "nothing"

        def draw(self, pen: Pen) -> ov.Node:
            return drawn

    with pytest.raises(TypeError, match=r"draw\(\) returns what was drawn last, not"):
        Nothing()


@pytest.mark.parametrize("where", ["condition", "check"])
def test_what_user_code_raises_is_raised_as_it_is(where: str) -> None:
    def fail(_: object) -> bool:
        raise KeyError("mine")

    class Raising(GraphPattern):
        name = "raising"

        def draw(self, pen: Pen) -> ov.Node:
            return pen.op("MatMul", pen.any(), pen.any(*([Condition("fails", fail)] if where == "condition" else [])))

        @staticmethod
        def check(match: Match) -> str:
            return str(fail(match))

    pattern = Raising()
    for _ in range(2):
        with pytest.raises(KeyError, match="mine"):
            pattern.find_in(cnn())


def test_a_pass_goes_when_nobody_holds_it() -> None:
    pattern = Pooled(watched=True)
    pattern.find_in(cnn())
    held = weakref.ref(pattern)
    del pattern
    gc.collect()
    assert held() is None
