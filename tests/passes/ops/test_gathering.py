"""Entries that each image chooses are the right ones, whatever lies behind them."""

from __future__ import annotations

import numpy as np
import openvino as ov
from hypothesis import given, settings
from hypothesis import strategies as st
from openvino import opset13 as ops

from ovxai_passes.ops.gathering import chosen_by_image
from tests.support.running import run


@given(st.integers(1, 3), st.integers(1, 90), st.integers(1, 20), st.booleans())
@settings(max_examples=25, deadline=None)
def test_against_numpy(batch: int, entries: int, behind: int, dynamic: bool) -> None:
    rng = np.random.default_rng(entries)
    values = rng.normal(size=(batch, entries, behind)).astype(np.float32)
    chosen = rng.integers(0, entries, (batch, min(entries, 16)))
    data = ops.parameter([-1, -1, -1] if dynamic else list(values.shape), np.float32)
    indices = ops.parameter([-1, chosen.shape[1]], np.int64)
    model = ov.Model([ops.result(chosen_by_image(data, indices, 1))], [data, indices], "chosen")
    wanted = np.take_along_axis(values, chosen[:, :, None], 1)
    np.testing.assert_array_equal(run(model, values, chosen), wanted)


def test_along_another_axis() -> None:
    values = np.arange(48, dtype=np.float32).reshape(2, 4, 6)
    chosen = np.array([[5, 0, 0], [1, 2, 3]])
    data, indices = ops.parameter([2, 4, 6], np.float32), ops.parameter([2, 3], np.int64)
    model = ov.Model([ops.result(chosen_by_image(data, indices, 2))], [data, indices], "chosen")
    np.testing.assert_array_equal(run(model, values, chosen), np.take_along_axis(values, chosen[:, None], 2))
