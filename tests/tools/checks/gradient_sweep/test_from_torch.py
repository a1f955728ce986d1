"""Gradients of converted networks against torch.autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovxai_passes.gradients.backward import vjp
from tests.support.extras import timm_network


def _told(monkeypatch: pytest.MonkeyPatch, right: bool) -> dict[str, Any]:
    timm_network("test_vit")  # skips without torch and timm
    from ovxai_tools.checks.gradient_sweep import from_torch  # noqa: PLC0415  # needs torch

    def changed(*given: Any) -> ov.Model:
        model = vjp(*given)
        for result in model.get_results()[1:]:
            shape = result.get_output_shape(0)
            factor = np.random.default_rng(0).uniform(0.9, 1.1, shape).astype(np.float32)
            result.input(0).replace_source_output(ops.multiply(result.input_value(0), ops.constant(factor)).output(0))
        return model

    if not right:
        monkeypatch.setattr("ovxai_tools.checks.gradient_sweep.from_torch.vjp", changed)
    told: dict[str, Any] = {}
    from_torch.compare("test_vit", lambda **columns: told.update(columns))
    return told


@pytest.mark.slow
def test_right_gradients_are_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    told = _told(monkeypatch, right=True)
    assert told["status"] == "equal"
    assert max(told["picture_worst"], told["target_worst"]) < 1e-4


@pytest.mark.slow
def test_wrong_gradients_are_not_taken_for_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    told = _told(monkeypatch, right=False)
    assert told["status"] == "different"
    assert told["picture_noise"] is None
