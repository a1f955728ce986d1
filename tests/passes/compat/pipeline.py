"""What the documented snippets have around them: a model, its names, and functions before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.shapes import LABELS

CNN = str(demo.model_path("demo:cnn"))
NAMES = list(LABELS)


def preprocess_fn(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    x = x.transpose((2, 0, 1))
    return np.expand_dims(x, 0)


def postprocess_fn(x: Mapping[Any, Any]) -> Any:
    return x["logits"]


def need(module: str, extra: str) -> None:
    pytest.importorskip(module, reason=f"pip install 'ovxai-passes[{extra}]'")


def need_pictures() -> None:
    """Skip the test where pictures cannot be written."""
    need("cv2", "image")
