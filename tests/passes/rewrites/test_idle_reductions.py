"""IdleReductions: what becomes a Squeeze, equal values, and where it must not fire."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from openvino.passes import Manager

from ovxai_passes.rewrites.idle_reductions import IdleReductions
from tests.support.running import run

KINDS = {
    "mean": ops.reduce_mean,
    "sum": ops.reduce_sum,
    "prod": ops.reduce_prod,
    "min": ops.reduce_min,
    "max": ops.reduce_max,
}


def _types(model: ov.Model) -> list[str]:
    return [node.get_type_name() for node in model.get_ordered_ops() if node.get_type_name() != "Constant"]


def _rewritten(model: ov.Model) -> ov.Model:
    clone, manager, one = model.clone(), Manager(), IdleReductions()
    manager.register_pass(one)
    manager.run_passes(clone)
    return clone


def _reduced(kind: str, shape: list[int], axes: list[int], keep: bool) -> ov.Model:
    x = ops.parameter(shape, np.float32)
    return ov.Model([ops.result(ops.relu(KINDS[kind](x, ops.constant(np.array(axes, np.int64)), keep)))], [x])


@pytest.mark.parametrize("kind", KINDS)
def test_reductions_of_one_number_go(kind: str) -> None:
    image = np.random.default_rng(0).standard_normal((2, 3, 1, 1)).astype(np.float32)
    for keep, between in ((False, ["Squeeze"]), (True, [])):
        model = _reduced(kind, [-1, 3, 1, 1], [2, -1], keep)
        found = _rewritten(model)
        assert _types(found) == ["Parameter", *between, "Relu", "Result"]
        assert _types(_rewritten(found)) == _types(found)
        np.testing.assert_array_equal(run(found, image), run(model, image), strict=True)


@pytest.mark.parametrize(
    ("shape", "axes"), [([1, 3, 2, 1], [2, 3]), ([1, 3, -1, 1], [2, 3]), ([2, 3, 1, 1], [])], ids=str
)
def test_others_stay(shape: list[int], axes: list[int]) -> None:
    model = _reduced("mean", shape, axes, False)
    assert _types(_rewritten(model)) == _types(model)


def test_axes_that_are_computed_stay() -> None:
    x, axes = ops.parameter([1, 3, 1, 1], np.float32), ops.parameter([2], np.int64)
    model = ov.Model([ops.result(ops.reduce_mean(x, axes, True))], [x, axes])
    assert _types(_rewritten(model)) == _types(model)
