"""The model and the picture of the documented snippets."""

from __future__ import annotations

from typing import Any

import openvino as ov
import pytest
from ovxai_tools.demo.shapes import make_picture

from tests.passes.compat.pipeline import CNN


@pytest.fixture
def model() -> ov.Model:
    return ov.Core().read_model(CNN)


@pytest.fixture
def image() -> Any:
    return make_picture(1_000_000).pixels
