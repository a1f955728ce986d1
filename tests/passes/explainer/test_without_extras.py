"""Without the extra `image` there are raw and scaled maps; what needs pictures says which extra."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from ovxai_tools.demo import shipped as demo

import ovxai_passes as xai
from ovxai_passes.errors import MissingExtraError

HINT = r"need OpenCV: pip install 'ovxai-passes\[image\]'"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cv2", "PIL", "PIL.Image"):
        monkeypatch.setitem(sys.modules, name, None)


def test_raw_and_scaled_maps_need_nothing(tmp_path: Path) -> None:
    explainer = xai.Explainer(demo.model_path("demo:cnn"), xai.Task.CLASSIFICATION, embed_scaling=False)
    picture = np.random.default_rng(0).random((1, 3, 64, 64), np.float32) * 255
    raw = explainer(picture, targets=[1, 2], resize=False, colormap=False)
    scaled = explainer(picture, targets=[1, 2], resize=False, colormap=False, scaling=True)
    for one, other in zip(raw.saliency_map.values(), scaled.saliency_map.values(), strict=True):
        assert one.dtype == np.float32
        assert (other.min(), other.max()) == (0, 255)
    for options in ({}, {"resize": False, "scaling": True}, {"colormap": False}, {"overlay": True}):
        with pytest.raises(MissingExtraError, match=HINT):
            explainer(picture, targets=[1], **options)
    with pytest.raises(MissingExtraError, match=HINT):
        scaled.save(tmp_path)


def test_it_is_told_as_both_kinds_of_error() -> None:
    assert issubclass(MissingExtraError, xai.OptionError)
    assert issubclass(MissingExtraError, ImportError)
