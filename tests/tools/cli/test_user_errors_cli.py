"""Odd command lines, as a new user would give them: one clear sentence, the documented exit code, nothing written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.cli import bench, evaluate, explain, sweep, transform
from ovxai_tools.common.model_loading import load_model
from ovxai_tools.demo import shipped as demo

import ovxai_passes as xai
from tests.fixtures import graphs, other_detector_graphs
from tests.support.cli import invoke
from tests.support.extras import needs_pictures

STAR = demo.FOLDER / "03_star.png"
OUT = "out.xml"

TRANSFORM: list[tuple[tuple[object, ...], int, str]] = [
    (("", OUT), 2, "the model's name is empty"),
    ((".", OUT), 2, "cannot read .: it is a directory"),
    (("", "--dry-run"), 2, "the model's name is empty"),
    ((".", "--dry-run"), 2, "cannot read .: it is a directory"),
    (("demo:cnn", ""), 2, "'[OUT.xml]': the name is empty"),
    (("demo:cnn", "."), 2, "give a name that ends in .xml"),
    (("demo:cnn", OUT, "--labels", ""), 2, "'--labels': the name is empty"),
    (("demo:cnn", OUT, "--image", ""), 2, "'--image': the name is empty"),
    (("demo:cnn", OUT, "--preview", ""), 2, "'--preview': the name is empty"),
    (("demo:cnn", OUT, "--preview", "a.xyz"), 2, "a name that ends in one of .png .jpg"),
    (("demo:cnn", OUT, "--preview", "a"), 2, "a name that ends in one of .png .jpg"),
    (("none.xml", OUT, "--preview", "a.pdf", "--image", STAR), 2, "a name that ends in one of .png .jpg"),
    (
        ("none.xml", OUT, "--preview", "a.png"),
        2,
        "--preview needs a picture of what the model knows: give --image FILE",
    ),
    (("demo:cnn", OUT, "--mean", "1,2,3,4"), 2, "--mean takes 3 numbers for this model's picture"),
    (("demo:cnn", "--dry-run", "--verify"), 2, "--verify needs the model that --dry-run does not make"),
    (("demo:cnn", "--dry-run", "--preview", "a.png"), 2, "--preview needs the model"),
    (("demo:cnn", OUT, "--mean", "nan"), 2, "--mean takes one number or three"),
    (("demo:cnn", OUT, "--scale", "inf"), 2, "--scale takes one number or three"),
    (("demo:cnn", OUT, "--max-cost", "nan"), 2, "'nan' is no number"),
    (("demo:cnn", OUT, "--method", "rise"), 2, "'rise' is not one of 'reciprocam'"),
    (("demo:cnn", OUT, "--method", "scorecam"), 2, "'scorecam' is not one of 'reciprocam'"),
    (("demo:cnn", OUT, "--task", "detection"), 3, "--task detection was given, but the model is a classifier"),
    (("demo:cnn", "--dry-run", "--task", "instance_segmentation"), 3, "the model is a classifier: output 0"),
    (("demo:cnn", OUT, "--top-k", 5000), 2, "--top-k 5000 is more than the model has, 8 classes"),
    (("demo:cnn", OUT, "--labels", "four.txt"), 2, "4 labels for the model's 8 classes"),
    (("demo:cnn", OUT, "--labels", "nothing.txt"), 2, "there are no labels in nothing.txt"),
    (("demo:detector", OUT, "--labels", "four.txt"), 2, "4 labels for the model's"),
    (("demo:cnn", OUT, "--max-cost", 0.001), 3, "takes 0.011 times the model's multiply-adds, beyond --max-cost 0.001"),
    (("demo:cnn", OUT, "--max-tensor-gib", 1e-9), 3, "makes a tensor of 2.3e-05 GiB, beyond --max-tensor-gib 1e-09"),
    (("constant.xml", OUT), 3, "the model has no input, so there is no picture to explain"),
    (("garbage.onnx", OUT), 2, "it is damaged, or of a format that it does not read"),
    (("demo:cnn", OUT, "--shape", "1,3,64"), 2, "has 3 sizes, but input image [?,3,64,64] has 4"),
    (("demo:cnn", OUT, "--shape", "picture=1,3,64,64"), 2, "no input 'picture'; inputs: image"),
    (("demo:cnn", OUT, "--shape", "1,4,64,64"), 2, "does not take the shape '1,4,64,64'"),
    (("demo:cnn", OUT, "--shape", "1,3,0,64"), 2, "is no shape: give sizes"),
    (("demo:cnn", OUT, "--shape", "8..1,3,64,64"), 2, "is no shape: give sizes"),
    (("demo:cnn", OUT, "--shape", ""), 2, "is no shape: give sizes"),
    (("demo:cnn", OUT, "--shape", "1,3,64,64", "--shape", "image=1,3,64,64"), 2, "two shapes are stated"),
    (("two.xml", OUT, "--shape", "1,3,8,8"), 2, "has 2 inputs, so the shape needs a name"),
]
OTHERS: list[tuple[click.Command, tuple[object, ...], int, str]] = [
    (explain.main, ("", STAR, "--output", "o"), 2, "the model's name is empty"),
    (explain.main, (".", STAR, "--output", "o"), 2, "it is a directory"),
    (explain.main, ("demo:cnn", "", "--output", "o"), 2, "'IMAGES...': the name is empty"),
    (explain.main, ("demo:cnn", STAR, "--output", ""), 2, "'--output': the name is empty"),
    (explain.main, ("demo:cnn", STAR, "--output", "o", "--overlay-weight", "nan"), 2, "'nan' is no number"),
    (
        explain.main,
        ("demo:cnn", STAR, "--output", "o", "--top-k", 5000),
        2,
        "--top-k 5000 is more than the model has, 8",
    ),
    (
        explain.main,
        ("demo:detector", STAR, "--output", "o", "--top-k", 5000),
        2,
        "--top-k 5000 is more than the model has",
    ),
    (explain.main, ("demo:cnn", STAR, "--output", "o", "--labels", "four.txt"), 2, "4 labels for the model's 8"),
    (explain.main, ("demo:cnn", STAR, "--output", "o", "--labels", "four.txt", "--black-box"), 2, "4 labels for"),
    (explain.main, ("demo:detector", STAR, "--output", "o", "--labels", "four.txt"), 2, "4 labels for the model's"),
    (explain.main, ("demo:cnn", STAR, "--output", "o", "--shape", "1,3"), 2, "has 2 sizes, but input image"),
    (bench.main, ("", ""), 2, "the model's name is empty"),
    (bench.main, ("demo:cnn", "."), 2, "it is a directory"),
    (bench.main, ("demo:cnn", "demo:none"), 2, "there is no demo model 'demo:none'"),
    (bench.main, ("demo:cnn", "demo:cnn", "--device", "GPU77"), 2, "there is no device 'GPU77' here: there is CPU"),
    (explain.main, ("demo:cnn", STAR, "--output", "o", "--device", "gpu77"), 2, "there is no device 'GPU77' here"),
    (explain.main, ("demo:cnn", "--output", "o"), 2, "name pictures or folders, or give --list FILE"),
    (explain.main, ("demo:cnn", STAR, "--output", "o", "--recursive"), 2, "--recursive is for folders"),
    (explain.main, ("demo:cnn", "*.png", "--output", "o"), 2, "no picture and no folder fits the pattern *.png"),
    (explain.main, ("demo:cnn", "--list", "none.txt", "--output", "o"), 2, "cannot read the list none.txt: No such"),
    (explain.main, ("demo:cnn", "--list", "nothing.txt", "--output", "o"), 2, "no pictures in the list nothing.txt"),
    (explain.main, ("demo:cnn", STAR, "--output", "o", "--preset", "speed"), 2, "--preset is for --black-box"),
    (explain.main, ("demo:cnn", STAR, "--output", "o", "--black-box", "--batch", 2), 2, "--batch is for maps that are"),
    (explain.main, ("demo:cnn", STAR, "--output", "o", "--preprocess", "tf", "--rgb"), 2, "tf says what --rgb says"),
    (bench.main, ("demo:cnn", "demo:cnn", "--shape", "1"), 2, "has 1 sizes, but input image"),
    (sweep.main, ("", "--out", "r.csv"), 2, "the name is empty"),
    (sweep.main, ("constant.xml", "--out", ""), 2, "the name is empty"),
    (sweep.main, ("constant.xml", "--out", "r.csv", "--timeout", "nan"), 2, "'nan' is no number"),
    (sweep.main, ("constant.xml", "--out", "r.csv", "--shape", "x"), 2, "is no shape: give sizes"),
    (evaluate.main, ("--quality", ".", "--data", "."), 2, "it is a directory"),
    (evaluate.main, ("demo:cnn", "--shape", "1,3,64,64"), 2, "--shape is for models of your own"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with odd things in it."""
    monkeypatch.chdir(tmp_path)
    Path("four.txt").write_text("a\nb\nc\nd\n")
    Path("nothing.txt").write_text("\n")
    Path("garbage.onnx").write_text("garbage\n")
    ov.save_model(ov.Model([ops.result(ops.constant(np.zeros((1, 5), np.float32)))], []), "constant.xml")
    image, other = graphs.picture(1), graphs.picture(1)
    image.set_friendly_name("first")
    other.set_friendly_name("second")
    ov.save_model(ov.Model([ops.result(ops.add(image, other))], [image, other]), "two.xml")
    return tmp_path


