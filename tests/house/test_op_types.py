"""Facts about op types stand in one table; what plugins fuse, and what a rule is for, in files of their own."""

from __future__ import annotations

import ast

import pytest
from ovxai_patterns.analysis.movement import DATA_INPUTS
from ovxai_patterns.analysis.op_traits import OP_TRAITS

from tests.house.imports import package_of, parsed

KNOWN = frozenset(OP_TRAITS) | frozenset(DATA_INPUTS)
TABLES = (
    "ovxai_patterns.analysis.op_traits",
    "ovxai_patterns.analysis.movement",  # which inputs of a movement operation hold data
    "ovxai_patterns.matchers.parts",  # what paths of patterns cross
    "ovxai_passes.ops.fusions",  # what plugins fuse
    "ovxai_passes.mapping.rules",  # what a rule of the mapping takes
    "ovxai_passes.gradients.rules",  # which rule a type has
)
MOST = 2
"""Types that a test of one operation may name."""


def _families(tree: ast.Module) -> list[list[str]]:
    """The sets, lists, tuples and keys of dictionaries in a file that are names of op types alone."""
    found = []
    for node in ast.walk(tree):
        entries = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
        names = [str(entry.value) for entry in entries if isinstance(entry, ast.Constant)]
        if names and len(names) == len(entries) and all(name in KNOWN for name in names):
            found.append(names)
    return found


@pytest.mark.parametrize("name", ["ovxai_patterns", "ovxai_passes"])
def test_families_of_op_types_stand_in_the_tables(name: str) -> None:
    for module, file in package_of(name).files.items():
        if not module.startswith(TABLES):
            beside = [types for types in _families(parsed(file)) if len(types) > MOST]
            assert not beside, f"{module} names {beside}"
