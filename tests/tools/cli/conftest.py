"""What tests of command lines work in."""

from __future__ import annotations

from pathlib import Path

import openvino as ov
import pytest

from tests.fixtures import graphs


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a class-token transformer in it."""
    monkeypatch.chdir(tmp_path)
    ov.save_model(graphs.vit(), "in.xml")
    return tmp_path
