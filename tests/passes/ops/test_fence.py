"""A fence returns every value as it is, and stores no large matrix for it."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovxai_passes.ops.fence import fence_sizes, fenced, unfenced

SHAPES = {
    "a map": [2, 6, 5, 7],
    "tokens": [2, 5, 96],
    "scores": [3, 1000],
    "scores of a prime number of classes": [3, 17],
    "scores of many classes that no width divides": [3, 21841],
    "tokens of many channels that no width divides": [2, 3, 257],
    "one row": [293],
    "a number": [],
}


def _fence(shape: ov.PartialShape, kind: type[np.floating]) -> ov.Model:
    source = ops.parameter(shape, kind)
    return ov.Model([ops.result(fenced(source.output(0)))], [source])


@pytest.mark.parametrize("kind", [np.float32, np.float16])
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic batch"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_values_stay(shape: list[int], dynamic: bool, kind: type[np.floating]) -> None:
    given = ov.PartialShape([-1 if dynamic and not axis else size for axis, size in enumerate(shape)])
    model = _fence(given, kind)
    assert not unfenced(model)
    value = np.random.default_rng(0).standard_normal(shape).astype(kind)
    found = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([value])[0]
    np.testing.assert_array_equal(found, value)
    assert found.shape == tuple(shape)


def test_no_matrix_of_all_classes_is_stored() -> None:
    model = _fence(ov.PartialShape([1, 21841]), np.float32)
    stored = [node.get_data().nbytes for node in model.get_ops() if node.get_type_name() == "Constant"]
    assert sum(stored) < 1 << 10


@pytest.mark.parametrize("shape", [[-1, 6, -1, -1], [-1, 5, 96], [-1, -1, -1, 6], [-1, 3, -1], [-1, -1]], ids=str)
def test_sizes_are_read_behind_a_product(shape: list[int]) -> None:
    source = ops.parameter(ov.PartialShape(shape), np.float32)
    model = ov.Model([ops.result(ops.convert(ops.shape_of(ops.relu(source), "i32"), "f32"))], [source])
    fence_sizes(model)
    count = len(model.get_ops())
    fence_sizes(model)
    assert len(model.get_ops()) == count, "what is read is behind a product now"
    sizes = [size if size > 0 else 4 for size in shape]
    found = ov.Core().compile_model(model, "CPU")([np.zeros(sizes, np.float32)])[0]
    np.testing.assert_array_equal(found, sizes)
