"""Scaling that keeps zero, on maps by themselves."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openvino import opset13 as ops

from ovxai_passes.finish.zero_scale import scaled_from_zero, signed_levels_of
from ovxai_passes.ops.branch import Branch
from ovxai_passes.reference.finishing.scaling import signed_levels, unit_from_zero
from tests.support.running import Floats, run


def _scaled(raw: Floats, signed: bool, has_peak: bool, to_levels: bool = True) -> ov.Model:
    parameter = ops.parameter(raw.shape, np.float32)
    return scaled_from_zero(
        Branch(ov.Model([ops.result(parameter)], [parameter], "map"), ()), signed, has_peak, to_levels
    ).model


@settings(max_examples=15)
@given(st.integers(0, 1000), st.integers(1, 3), st.booleans(), st.booleans())
def test_equal_to_the_definition(seed: int, batch: int, signed: bool, has_peak: bool) -> None:
    raw = np.random.default_rng(seed).standard_normal((batch, 4, 3, 5)).astype(np.float32) * 10.0 ** (seed % 5 - 2)
    written = raw[:, :-1] if has_peak else raw
    largest = (np.abs(raw[:, -1]) if signed else np.maximum(raw[:, -1], 0)).max((1, 2)) if has_peak else None
    unit = unit_from_zero(written, largest, signed)
    np.testing.assert_allclose(run(_scaled(raw, signed, has_peak, False), raw), unit, atol=1e-6)
    levels = run(_scaled(raw, signed, has_peak), raw).astype(int)
    assert levels.shape == written.shape
    assert np.abs(levels - (signed_levels(unit) if signed else np.floor(unit * 255))).max() <= 1


@pytest.mark.parametrize("signed", [False, True])
def test_by_hand(signed: bool) -> None:
    raw = np.array([[[[-4, 0]], [[1, 2]]], [[[-1, -2]], [[-3, 0]]]], np.float32)
    found = run(_scaled(raw, signed, False), raw)
    if signed:
        assert found.tolist() == [[[[1, 128]], [[160, 192]]], [[[86, 43]], [[1, 128]]]]
    else:
        assert found.tolist() == [[[[0, 0]], [[127, 255]]], [[[0, 0]], [[0, 0]]]], "nothing speaks for any class: dark"


def test_levels_of_halves() -> None:
    parameter = ops.parameter([1, 1, 1, 5], np.float16)
    model = ov.Model([ops.result(signed_levels_of(parameter.output(0)))], [parameter], "levels")
    values = np.array([-1, -0.5, 0, 0.5, 1], np.float16).reshape(1, 1, 1, 5)
    assert run(model, values).reshape(-1).tolist() == [1, 65, 128, 192, 255]