def told(program: click.Command, call: tuple[object, ...], code: int, said: str) -> None:
    before = set(os.listdir())
    output = invoke(program, *call, code=code).output
    assert said in output
    assert "Exception from" not in output
    assert "Traceback" not in output
    assert set(os.listdir()) == before


@pytest.mark.parametrize(("call", "code", "said"), TRANSFORM)
def test_transform(folder: Path, call: tuple[object, ...], code: int, said: str) -> None:
    needs_pictures()
    told(transform.main, call, code, said)


@pytest.mark.parametrize(("program", "call", "code", "said"), OTHERS)
def test_other_commands(folder: Path, program: click.Command, call: tuple[object, ...], code: int, said: str) -> None:
    needs_pictures()
    told(program, call, code, said)


def test_counts_are_looked_at_before_the_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, **__: object) -> None:
        raise AssertionError("the network is analysed already")

    monkeypatch.setattr("ovxai_passes.passes.targets.classifier.TargetSearch", late)
    for options in ({"top_k": 6}, {"labels": ["a"]}, {"classes": [5]}):
        with pytest.raises(xai.OptionError):
            xai.insert_xai(graphs.cnn(), **options)
    with pytest.raises(AssertionError):
        xai.insert_xai(graphs.cnn(), top_k=5)


def test_two_stages_and_queries_are_detectors() -> None:
    for model in (other_detector_graphs.two_stages(), other_detector_graphs.queries()):
        found = xai.insert_xai(model, task="detection")
        assert str(found.get_rt_info(["ovxai", "method"]).astype(str)) == "activationmap"


def test_what_frontends_print_is_left_out(folder: Path) -> None:
    command = [sys.executable, "-m", "ovxai_tools.cli.transform", "garbage.onnx", OUT]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [done.stderr.strip()]
    assert done.stderr.startswith("Error: cannot read garbage.onnx")


def test_streams_are_as_they_were_after_reading(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    streams, count = (sys.stdout, sys.stderr), len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc") else 0
    for _ in range(3):
        with pytest.raises(xai.ModelReadError):
            load_model("garbage.onnx")
        load_model("demo:cnn")
    assert (sys.stdout, sys.stderr) == streams
    assert not count or len(os.listdir("/proc/self/fd")) <= count + 1
    os.write(1, b"heard\n")
    os.write(2, b"as well\n")
    assert capfd.readouterr() == ("heard\n", "as well\n")
