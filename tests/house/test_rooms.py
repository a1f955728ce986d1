"""The rooms: folders and files of a size to be read, tests that mirror them, imports that go one way."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house.imports import ROOT, SOURCES, circles, package_of, parsed

TOPS = ("patterns", "ovxai_passes", "tools", "tests")
MOST_MODULES, MOST_LINES = 14, 300

MIRRORED = {
    "tests/patterns": "patterns/ovxai_patterns",
    "tests/passes": "ovxai_passes",
    "tests/tools": "tools/ovxai_tools",
}

ORDERS = {
    "ovxai_patterns": ("wording", "analysis", "matchers", "classifier", "detector", "task"),
    "ovxai_tools": ("demo", "common", "pictures", "plots", "checks", "evaluation", "cli", "__main__"),
    "ovxai_passes": (
        *("version", "errors", "vocabulary", "value_checks"),
        *("option_checks", "option_patterns", "option_spec", "option_groups"),
        *("ops", "gradients", "rewrites", "head", "mapping", "methods", "method_options"),
        *("options", "insert_options", "sources", "model_info", "report", "finish", "passes"),
        *("torch_modules", "insert", "remove"),
        *("pictures", "explainer", "metrics", "compat"),
    ),
}
"""The rooms of a package, each importing those before it alone. `reference` holds definitions: nothing imports it."""


NAMED_IN_ORDER = (
    *(f"ovxai_patterns.{room}" for room in ("analysis", "matchers", "classifier", "detector")),
    *(f"ovxai_passes.{room}" for room in ("ops", "rewrites", "head", "mapping", "mapping.rules", "finish")),
    *(f"ovxai_passes.{room}" for room in ("gradients", "gradients.rules")),
    *(f"ovxai_passes.{room}" for room in ("option_groups", "passes", "passes.finishing", "sources", "model_info")),
    *(f"ovxai_passes.{room}" for room in ("torch_modules", "pictures")),
    *(f"ovxai_passes.{room}" for room in ("explainer", "explainer.black_box", "metrics")),
)
"""Rooms whose docstring names their modules, each importing those before it alone."""


def _modules(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if file.suffix == ".py"]


def test_folders_hold_few_modules() -> None:
    folders = [folder for top in TOPS for folder in [ROOT / top, *(ROOT / top).rglob("*")] if folder.is_dir()]
    full = {str(one.relative_to(ROOT)) for one in folders if len(_modules(one)) > MOST_MODULES}
    assert not full


def test_files_are_short() -> None:
    files = [file for top in TOPS for file in (ROOT / top).rglob("*.py")]
    lines = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    assert not {name: count for name, count in lines.items() if count > MOST_LINES}


@pytest.mark.parametrize("tests", MIRRORED)
def test_tests_mirror_the_rooms(tests: str) -> None:
    for folder in (ROOT / tests).rglob("*"):
        if folder.is_dir() and _modules(folder):
            package = ROOT / MIRRORED[tests] / folder.relative_to(ROOT / tests)
            assert (package / "__init__.py").exists(), f"{folder.relative_to(ROOT)} tests no package"


@pytest.mark.parametrize("name", SOURCES)
def test_no_imports_in_circles(name: str) -> None:
    package = package_of(name)
    assert not circles(package.arrows)
    assert not circles(package.rooms)


@pytest.mark.parametrize("name", ORDERS)
def test_rooms_import_those_before_them(name: str) -> None:
    order, rooms = ORDERS[name], package_of(name).rooms
    assert set(rooms) - {"reference"} <= set(order)
    wrong = [
        said
        for importing, imported, said in rooms.edges(data="by")
        if importing != "reference" and (imported == "reference" or order.index(importing) < order.index(imported))
    ]
    assert not wrong


@pytest.mark.parametrize("room", NAMED_IN_ORDER)
def test_modules_import_modules_that_their_room_names_before_them(room: str) -> None:
    package = package_of(room.split(".", maxsplit=1)[0])
    files, arrows = package.files, package.arrows
    modules = {name.removeprefix(f"{room}.").split(".")[0] for name in files if name.startswith(f"{room}.")}
    said = ast.get_docstring(parsed(files[room])) or ""
    order = [name for name in re.findall(r"`(\w+)`", said) if name in modules]
    assert sorted(order) == sorted(modules), "each is named once"
    for importing, imported in arrows.edges:
        if importing.startswith(f"{room}.") and imported.startswith(f"{room}."):
            ends = [order.index(name.removeprefix(f"{room}.").split(".")[0]) for name in (importing, imported)]
            assert ends[0] >= ends[1], f"{importing} imports {imported}"


def test_no_command_line_imports_another() -> None:
    command_lines = "ovxai_tools.cli."
    for importing, imported in package_of("ovxai_tools").arrows.edges:
        assert not (importing.startswith(command_lines) and imported.startswith(command_lines)), importing
