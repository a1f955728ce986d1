"""Picture files of every kind, as people see them; what is too large, or no file, is told at once."""

from __future__ import annotations

import os
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import ovxai_passes as xai
from ovxai_passes.errors import MissingExtraError
from ovxai_passes.pictures import decoding
from ovxai_passes.pictures.decoding import read_picture

Image = pytest.importorskip("PIL.Image", reason="pictures need Pillow: pip install 'ovxai-passes[image]'")

TURNS: dict[int, Callable[[npt.NDArray[Any]], npt.NDArray[Any]]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90,
}
"""From stored pixels to upright ones, by EXIF orientation."""


def noise(*shape: int) -> npt.NDArray[Any]:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def opened(path: Path) -> npt.NDArray[Any]:
    picture = read_picture(path)
    assert picture.dtype == np.uint8
    assert picture.shape[2:] == (3,)
    return picture


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_pictures_are_upright(tmp_path: Path, orientation: int, ending: str) -> None:
    stored, exif = noise(4, 6, 3), Image.Exif()
    exif[274] = orientation
    Image.fromarray(stored).save(tmp_path / f"a.{ending}", exif=exif)
    np.testing.assert_array_equal(opened(tmp_path / f"a.{ending}"), TURNS[orientation](stored))


def test_a_broken_note_of_the_camera_breaks_no_picture(tmp_path: Path) -> None:
    stored = noise(4, 6, 3)
    Image.fromarray(stored).save(tmp_path / "a.png", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    np.testing.assert_array_equal(opened(tmp_path / "a.png"), stored)


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_sixteen_bits_are_scaled(tmp_path: Path, ending: str) -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    Image.fromarray(ramp).save(tmp_path / f"a.{ending}")
    found = opened(tmp_path / f"a.{ending}")
    np.testing.assert_allclose(found[..., 1], ramp / 257, atol=0.5)
    assert (found[..., 0] == found[..., 2]).all()


def test_twelve_bits_are_scaled_by_their_own_white(tmp_path: Path) -> None:
    grey = Image.fromarray(np.array([[0, 2048, 4095]], np.uint16))
    grey.save(tmp_path / "a.tif")
    raw = (tmp_path / "a.tif").read_bytes()
    tag = struct.pack("<HHI", 258, 3, 1)
    assert raw.count(tag + struct.pack("<I", 16)) == 1
    with Image.open(tmp_path / "a.tif") as picture:
        picture.tag_v2[258] = (12,)
        assert decoding._white(picture) == 4095
    with Image.open(tmp_path / "a.tif") as picture:
        assert decoding._white(picture) == 65535


def test_numbers_of_thirty_two_bits(tmp_path: Path) -> None:
    def kept(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        Image.fromarray(values).save(tmp_path / "a.tif")
        return opened(tmp_path / "a.tif")[0, :, 0]

    np.testing.assert_array_equal(kept(np.array([[0, 0.5, 1]], np.float32)), [0, 128, 255])
    np.testing.assert_array_equal(kept(np.array([[0, 100, 255]], np.float32)), [0, 100, 255])
    np.testing.assert_array_equal(kept(np.array([[0, 65535]], np.int32)), [0, 255])
    for values in (np.array([[0, 1e6]], np.float32), np.array([[-1, 5]], np.int32), np.array([[np.nan]], np.float32)):
        with pytest.raises(xai.OptionError, match="do not say which of them is white"):
            kept(values)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    colours = np.array([[[255, 0, 0, 255], [0, 0, 0, 0], [0, 0, 0, 102]]], np.uint8)
    seen = [[[255, 0, 0], [255, 255, 255], [153, 153, 153]]]
    Image.fromarray(colours).save(tmp_path / "a.png")
    np.testing.assert_array_equal(opened(tmp_path / "a.png"), seen)
    Image.fromarray(colours[..., [0, 3]]).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(opened(tmp_path / "grey.png")[0, :, 0], [255, 255, 153])
    palette = Image.new("P", (2, 1))
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.putpixel((1, 0), 1)
    palette.save(tmp_path / "palette.png", transparency=0)
    np.testing.assert_array_equal(opened(tmp_path / "palette.png"), [[[255, 255, 255], [0, 0, 255]]])


def test_other_colours(tmp_path: Path) -> None:
    for mode, name in (("1", "a.png"), ("L", "b.png"), ("CMYK", "c.tif"), ("YCbCr", "d.jpg"), ("P", "e.gif")):
        Image.new("RGB", (4, 4), "white").convert(mode).save(tmp_path / name)
        assert opened(tmp_path / name).min() >= 254


def header_only(path: Path, width: int, height: int) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"never decoded") + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(10001, 10000), (13000, 13000), (20000, 20000), (2_000_000_000, 2)])
def test_too_many_pixels_are_told_from_the_header(tmp_path: Path, size: tuple[int, int]) -> None:
    header_only(tmp_path / "bomb.png", *size)
    with pytest.raises(xai.OptionError, match="more than the 100 million pixels that are taken; make it smaller"):
        read_picture(tmp_path / "bomb.png")


def test_the_bomb(repro: Path) -> None:
    with pytest.raises(xai.OptionError, match="13000x13000 pixels is more than"):
        read_picture(repro / "bomb13k.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    for name in ("pipe.png", "folder.png", os.devnull):
        with pytest.raises(xai.OptionError, match="cannot read the picture"):
            read_picture(tmp_path / name)


def test_unreadable_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(xai.OptionError, match="cannot read the picture"):
        read_picture(tmp_path / "a.png")
    with pytest.raises(xai.OptionError, match="No such file"):
        read_picture(tmp_path / "b.png")


def test_without_pillow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(MissingExtraError, match=r"picture files need Pillow: pip install Pillow$"):
        read_picture(Path("a.png"))
