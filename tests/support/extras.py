"""Packages that are not on every machine."""

from __future__ import annotations

from typing import Any

import pytest
from ovxai_tools.checks import timm_zoo

from ovxai_passes.errors import MissingExtraError


def needs_pictures() -> None:
    """Skip what works on pictures where the extra `image` is not installed."""
    for package in ("cv2", "PIL"):
        pytest.importorskip(package, reason="pictures need OpenCV and Pillow: pip install 'ovxai-passes[image]'")


def timm_network(name: str) -> Any:
    """A network of timm with random weights; skips where torch or timm is not installed."""
    pytest.importorskip("torch", reason="torch is not installed (extra: zoo)")
    try:
        return timm_zoo.build(name)
    except MissingExtraError as error:
        pytest.skip(str(error))
