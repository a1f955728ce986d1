"""Gradients of model files against central differences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.checks.gradient_sweep import from_file
from ovxai_tools.checks.gradient_sweep.straight_through import roundings, smooth, spell_out_roundings, watched

from ovxai_passes.gradients.backward import vjp
from ovxai_passes.ops.precision import F32


def _quantised(given_as: str = "i8") -> ov.Model:
    """Rounded to 16 levels behind a convolution, some of it outside of the range."""
    image = ops.parameter([1, 2, 6, 6], np.uint8)
    rng = np.random.default_rng(0)
    filters = ops.constant(0.05 * rng.standard_normal((3, 2, 3, 3)).astype(np.float32))
    value = ops.convolution(ops.convert(image, "f32"), filters, [1, 1], [0, 0], [0, 0], [1, 1])
    ends = [ops.constant(np.float32(end)) for end in (-4, 6, -4, 6)]
    rounded = ops.fake_quantize(value, *ends, 16)
    scores = ops.reduce_sum(ops.tanh(rounded), ops.constant([2, 3]), keep_dims=False)
    return ov.Model([ops.convert(scores, given_as)], [image])


def _told(model: ov.Model, tmp_path: Path) -> dict[str, object]:
    path, told = tmp_path / "model.xml", {}
    ov.save_model(model, path, compress_to_fp16=False)
    from_file.differences(path, lambda **columns: told.update(columns))
    return told


def test_roundings_are_passed_straight_through(tmp_path: Path) -> None:
    told = _told(_quantised(), tmp_path)
    assert told["status"] == "equal"
    assert told["directions"] == from_file.DIRECTIONS


def test_a_wrong_gradient_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is twice what it should be in a corner."""

    def wrong(*given: Any) -> ov.Model:
        model = vjp(*given)
        result = model.get_results()[-1]
        factor = np.ones((1, 2, 6, 6), np.float32)
        factor[..., :3, :3] = 2
        name = result.output(0).get_names()
        result.input(0).replace_source_output(ops.multiply(result.input_value(0), ops.constant(factor)).output(0))
        result.output(0).get_tensor().set_names(name)
        return model

    monkeypatch.setattr("ovxai_tools.checks.gradient_sweep.from_file.vjp", wrong)
    assert _told(_quantised(), tmp_path)["status"] == "different"


def test_the_smooth_model_has_the_values_of_the_rounded_one() -> None:
    model = _quantised()
    model = ov.Model(
        [ops.result(model.get_results()[0].input_value(0).get_node().input_value(0))], model.get_parameters()
    )
    image = np.random.default_rng(1).integers(0, 128, (1, 2, 6, 6), np.uint8)
    seen = watched(model)
    spell_out_roundings(seen)
    values = list(ov.compile_model(seen, "CPU", F32)([image]).values())
    made = smooth(model, values[1:])
    assert not roundings(made)
    found = ov.compile_model(made, "CPU", F32)([image])[0]
    np.testing.assert_allclose(found, values[0], atol=1e-5)
