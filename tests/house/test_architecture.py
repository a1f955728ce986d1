"""Imports go one way."""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.house.imports import ROOT, parsed

ALLOWED = {
    "patterns/ovxai_patterns": {"ovxai_patterns"},
    "ovxai_passes": {"ovxai_patterns", "ovxai_passes"},
    "tools/ovxai_tools": {"ovxai_patterns", "ovxai_passes", "ovxai_tools"},
}


HELPER = tuple(f"ovxai_passes.{room}" for room in ("pictures", "explainer", "metrics", "compat"))
HELPER_EXTRAS = {"PIL", "matplotlib", "scipy", "cv2", "click", "torch"}


def is_helper(file: Path) -> bool:
    """Whether a file is of the optional runtime helper."""
    return bool({"pictures", "explainer", "metrics", "compat"} & set(file.relative_to(ROOT).parts))


def for_type_checkers(tree: ast.AST) -> set[ast.AST]:
    """What stands under `if TYPE_CHECKING:`, which does not run."""
    blocks = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    ]
    return {inner for block in blocks for statement in block.body for inner in ast.walk(statement)}


@cache
def imported(file: Path, running: bool = False) -> frozenset[str]:
    """The modules that a file imports; `running`: when it runs, not for type checkers alone."""
    names: set[str] = set()
    tree = parsed(file)
    unseen = for_type_checkers(tree) if running else set()
    for node in ast.walk(tree):
        if node in unseen:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return frozenset(names)


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
            more = HELPER_EXTRAS if is_helper(file) else {"torch"} if file.parent.name == "torch_modules" else set()
            third = {name.split(".")[0] for name in imported(file, running=True)} - set(sys.stdlib_module_names)
            assert third <= allowed | more, f"{file.relative_to(ROOT)} imports {sorted(third - allowed)}"


def test_one_module_imports_the_packages_behind_pictures() -> None:
    for package in ALLOWED:
        for file in (ROOT / package).rglob("*.py"):
            third = {name.split(".")[0] for name in imported(file, running=True)} & {"cv2", "PIL"}
            assert not third or file == ROOT / "ovxai_passes/pictures/extras.py", f"{file.relative_to(ROOT)}: {third}"


def test_the_passes_know_nothing_of_the_runtime_helper() -> None:
    for file in (ROOT / "ovxai_passes").rglob("*.py"):
        if is_helper(file) or file.name == "__init__.py":  # the package imports the Explainer when it is asked for
            continue
        helper = {name for name in imported(file) if name.startswith(HELPER)}
        assert not helper, f"{file.relative_to(ROOT)} imports {sorted(helper)}"


def test_each_package_is_typed() -> None:
    for package in ALLOWED:
        assert (ROOT / package / "py.typed").exists()


TOOLS = ROOT / "tools" / "ovxai_tools"
ROOMS = ("demo", "common", "pictures", "plots", "checks", "evaluation", "cli")


def test_there_are_no_other_rooms() -> None:
    assert {file.parent.name for file in TOOLS.glob("*/__init__.py")} == set(ROOMS)


def test_definitions_are_what_checks_compare_with_and_what_makes_maps_of_any_class() -> None:
    for file in TOOLS.rglob("*.py"):
        used = {name for name in imported(file) if name.startswith("ovxai_passes.reference")}
        may = "checks" in file.parts or file.name == "defined_maps.py"
        assert not used or may, f"{file.relative_to(ROOT)} imports {sorted(used)}"


def test_torch_is_imported_with_torch_modules_only() -> None:
    rooms = "ovxai_passes/torch_modules"
    users = {file for file in (ROOT / "ovxai_passes").rglob("*.py") if file.parent != ROOT / rooms}
    lazily = {"kind", "torch_modules"}
    for file in users:
        at_top = [node for node in parsed(file).body if isinstance(node, ast.ImportFrom) and node.module]
        names = {str(node.module) for node in at_top if str(node.module).startswith("ovxai_passes.torch_modules")}
        assert {name.rpartition(".")[2] for name in names} <= lazily, (
            f"{file.relative_to(ROOT)} imports {sorted(names)}"
        )
