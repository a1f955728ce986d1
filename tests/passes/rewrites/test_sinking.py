"""Slices that pass through joins and padding, and products that are split where rows are mixed in part."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovxai_passes.insert import insert
from ovxai_passes.mapping.narrow import mixed_elements, narrowed
from ovxai_passes.ops.precision import F32
from ovxai_passes.options import Options
from ovxai_passes.rewrites.sink_rows import sink_rows
from ovxai_passes.rewrites.sinking import RowRange
from ovxai_passes.rewrites.split_products import split_products
from tests.fixtures.attention_graphs import class_attention
from tests.fixtures.graphs import Weights, integers
from tests.support.running import run

ZERO = np.float32(0)


def _joined(x: ov.Node, axis: int) -> ov.Node:
    return ops.concat([ops.relu(x), ops.negative(x)], axis)


def _padded(x: ov.Node, rows: int, columns: int = 0, mode: str = "constant") -> ov.Node:
    widths = [integers(0, *sizes) for sizes in ((rows, columns), (1, columns))]
    return ops.pad(ops.relu(x), *widths, mode, ops.constant(ZERO) if mode == "constant" else None)


CASES: dict[str, tuple[Callable[[ov.Node], ov.Node], RowRange, list[str]]] = {
    "one piece of a join": (lambda x: _joined(x, 1), RowRange(1, 4, 8), ["Negative"]),
    "rows of a piece": (lambda x: _joined(x, 1), RowRange(1, 1, 3), ["Relu", "Slice"]),
    "rows of all pieces": (lambda x: _joined(x, 2), RowRange(1, 1, 2), ["Concat", "Negative", "Relu", "Slice"]),
    "rows of two pieces": (lambda x: _joined(x, 1), RowRange(1, 3, 5), ["Concat", "Negative", "Relu", "Slice"]),
    "padding alone": (lambda x: _padded(x, 2), RowRange(1, 0, 2), ["Broadcast"]),
    "padded rows": (lambda x: _padded(x, 2), RowRange(1, 3, 5), ["Pad", "Relu", "Slice"]),
    "rows and padding": (lambda x: _padded(x, 2), RowRange(1, 1, 4), ["Pad", "Relu", "Slice"]),
    "padding along two axes": (lambda x: _padded(x, 2, 1), RowRange(1, 0, 1), ["Pad", "Relu", "Slice"]),
    "repeated border": (lambda x: _padded(x, 2, 0, "edge"), RowRange(1, 0, 1), ["Pad", "Relu", "Slice"]),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("batch", [2, -1])
def test_values_and_graph_after(name: str, batch: int) -> None:
    build, rows, kinds = CASES[name]
    x = ops.parameter([batch, 4, 3], np.float32, name="x")
    made = build(x).output(0)
    sliced = rows.anew(made, rows.axis)
    model = ov.Model([ops.result(sliced)], [x])
    value = np.random.default_rng(0).standard_normal((2, 4, 3)).astype(np.float32)
    before = run(model, value)
    done = sink_rows(model, {sliced.get_name()}, lambda output: output.get_node().get_type_name() == "Parameter")
    model.validate_nodes_and_infer_types()
    np.testing.assert_array_equal(run(model, value), before)
    left_out = {"Constant", "Parameter", "Result", "ShapeOf", "ScatterUpdate"}
    if name == "padding alone" and batch < 0:
        kinds = [*kinds, "Relu"]  # for its shape
    assert sorted({node.get_type_name() for node in model.get_ops()} - left_out) == kinds
    assert done.sunk > 0 or done.declined


@pytest.mark.parametrize("style", ["cait", "xcit", "volo"])
def test_class_attention_is_split_where_its_rows_are_mixed(style: str) -> None:
    found = insert(class_attention(style=style), Options(reference=True))
    site, head = found.site, found.head
    narrow = narrowed(site, head)
    whole = [node for node in narrow.model.get_ops() if node.get_type_name() == "ScaledDotProductAttention"]
    assert len(whole) == 1, "the first class attention reads rows that are mixed nowhere"
    kinds = [node.get_type_name() for node in narrow.model.get_ops()]
    assert kinds.count("Softmax") == 1
    values = [
        np.random.default_rng(place).standard_normal(port.get_shape()).astype(np.float32)
        for place, port in enumerate(head.model.inputs)
    ]
    before, after = (ov.compile_model(one.model, "CPU", F32)(values)[0] for one in (head, narrow))
    np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-4)


def test_products_of_rows_that_are_alike_are_left_alone() -> None:
    found = insert(class_attention(), Options(reference=True))
    head = found.head.clone()
    count = len(head.model.get_ops())
    assert split_products(head.model, {}) == set()
    names = {node.get_name() for node in head.model.get_ops()}
    everything = {
        (node.get_name(), 0): np.ones((1,) * len(node.get_output_partial_shape(0)), np.int32)
        for node in head.model.get_ops()
        if node.get_output_size()
    }
    assert split_products(head.model, everything) == set()
    assert {node.get_name() for node in head.model.get_ops()} == names
    assert len(head.model.get_ops()) == count
    assert mixed_elements(found.site, head)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("along", ["contracted", "joined"])
def test_a_product_is_split_by_rows(flip: bool, along: str) -> None:
    w = Weights(3)
    left, right = ops.parameter([2, 3, 5], np.float32), ops.parameter([2, 5, 4], np.float32)
    columns = ops.transpose(right, integers(0, 2, 1)) if flip else ops.multiply(right, w(1))
    model = ov.Model([ops.matmul(left, columns, False, flip)], [left, right])
    values = [
        np.random.default_rng(place).standard_normal(shape).astype(np.float32)
        for place, shape in enumerate([(2, 3, 5), (2, 5, 4)])
    ]
    before = ov.compile_model(model, "CPU", F32)(values)[0]
    axis = {("contracted", False): 1, ("joined", False): 2, ("contracted", True): 2, ("joined", True): 1}[along, flip]
    marks = np.zeros([1 if other != axis else columns.get_output_shape(0)[axis] for other in range(3)], np.int32)
    np.moveaxis(marks, axis, 0)[0] = 1
    assert len(split_products(model, {(columns.get_name(), 0): marks})) == 2
    model.validate_nodes_and_infer_types()
    after = ov.compile_model(model, "CPU", F32)(values)[0]
    np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-5)
    kinds = [node.get_type_name() for node in model.get_ops()]
    assert kinds.count("MatMul") == 2
    assert ("Concat" in kinds) is (along == "joined")
