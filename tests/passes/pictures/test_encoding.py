"""What is written is read again."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import ovxai_passes as xai
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.encoding import KINDS, can_write, encoded, write_picture

pytest.importorskip("cv2", reason="pictures need OpenCV: pip install 'ovxai-passes[image]'")
pytest.importorskip("PIL", reason="pictures need Pillow: pip install 'ovxai-passes[image]'")

EXACT = (".png", ".bmp", ".tif", ".tiff")


def smooth() -> npt.NDArray[np.uint8]:
    rows, columns = np.mgrid[0:40, 0:60]
    return np.stack([rows * 6, columns * 4, 255 - rows * 3], 2).astype(np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back(kind: str, tmp_path: Path) -> None:
    assert can_write(kind)
    assert can_write(kind.upper())
    write_picture(smooth(), tmp_path / f"a{kind}")
    found = read_picture(tmp_path / f"a{kind}").astype(int)
    difference = np.abs(found - smooth())
    assert difference.max() <= (0 if kind in EXACT else 60)
    assert difference.mean() <= (0 if kind in EXACT else 6), "red and blue are not exchanged"


def test_grey_pictures(tmp_path: Path) -> None:
    write_picture(smooth()[..., 0], tmp_path / "a.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png")[..., 2], smooth()[..., 0])


def test_quality_of_jpeg() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert len(encoded(noise, ".jpg", 50)) < len(encoded(noise, ".jpg")) / 2


def test_other_kinds_are_refused() -> None:
    assert not can_write(".xyz")
    with pytest.raises(xai.OptionError, match=r"not written as '.xyz': there is .png"):
        encoded(smooth(), ".xyz")


def test_without_opencv_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(ImportError, match=r"need OpenCV: pip install 'ovxai-passes\[image\]'"):
        encoded(smooth(), ".png")
