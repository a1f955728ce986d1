"""--verify of methods that take gradients: what holds, and what is found out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.checks.verification.gradients import check_gradient, vjp_of
from ovxai_tools.checks.verify import random_case, verify

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.options import Options
from ovxai_passes.reference.given import Given
from tests.fixtures import graphs
from tests.patterns.classifier.test_maps_above import pyramid

FOUR = "gradient equal to central differences along 4 directions"


def verified(model: ov.Model, **options: object) -> str:
    made = insert(model, Options.checked(**options))
    raw = insert(model, Options.checked(**options, embed_scaling=False))
    return "\n".join(verify(model, made.model, raw, [random_case(model)], made))


@pytest.mark.parametrize(
    ("build", "method"),
    [
        (graphs.nhwc_cnn, "inputxgradient"),
        (graphs.vit, "layercam"),
        (pyramid, "layercam-share"),
        (pyramid, "gradcam++"),
        (graphs.flattened, "xgradcam"),
    ],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_gradients_are_held_to_differences(build: Callable[..., ov.Model], method: str) -> None:
    said = verified(build(batch=-1), method=method)
    assert FOUR in said
    assert "map equal to the naive definition on all" in said


def test_rounding_is_said_not_to_be_differentiable() -> None:
    said = verified(graphs.quantised_cnn(-1), method="hirescam", keep_quantization=True)
    assert "gradients pass 8-bit rounding straight through" in said


def test_a_wrong_gradient_is_found() -> None:
    model = pyramid()
    raw = insert(model, Options.checked(method="hirescam", classes=[1], embed_scaling=False))
    case = random_case(model)
    right = vjp_of(model, raw, case.inputs, [])

    def given(factor: float) -> Given:
        return Given(
            raw.target,
            lambda tensors: tensors_at(model, tensors, case.inputs),
            (35, 35),
            raw.state.head,
            classes=np.array([[1]]),
            vjp=lambda tensor, cotangent: np.asarray(right(tensor, cotangent), np.float32) * np.float32(factor),
        )

    assert FOUR in check_gradient(model, raw, given(1), case, [])
    with pytest.raises(xai.VerificationError, match="along a direction where central differences give"):
        check_gradient(model, raw, given(0.9), case, [])
