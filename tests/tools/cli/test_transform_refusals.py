"""What ovxai-transform refuses, and that nothing is left of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovxai_passes.insert import insert
from ovxai_passes.pictures.encoding import write_picture
from tests.fixtures import graphs
from tests.support.extras import needs_pictures
from tests.tools.cli.test_transform import call, listing


def test_existing_output_is_kept_without_force(folder: Path) -> None:
    Path("out.bin").write_text("mine")
    assert "--force" in call("in.xml", "out.xml", code=2).output
    assert Path("out.bin").read_text() == "mine"
    call("in.xml", "out.xml", "--force")
    assert listing() == ["in.bin", "in.xml", "out.bin", "out.xml"]
    call("in.xml", "in.xml", "--force", code=2)


def _text_model() -> None:
    tokens = ops.parameter([1, 16], np.int64)
    words = ops.gather(ops.constant(np.ones((9, 4), np.float32)), tokens, graphs.scalar(0))
    scores = ops.matmul(
        ops.reduce_mean(words, graphs.integers(1)), ops.constant(np.ones((4, 3), np.float32)), False, False
    )
    ov.save_model(ov.Model([scores], [tokens]), "bad.xml")


def _feature_model() -> None:
    image = graphs.picture(1)
    ov.save_model(ov.Model([graphs.conv(image, graphs.Weights(), 3, 6, 2, 2)], [image]), "bad.xml")


def _truncated() -> None:
    shutil.copy("in.xml", "bad.xml")
    Path("bad.bin").write_bytes(Path("in.bin").read_bytes()[:200])


def _lonely() -> None:
    shutil.copy("in.xml", "bad.xml")


def _foreign() -> None:
    Path("bad.xml").write_text("<svg></svg>")
    Path("bad.bin").touch()


@pytest.mark.parametrize(
    ("prepare", "code", "said"),
    [
        (lambda: None, 2, "no such file"),
        (Path("bad.xml").touch, 2, "empty"),
        (_lonely, 2, "bad.bin, are not beside it"),
        (_truncated, 2, "shorter than the .xml says"),
        (_foreign, 2, "is not an OpenVINO model"),
        (Path("bad.xml").mkdir, 2, "is a directory"),
        (_text_model, 3, "the model takes no picture: its input"),
        (_feature_model, 3, "no class scores"),
    ],
)
def test_bad_input(folder: Path, prepare: object, code: int, said: str) -> None:
    assert callable(prepare)
    prepare()
    before = listing()
    assert said in call("bad.xml", "out.xml", code=code).output
    assert listing() == before


def test_a_file_of_no_known_format(folder: Path) -> None:
    Path("bad.onnx").write_bytes(b"\x00not a model")
    assert "is not a model that OpenVINO reads" in call("bad.onnx", "out.xml", code=2).output


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ((), 2, "OUT.xml is missing"),
        (("nowhere/out.xml",), 2, "no folder nowhere"),
        (("out.onnx",), 2, "ends in .xml"),
        (("out.xml", "--method", "scorecam"), 2, "is not one of"),
        (("out.xml", "--method", "rise"), 2, "is not one of"),
        (("out.xml", "--task", "detection", "--method", "reciprocam"), 2, "is not for a model that detects"),
        (("out.xml", "--k", "-1"), 2, "x>=0"),
        (("out.xml", "--image", "in.bin"), 2, "--verify and --preview"),
        (("out.xml", "--mean", "1,2"), 2, "--mean takes one number or three: 104 or 104,117,123"),
        (("out.xml", "--scale", "0"), 2, "no number of it may be 0"),
        (("out.xml", "--target-layer", "nothing"), 3, "there is no layer 'nothing'"),
        (("out.xml", "--method", "reciprocam"), 3, "class token"),
        (("out.xml", "--k", "5"), 3, "--k 5 needs"),
        (("out.xml", "--output", "9"), 3, "there is no output '9'"),
    ],
)
def test_wrong_usage(folder: Path, args: tuple[str, ...], code: int, said: str) -> None:
    assert said in call("in.xml", *args, code=code).output
    assert listing() == ["in.bin", "in.xml"]


@pytest.mark.parametrize("preview", ["in.xml", "in.bin", "photo.png", "out.xml", "out.bin"])
def test_a_preview_never_replaces_an_input_or_the_model(folder: Path, preview: str) -> None:
    needs_pictures()
    write_picture(np.zeros((8, 8, 3), np.uint8), Path("photo.png"))
    before = {name: Path(name).read_bytes() for name in listing()}
    said = call("in.xml", "out.xml", "--image", "photo.png", "--preview", preview, "--force", code=2).output
    assert "choose another name" in said
    assert {name: Path(name).read_bytes() for name in listing()} == before


def test_unknown_demo_model(folder: Path) -> None:
    assert "demo:cnn" in call("demo:dog", "out.xml", code=2).output


def test_a_wrong_map_is_not_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = insert

    def shifted(model: ov.Model, *options: object) -> object:
        insertion = real(model, *options)  # type: ignore[arg-type]
        result = insertion.model.output("saliency_map").get_node()
        moved = ops.roll(result.input_value(0), graphs.integers(1), graphs.integers(3))
        result.input(0).replace_source_output(moved.output(0))
        insertion.model.validate_nodes_and_infer_types()
        return insertion

    monkeypatch.setattr("ovxai_tools.checks.transformation.insert", shifted)
    assert "differs from its definition" in call("in.xml", "out.xml", "--verify", code=4).output
    assert listing() == ["in.bin", "in.xml"]


def test_a_changed_output_is_not_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = insert

    def changed(model: ov.Model, *options: object) -> object:
        insertion = real(model, *options)  # type: ignore[arg-type]
        result = insertion.model.get_results()[0]
        moved = ops.multiply(result.input_value(0), ops.constant(np.float32(1.0000001)))
        result.input(0).replace_source_output(moved.output(0))
        return insertion

    monkeypatch.setattr("ovxai_tools.checks.transformation.insert", changed)
    assert "output 0 of the original model differs" in call("in.xml", "out.xml", "--verify", code=4).output
    assert listing() == ["in.bin", "in.xml"]


def test_an_error_while_publishing_puts_everything_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("out.bin").write_text("old weights")
    Path("out.xml").write_text("old model")
    replace = os.replace

    def failing(source: Path, target: Path) -> None:
        if Path(target).name == "out.xml":
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr("ovxai_tools.common.files.os.replace", failing)
    assert "No space left" in call("in.xml", "out.xml", "--force", code=2).output
    assert Path("out.bin").read_text() == "old weights"
    assert Path("out.xml").read_text() == "old model"
    assert listing() == ["in.bin", "in.xml", "out.bin", "out.xml"]


def test_a_torn_save_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save = ov.save_model

    def torn(model: ov.Model, path: Path, **options: object) -> None:
        save(model, path, **options)
        weights = Path(path).with_suffix(".bin")
        weights.write_bytes(weights.read_bytes()[:100])

    monkeypatch.setattr(ov, "save_model", torn)
    assert "cannot write out.xml" in call("in.xml", "out.xml", code=2).output
    assert listing() == ["in.bin", "in.xml"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing(folder: Path, number: signal.Signals) -> None:
    ov.save_model(graphs.vit(blocks=60), "deep.xml")
    program = (
        "import signal, time, ovxai_tools.cli.transform as t, ovxai_tools.checks.transformation as w\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job starts with it ignored\n"
        "def slow(*a):\n print('ready', flush=True); time.sleep(60)\n"
        "w.verify = slow; t.main(['deep.xml', 'out.xml', '--verify'])"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert any(name.startswith(".ovxai-") for name in listing())
        process.send_signal(number)
        started = time.monotonic()
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Interrupted" in said
    assert b"Traceback" not in said
    assert time.monotonic() - started < 30
    assert listing() == ["deep.bin", "deep.xml", "in.bin", "in.xml"]


def test_too_costly(folder: Path) -> None:
    said = call("in.xml", "a.xml", "--max-cost", 0.001, code=3).output
    assert "what would cost less: fewer classes" in said
    assert "times the model's multiply-adds, beyond --max-cost 0.001" in said
    assert listing() == ["in.bin", "in.xml"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--background", 0), "Error: --background is for detectors; this model classifies"),
        (("--map-size", "middle"), "--map-size middle is for detectors; this model classifies: give height and width"),
        (("--mean", "1,2"), "Error: --mean takes one number or three: 104 or 104,117,123, not 1,2"),
        (("--mean", "a"), "Error: --mean takes one number or three: 104 or 104,117,123, not a"),
        (("--pad-value", 3), "Error: --pad-value has no effect where pictures fill the input: give --resize-type fit"),
        (("--scaling", "joint", "--no-embed-scaling"), "--scaling joint does not go with --no-embed-scaling"),
        (
            ("--class", "zebu", "--labels", "names.txt"),
            "there is no class named 'zebu'; classes: disc, ring, heart, star, cross",
        ),
    ],
    ids=str,
)
def test_messages_name_flags(folder: Path, args: tuple[object, ...], said: str) -> None:
    Path("names.txt").write_text("disc\nring\nheart\nstar\ncross\n", encoding="utf-8")
    assert said in call("in.xml", "--dry-run", *args, code=2).output


def test_a_table_is_no_picture(folder: Path) -> None:
    row = ops.parameter([1, 16], np.float32, name="x")
    ov.save_model(ov.Model([ops.matmul(row, np.ones((16, 3), np.float32), False, False)], [row]), "table.xml")
    wanted = "Error: the model takes no picture: its input x is f32 [1,16]; a picture is [N,C,H,W] or [N,H,W,C]\n"
    assert call("table.xml", "--dry-run", code=3).output == wanted


def test_text_is_no_model(folder: Path) -> None:
    Path("text.xml").write_text("Dear reader,", encoding="utf-8")
    assert "text.xml: it is not an OpenVINO model" in call("text.xml", "out.xml", code=2).output
