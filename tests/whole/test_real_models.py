"""Trained ImageNet classifiers: verified on a real picture, and pointing at what is on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.evaluation.pointing import peak
from ovxai_tools.pictures.model_input import as_input

import ovxai_passes as xai
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.ops.precision import F32
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.resizing import resize
from tests.support.extras import needs_pictures
from tests.tools.cli.test_transform import call

needs_pictures()

CAFFE = Preparation((104, 117, 123), (1,), bgr=True)
MODELS = {
    "mobilenet_v2_1.0_224_quant.tflite": (Preparation(), 5),
    "mobilenet_v1_0.75_192_quant.tflite": (Preparation(), 4),
    "SqueezeNet_fp16.onnx": (CAFFE, 5),
}

ALIKE = ("mobilenet_v1_0.75_192_quant.tflite",)
"""Its classifier is that of SqueezeNet, its quantisation that of MobileNetV2."""
SOME = [pytest.param(name, marks=pytest.mark.slow) if name in ALIKE else name for name in MODELS]


def _pictures(data: Path) -> dict[str, dict[str, Any]]:
    entries = json.loads((data / "images.json").read_text())
    return {name: entry for name, entry in entries.items() if "imagenet" in entry}


@pytest.mark.parametrize("name", SOME)
def test_verify_on_a_picture(data: Path, tmp_path: Path, name: str) -> None:
    options = ["--mean", "104,117,123", "--bgr"] if MODELS[name][0] is CAFFE else []
    out = tmp_path / "out.xml"
    report = json.loads(call(data / name, out, "--verify", "--image", data / "parrot.jpg", *options, "--json").stdout)
    assert report["method"] == "reciprocam"
    assert sum("bit-identical at f32 and at default precision" in line for line in report["verified"]) == 2


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("chosen", [("--top-k", 3), ("--class", 88, "--class", 7)], ids=str)
def test_some_classes(data: Path, tmp_path: Path, name: str, chosen: tuple[object, ...]) -> None:
    """Quantised classifiers, a 1x1 convolution as classifier, and class scores that are pooled."""
    options = ["--mean", "104,117,123", "--bgr"] if MODELS[name][0] is CAFFE else []
    out = tmp_path / "out.xml"
    said = call(data / name, out, *chosen, "--verify", "--image", data / "cat.png", *options, "--json").stdout
    report = json.loads(said)
    assert len(report["verified"]) == 7
    assert not any("all classes are computed" in notice for notice in report["notices"])
    grown = ov.Core().read_model(out)
    assert grown.output("saliency_map").get_partial_shape()[1].get_length() == (3 if "--top-k" in chosen else 2)


@pytest.mark.parametrize("name", MODELS)
def test_pointing(data: Path, name: str) -> None:
    preparation, wanted = MODELS[name]
    augmented = xai.insert_xai(data / name)
    compiled = ov.compile_model(augmented, "CPU")
    labels = (data / "imagenet_labels.txt").read_text().splitlines()
    inside = 0
    for file, truth in _pictures(data).items():
        picture = read_picture(data / file)
        results = compiled(as_input(picture, augmented, preparation))
        label = labels.index(truth["imagenet"]) - (np.size(results[0]) == 1000)
        heat = results["saliency_map"][0, label]
        smooth = resize(heat, picture.shape[:2])
        y, x = np.unravel_index(smooth.argmax(), smooth.shape)
        x0, y0, x1, y1 = truth["box"]
        inside += x0 <= x / picture.shape[1] <= x1 and y0 <= y / picture.shape[0] <= y1
    assert inside >= wanted


@pytest.mark.parametrize(("file", "label"), [("bus.jpg", "bus"), ("cat_deck.jpg", "cat")])
def test_a_trained_detector_points_at_the_object(data: Path, tmp_path: Path, file: str, label: str) -> None:
    out = tmp_path / "out.xml"
    feeding = ("--image", data / file, "--scale", 255, "--bgr", "--labels", data / "coco_labels.txt")
    said = call(data / "FastestDet.onnx", out, "--verify", "--preview", tmp_path / "out.png", *feeding, "--json").stdout
    report = json.loads(said)
    assert (report["task"], report["method"], report["classes"]) == ("detection", "detclassprobabilitymap", 80)
    (level,) = report["levels"]
    assert (level["grid"], level["anchors"]) == ([22, 22], 1)
    assert sum("bit-identical at f32 and at default precision" in line for line in report["verified"]) == 2
    augmented = ov.Core().read_model(out)
    picture = read_picture(data / file)
    results = ov.compile_model(augmented, "CPU", F32)(as_input(picture, augmented, Preparation((0,), (255,), bgr=True)))
    row = (data / "coco_labels.txt").read_text().split("\n").index(label)
    x0, y0, x1, y1 = json.loads((data / "images.json").read_text())[file]["box"]
    x, y = peak(results["saliency_map"][0, row].astype(np.float32))
    assert x0 <= x <= x1
    assert y0 <= y <= y1
    scores = results[0][0, 5:].max((1, 2))
    assert scores[row] > 0.4, (
        "the class is seen: the cat at 0.448, which bf16 makes 0.47 or 0.52, as the version may be"
    )


def test_a_detector_asked_as_a_classifier_says_what_it_lacks(data: Path) -> None:
    with pytest.raises(xai.TargetNotFoundError, match="no class scores"):
        xai.insert_xai(data / "FastestDet.onnx", task="classification")
