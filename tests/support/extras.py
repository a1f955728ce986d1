"""Packages that are not on every machine."""

from __future__ import annotations

import pytest


def needs_pictures() -> None:
    """Skip what works on pictures where the extra `image` is not installed."""
    for package in ("cv2", "PIL"):
        pytest.importorskip(package, reason="pictures need OpenCV and Pillow: pip install 'ovxai-passes[image]'")
