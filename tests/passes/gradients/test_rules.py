"""Every gradient rule against differences of values, on random shapes, of one and of several cotangents."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from hypothesis import given, settings
from openvino import opset13 as ops

import ovxai_passes as xai
from ovxai_passes.gradients.walk import RULES
from ovxai_passes.ops.precision import F32
from tests.passes.gradients import cases, spatial_cases
from tests.passes.gradients.checking import Build, Shapes, Sizes, sizes, worst

FAMILIES: dict[str, dict[str, tuple[Shapes, Build]]] = {
    "arithmetic": cases.ARITHMETIC,
    "activations": cases.ACTIVATIONS,
    "functions": cases.FUNCTIONS,
    "reductions": cases.REDUCTIONS,
    "norms": cases.NORMS,
    "products": spatial_cases.PRODUCTS,
    "windows": spatial_cases.WINDOWS,
    "movements": spatial_cases.MOVEMENTS,
}
_CLOSE = 5e-3


def _far(family: str, given_sizes: Sizes) -> dict[str, float]:
    return {name: far for name, far in worst(FAMILIES[family], given_sizes).items() if not far < _CLOSE}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("given_sizes", [Sizes(2, 4, 6, 7, 0, False), Sizes(2, 6, 5, 8, 1, True)], ids=str)
def test_rules(family: str, given_sizes: Sizes) -> None:
    assert not _far(family, given_sizes)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=12)
@given(given_sizes=sizes())
def test_rules_on_random_shapes(family: str, given_sizes: Sizes) -> None:
    assert not _far(family, given_sizes)


def test_attention_to_one_place_alone_has_no_gradient_for_what_it_compares() -> None:
    """Logits 1e9 apart: rounding errors are not multiplied by the keys."""
    tensors = [ops.parameter([1, 2, 7, 16], np.float32) for _ in range(3)]
    model = ov.Model([ops.scaled_dot_product_attention(*tensors).output(0)], tensors)
    made = xai.vjp(model, [model.outputs[0]], model.inputs)
    drawn = np.random.default_rng(3).standard_normal((4, 1, 2, 7, 16)).astype(np.float32)
    query, key, value, cotangent = drawn * np.reshape([1e5, 1e5, 1e5, 1], (4, 1, 1, 1, 1)).astype(np.float32)
    found = list(ov.compile_model(made, "CPU", F32)([query, key, value, cotangent]).values())[1:]
    assert [np.abs(one).max() for one in found[:2]] == [0, 0]
    chosen = np.eye(7)[(query @ key.swapaxes(2, 3)).argmax(3)]
    np.testing.assert_allclose(found[2], chosen.swapaxes(2, 3) @ cotangent, atol=1e-5)


def test_the_table_names_all_types_with_a_rule() -> None:
    readme = Path(__file__).resolve().parents[3] / "ovxai_passes" / "README.md"
    section = readme.read_text(encoding="utf-8").split("### Gradients\n")[1].split("\n### ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ") and "`" in line]
    assert sorted(re.findall(r"`(\w+)`", "".join(rows))) == sorted(RULES)
