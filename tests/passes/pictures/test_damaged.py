"""Picture files that are damaged, or odd: what Pillow reads of them is read, and the terminal stays empty."""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from ovxai_passes.errors import OptionError
from ovxai_passes.pictures.decoding import read_picture
from tests.support.extras import needs_pictures

needs_pictures()
Image = pytest.importorskip("PIL.Image")
ImageOps = pytest.importorskip("PIL.ImageOps")
features = pytest.importorskip("PIL.features")

Picture = npt.NDArray[np.uint8]


def photo() -> Any:
    """Smooth colours: what is compressed with loss differs little."""
    y, x = np.mgrid[:61, :90]
    return Image.fromarray(np.stack([x * 2.8, y * 4, 255 - x - y], 2).astype(np.uint8))


def file(picture: Any, kind: str, **options: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def translucent() -> Any:
    picture = photo()
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture


def animated(picture: Any, kind: str, **options: Any) -> bytes:
    return file(picture, kind, save_all=True, append_images=[picture.rotate(180)], duration=50, **options)


def sixteen_bits(channels: int) -> bytes:
    """A PNG, which Pillow does not write so."""
    values = np.dstack([np.asarray(translucent().convert("RGBA"))[..., :channels]]).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    head = struct.pack(">IIBBBBB", 90, 61, 16, {3: 2, 4: 6}[channels], 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def kinds() -> dict[str, bytes]:
    """One file of each kind, where Pillow was built with it."""
    picture, palette = photo(), photo().quantize(64)
    found = {
        "jpg": file(picture, "JPEG", quality=95),
        "progressive.jpg": file(picture, "JPEG", progressive=True),
        "grey.jpg": file(picture.convert("L"), "JPEG"),
        "cmyk.jpg": file(picture.convert("CMYK"), "JPEG", quality=95),
        "png": file(picture, "PNG"),
        "rgba.png": file(translucent(), "PNG"),
        "la.png": file(translucent().convert("LA"), "PNG"),
        "palette.png": file(palette, "PNG"),
        "palette_transparent.png": file(palette, "PNG", transparency=3),
        "one_bit.png": file(picture.convert("1"), "PNG"),
        "rgb16.png": sixteen_bits(3),
        "rgba16.png": sixteen_bits(4),
        "animated.png": animated(picture, "PNG"),
        "gif": file(palette, "GIF"),
        "transparent.gif": file(palette, "GIF", transparency=3),
        "animated.gif": animated(palette, "GIF"),
        "tif": file(picture, "TIFF"),
        "rgba.tif": file(translucent(), "TIFF"),
        "cmyk.tif": file(picture.convert("CMYK"), "TIFF"),
        "bmp": file(picture, "BMP"),
        "ppm": file(picture, "PPM"),
    }
    if features.check("webp"):
        found["webp"] = file(picture, "WEBP", quality=95)
        found["rgba.webp"] = file(translucent(), "WEBP", lossless=True)
        found["animated.webp"] = animated(picture, "WEBP", lossless=True)
    if "AVIF" in Image.SAVE:
        found["avif"] = file(picture, "AVIF", quality=95)
        found["rgba.avif"] = file(translucent(), "AVIF", quality=95)
    return found


Image.init()
KINDS = kinds()


def by_pillow(data: bytes) -> Picture:
    """The first frame, upright, on white, by Pillow's own means."""
    with Image.open(io.BytesIO(data)) as opened:
        opened.load()
        picture = opened
        with contextlib.suppress(Exception):  # a damaged note of the camera
            picture = ImageOps.exif_transpose(opened)
        picture = picture.convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB"))


def difference(one: Picture, other: Picture) -> int:
    assert one.shape == other.shape
    return int(np.abs(one.astype(int) - other).max())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_as_pillow_has_it(tmp_path: Path, kind: str) -> None:
    for name in (f"a.{kind.rsplit('.', maxsplit=1)[-1]}", "wrong.png", "wrong.jpg", "none"):
        (tmp_path / name).write_bytes(KINDS[kind])
        found = read_picture(tmp_path / name)
        assert found.flags.c_contiguous
        assert found.flags.writeable
        assert difference(found, by_pillow(KINDS[kind])) <= 2


@pytest.mark.parametrize("kind", ["jpg", "cmyk.jpg", "avif", "webp"])
def test_what_is_compressed_with_loss_is_what_it_was(tmp_path: Path, kind: str) -> None:
    if kind not in KINDS:
        pytest.skip(f"this Pillow does not write {kind}")
    (tmp_path / "a").write_bytes(KINDS[kind])
    assert np.abs(read_picture(tmp_path / "a").astype(int) - np.asarray(photo())).mean() < 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_turn_of_every_kind(tmp_path: Path, kind: str, orientation: int) -> None:
    if kind not in Image.SAVE:
        pytest.skip(f"this Pillow does not write {kind}")
    turn = Image.Exif()
    turn[274] = orientation
    for picture in (photo(), translucent()) if kind != "JPEG" else (photo(), photo().convert("CMYK")):
        data = file(picture, kind, exif=turn)
        (tmp_path / "a").write_bytes(data)
        assert difference(read_picture(tmp_path / "a"), by_pillow(data)) <= 2


def damaged(data: bytes) -> Iterator[bytes]:
    """Cut off, with bytes changed, with some missing, with some behind it."""
    dice = random.Random(len(data))
    yield from (data[: int(len(data) * part)] for part in (0, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99))
    yield from (data[:-count] for count in (1, 2, 4))
    for _ in range(12):
        changed = bytearray(data)
        for _ in range(dice.choice((1, 1, 3, 10))):
            changed[dice.randrange(len(data))] = dice.randrange(256)
        yield bytes(changed)
    for _ in range(4):
        start = dice.randrange(len(data))
        yield data[:start] + data[start + dice.randrange(1, 40) :]
    yield data + b"behind it" * 10


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_refused_in_a_sentence_or_read_as_pillow_does(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    place = tmp_path / "a"
    for number, data in enumerate(damaged(KINDS[kind])):
        place.write_bytes(data)
        found, said = None, ""
        try:
            found = read_picture(place)
        except OptionError as error:
            said = str(error)
        assert capfd.readouterr() == ("", ""), number
        if found is None:
            assert re.fullmatch(f"cannot read the picture {re.escape(str(place))}: .+", said), number
        else:
            assert difference(found, by_pillow(data)) <= 2, number


ODD = {
    "a profile of colours": chunk(b"iCCP", b"ICC\0\0" + zlib.compress(b"no profile" * 20)),
    "a note of the camera": chunk(b"eXIf", b"no note"),
    "a time": chunk(b"tIME", b"1"),
    "bits": chunk(b"sBIT", b"\x20\x20\x20"),
    "a text": chunk(b"tEXt", b""),
}
"""Parts of PNGs that are wrong, and do not matter."""


@pytest.mark.parametrize("name", ODD)
def test_healthy_pictures_with_odd_notes(tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    data = KINDS["png"]
    (tmp_path / "a.png").write_bytes(data[:33] + ODD[name] + data[33:])
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png"), np.asarray(photo()))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("text", ["", "no picture", "<svg/>", "GIF89a", "\x89PNG\r\n\x1a\n", "BM", "P6\n1 1\n255\n"])
def test_what_is_no_picture(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.png").write_bytes(text.encode("latin-1"))
    with pytest.raises(OptionError, match=r"cannot read the picture .*a\.png: "):
        read_picture(tmp_path / "a.png")


@pytest.mark.skipif(os.name != "posix", reason="names of files are bytes")
def test_names_that_are_no_text(tmp_path: Path) -> None:
    place = os.fsencode(tmp_path) + b"/\xff\xfe.jpg"
    with open(place, "wb") as written:
        written.write(KINDS["jpg"])
    assert difference(read_picture(Path(os.fsdecode(place))), by_pillow(KINDS["jpg"])) == 0


def test_no_package_of_pictures_is_imported_before_it_is_needed() -> None:
    code = "import sys, ovxai_passes.pictures.decoding; sys.exit('cv2' in sys.modules or 'PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
