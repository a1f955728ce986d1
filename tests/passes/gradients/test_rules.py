"""Every gradient rule against differences of values, on random shapes, of one and of several cotangents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings

from ovxai_passes.gradients.walk import RULES
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


def test_the_table_names_all_types_with_a_rule() -> None:
    readme = Path(__file__).resolve().parents[3] / "ovxai_passes" / "README.md"
    section = readme.read_text(encoding="utf-8").split("### Gradients\n")[1].split("\n### ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ") and "`" in line]
    assert sorted(re.findall(r"`(\w+)`", "".join(rows))) == sorted(RULES)
