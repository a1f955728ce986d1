"""Rooms of patterns import one way, and so do the modules in each, in the order of the room's docstring."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PATTERNS = Path(__file__).resolve().parents[2] / "patterns/ovxai_patterns"
ROOMS = ("analysis", "matchers", "classifier", "detector")


def imported(file: Path) -> set[tuple[str, str]]:
    """(room, module) of every module of a room that a file imports."""
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom) and node.module]
    parts = [str(node.module).split(".") for node in nodes]
    return {(part[1], part[2]) for part in parts if part[0] == "ovxai_patterns" and len(part) == 3}


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_rooms_before_them(room: str) -> None:
    before = ROOMS[: ROOMS.index(room) + 1]
    for file in (PATTERNS / room).glob("*.py"):
        assert {other for other, _ in imported(file)} <= set(before), file.name


@pytest.mark.parametrize("room", ROOMS)
def test_modules_import_modules_that_are_named_before_them(room: str) -> None:
    said = ast.get_docstring(ast.parse((PATTERNS / room / "__init__.py").read_text())) or ""
    modules = {file.stem for file in (PATTERNS / room).glob("*.py")} - {"__init__"}
    order = [name for name in re.findall(r"`(\w+)`", said) if name in modules]
    assert sorted(order) == sorted(modules), "each is named once"
    for place, name in enumerate(order):
        ours = {module for other, module in imported(PATTERNS / room / f"{name}.py") if other == room}
        assert ours <= set(order[:place]), name
