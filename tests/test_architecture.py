"""Imports go one way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = {
    "patterns/ovxai_patterns": {"ovxai_patterns"},
    "ovxai_passes": {"ovxai_patterns", "ovxai_passes"},
    "tools/ovxai_tools": {"ovxai_patterns", "ovxai_passes", "ovxai_tools"},
}


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("package", ALLOWED)
def test_one_direction(package: str) -> None:
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for file in files:
        ours = {name for name in imported(file) if name.startswith("ovxai")}
        wrong = {name for name in ours if name.split(".")[0] not in ALLOWED[package]}
        assert not wrong, f"{file.relative_to(ROOT)} imports {sorted(wrong)}"


def test_the_library_needs_its_declared_dependencies_only() -> None:
    allowed = {"openvino", "numpy", "networkx", "ovxai_passes", "ovxai_patterns"}
    for package in ("patterns/ovxai_patterns", "ovxai_passes"):
        for file in (ROOT / package).rglob("*.py"):
            third = {name.split(".")[0] for name in imported(file)} - set(__import__("sys").stdlib_module_names)
            assert third <= allowed, f"{file.relative_to(ROOT)} imports {sorted(third - allowed)}"


def test_each_package_is_typed() -> None:
    for package in ALLOWED:
        assert (ROOT / package / "py.typed").exists()
