"""Where test data is, and what to do without it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("same every time", derandomize=True, deadline=None)
settings.load_profile("same every time")
_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"

_BREAKING = Path(__file__).resolve().parents[2] / "shared" / "repro"


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a test marked `sampled(n)` one in n cases runs by default; the others are slow.

    They are those of a Latin square: each value of a parameter comes with several values of the others.
    """
    for item in items:
        mark = item.get_closest_marker("sampled")
        if mark is not None and isinstance(item, pytest.Function):
            named = (one.args[0] for one in item.iter_markers("parametrize"))
            first = [one.split(",")[0].strip() if isinstance(one, str) else one[0] for one in named]
            if sum(item.callspec.indices[name] for name in first) % mark.args[0]:
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
