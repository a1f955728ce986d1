"""A picture and what explains it, for the tests of the Explainer and of explanations."""

from __future__ import annotations

from typing import Any

import pytest
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.shapes import make_picture

import ovxai_passes as xai
from ovxai_passes.explainer import get_preprocess_fn


@pytest.fixture(scope="module")
def picture() -> Any:
    return make_picture(1_000_000).pixels


@pytest.fixture(scope="module")
def explainer() -> xai.Explainer:
    return xai.Explainer(demo.model_path("demo:cnn"), xai.Task.CLASSIFICATION, get_preprocess_fn(hwc_to_chw=True))
