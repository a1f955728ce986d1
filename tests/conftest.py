"""Where test data is, and what to do without it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("same every time", derandomize=True, deadline=None)
settings.load_profile("same every time")
_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"

_BREAKING = Path(__file__).resolve().parents[2] / "shared" / "repro"


_PARAM = type(pytest.param())
_BY_VALUE = (int, float, str)


def _place(mark: pytest.Mark, case: Mapping[str, Any]) -> int:
    """The place of a case among the values of one `parametrize`.

    Versions of pytest differ in what they keep of it: a number for each `parametrize`, or one for all together.
    """
    names, rows = mark.args
    one = isinstance(names, str) and "," not in names
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
    for place, row in enumerate(rows):
        values = row.values if isinstance(row, _PARAM) else (row,) if one else row
        if all(_same(case[name], value) for name, value in zip(names, values, strict=True)):
            return place
    raise LookupError(f"{case} is no case of {mark}")


def _same(value: Any, other: Any) -> bool:
    return value is other or (isinstance(value, _BY_VALUE) and type(value) is type(other) and value == other)


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a test marked `sampled(n)` one in n cases runs by default; the others are slow.

    They are those of a Latin square: each value of a parameter comes with several values of the others.
    """
    for item in items:
        mark = item.get_closest_marker("sampled")
        if mark is not None and isinstance(item, pytest.Function):
            case = item.callspec.params
            if sum(_place(one, case) for one in item.iter_markers("parametrize")) % mark.args[0]:
                item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def repro() -> Path:
    """The folder of small models and pictures that have broken the package (OVXAI_TEST_REPRO)."""
    folder = Path(os.environ.get("OVXAI_TEST_REPRO", _BREAKING)).resolve()
    if not folder.is_dir():
        pytest.skip("breaking models and pictures are not here: set OVXAI_TEST_REPRO to their folder")
    return folder


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real models and pictures (OVXAI_TEST_DATA)."""
    folder = Path(os.environ.get("OVXAI_TEST_DATA", _BESIDE)).resolve()
    if not (folder / "images.json").exists():
        pytest.skip("real models and pictures are not here: set OVXAI_TEST_DATA to their folder")
    return folder
