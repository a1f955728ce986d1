"""An .xml knows the checksum of its .bin; a pair that was torn apart is told, and nobody else is accused."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click
import numpy as np
import openvino as ov
import pytest
from ovxai_tools.checks import model_sweep
from ovxai_tools.cli import bench, explain, transform
from ovxai_tools.demo import shipped as demo

import ovxai_passes as xai
from ovxai_passes.model_info.checksum import add_checksum, checksum_in, file_digest
from ovxai_passes.model_info.read import read_model
from tests.fixtures import graphs
from tests.support.cli import invoke
from tests.support.extras import needs_pictures
from tests.support.running import random_input, run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a pair that has a checksum, and other weights of the same size."""
    monkeypatch.chdir(tmp_path)
    ov.save_model(graphs.cnn(), "in.xml", compress_to_fp16=False)
    add_checksum(Path("in.xml"))
    raw = bytearray(Path("in.bin").read_bytes())
    raw[10] ^= 1
    Path("other.bin").write_bytes(raw)
    return tmp_path


def test_openvino_reads_it(folder: Path) -> None:
    assert Path("in.xml").read_bytes().rstrip().endswith(b"-->")
    assert checksum_in(Path("in.xml")) == file_digest(Path("in.bin"))
    image = random_input(graphs.cnn())
    np.testing.assert_array_equal(run(ov.Core().read_model("in.xml"), image), run(graphs.cnn(), image))


def test_commands_write_it(folder: Path) -> None:
    for source, target in (("in.xml", "out.xml"), ("out.xml", "copy.xml")):
        invoke(transform.main, source, target)
        assert checksum_in(Path(target)) == file_digest(Path(target).with_suffix(".bin"))


@pytest.mark.parametrize(
    ("program", "call"),
    [
        (transform.main, ("in.xml", "out.xml")),
        (transform.main, ("in.xml", "--dry-run")),
        (bench.main, ("in.xml", "in.xml")),
        (explain.main, ("in.xml", demo.pictures()[0].path, "--output", "out")),
    ],
)
def test_commands_tell_of_other_weights(folder: Path, program: click.Command, call: tuple[object, ...]) -> None:
    if program is explain.main:
        needs_pictures()
    shutil.copy("other.bin", "in.bin")
    said = invoke(program, *call, code=2).output
    assert "in.bin is not the file that it was written with" in said
    assert "write or copy both again" in said
    assert sorted(os.listdir()) == ["in.bin", "in.xml", "other.bin"]


def test_a_sweep_tells_it_as_well(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy("other.bin", "in.bin")
    model_sweep._child("in.xml", "1000", "0")
    assert '"unreadable"' in capsys.readouterr().out


def test_a_pair_that_was_saved_anew_is_not_accused(folder: Path) -> None:
    model = ov.Core().read_model("in.xml")
    model.get_parameters()[0].set_friendly_name("other")
    ov.save_model(model, "again.xml", compress_to_fp16=True)
    assert checksum_in(Path("again.xml")) is None
    read_model("again.xml")
    shutil.copy("other.bin", "again2.bin")
    shutil.copy("in.xml", "again2.xml")
    with pytest.raises(xai.ModelReadError):
        read_model("again2.xml")


def test_a_pair_that_is_just_being_replaced_is_looked_at_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Path("in.bin").read_bytes()
    shutil.copy("other.bin", "in.bin")
    pauses: list[float] = []

    def other_writer(seconds: float) -> None:
        pauses.append(seconds)
        Path("in.bin").write_bytes(right)

    monkeypatch.setattr("ovxai_passes.model_info.read.time.sleep", other_writer)
    read_model("in.xml")
    assert len(pauses) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("name", ["pipe.xml", "pipe.bin", "pipe.onnx"])
def test_pipes_are_not_waited_for(folder: Path, name: str) -> None:
    os.mkfifo(name)
    for source, copy in (("in.xml", "pipe.xml"), ("in.bin", "pipe.bin")):
        if copy != name:
            shutil.copy(source, copy)
    path = "pipe.onnx" if name == "pipe.onnx" else "pipe.xml"
    with pytest.raises(xai.ModelReadError, match="pipe or device"):
        read_model(path)
