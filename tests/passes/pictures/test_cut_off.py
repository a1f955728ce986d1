"""A file that was cut off is told, not shown in part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import ovxai_passes as xai
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.encoding import encoded

pytest.importorskip("cv2", reason="pictures need OpenCV: pip install 'ovxai-passes[image]'")
pytest.importorskip("PIL", reason="pictures need Pillow: pip install 'ovxai-passes[image]'")


@pytest.mark.parametrize("kind", [".jpg", ".png", ".webp", ".bmp", ".tif", ".gif"])
@pytest.mark.parametrize("part", [0.5, 0.9, 0.99])
def test_files_that_were_cut_off(kind: str, part: float, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (100, 120, 3), np.uint8)
    data = encoded(noise, kind)
    (tmp_path / f"a{kind}").write_bytes(data[: int(len(data) * part)])
    with pytest.raises(xai.OptionError, match="cannot read the picture"):
        read_picture(tmp_path / f"a{kind}")
    assert "error" not in "".join(capfd.readouterr()).lower()
