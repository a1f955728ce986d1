"""Fully 8-bit detectors and segmenters are explained as their float twins are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from ovxai_patterns.detector.instances import Prototypes
from ovxai_tools.checks.verify import Case, random_case, verify

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.methods.spec import required
from ovxai_passes.options import Options
from ovxai_passes.reference.comparing import worst_difference
from ovxai_passes.reference.instance_masks import shrunk
from tests.fixtures.detector_graphs_8bit import BASE_RANGE, COUNT, OUTPUT_RANGE, network, quantised_and_back
from tests.fixtures.detector_parts import CLASSES
from tests.support.detectors import expected, located
from tests.support.running import Array, random_input, run


def values(levels: Array, low: float, high: float) -> Array:
    limits = np.iinfo(levels.dtype)
    return (levels.astype(np.float64) - limits.min) / 255 * (high - low) + low


@pytest.mark.parametrize("kind", [np.int8, np.uint8])
@pytest.mark.parametrize("classes", [1, CLASSES])
def test_class_heads_of_bytes(kind: type[np.integer], classes: int) -> None:
    known = network(kind=kind, classes=classes)
    found = located(known.model)
    assert (found.report.task, found.report.classes) == ("detection", classes)
    assert [level.name for level in found.report.levels] == list(known.heads)
    image = random_input(known.model)
    assert worst_difference(run(found.model, image, name="saliency_map"), expected(known, image)) <= 1
    assert verify(known.model, insert(known.model, Options()).model, found, [random_case(known.model)])


def test_class_heads_between_quantize_and_dequantize() -> None:
    known = network(rounded=quantised_and_back)
    found = located(known.model)
    assert [level.name for level in found.report.levels] == list(known.heads)
    assert found.report.classes == CLASSES
    image = random_input(known.model)
    assert worst_difference(run(found.model, image, name="saliency_map"), expected(known, image)) <= 1
    assert verify(known.model, insert(known.model, Options()).model, found, [random_case(known.model)])


@pytest.mark.parametrize("kind", [np.int8, np.uint8])
def test_masks_of_bytes(kind: type[np.integer]) -> None:
    model, size = network(masks=True, kind=kind).model, (8, 8)
    found = located(model, saliency_map_size=size)
    instances = required(found.target.masks).instances
    assert isinstance(instances, Prototypes)
    assert found.report.task == "instance_segmentation"
    assert (instances.classes, instances.count, instances.base_axis) == (CLASSES, COUNT, 3)
    image = random_input(model)
    rows = values(run(model, image), *OUTPUT_RANGE)[0]
    bases = shrunk(values(run(model, image, name=1), *BASE_RANGE)[0].transpose(2, 0, 1), size)
    wanted = np.zeros((1, CLASSES, *size))
    y, x = (np.mgrid[: size[0], : size[1]] + 0.5) / size[0]
    for column in rows.T:
        mask = 1 / (1 + np.exp(-np.tensordot(column[4 + CLASSES :], bases, 1)))
        mask *= (abs(x - column[0]) <= column[2] / 2) & (abs(y - column[1]) <= column[3] / 2)
        label = column[4 : 4 + CLASSES].argmax()
        wanted[0, label] = np.maximum(wanted[0, label], column[4 + label] * mask)
    assert wanted.max() > 0
    assert worst_difference(run(found.model, image, name="saliency_map"), wanted.astype(np.float32)) <= 1
    assert verify(model, insert(model, Options()).model, located(model), [random_case(model)])
    heads = located(model, method="detclassprobabilitymap")
    assert [level.name for level in heads.report.levels] == ["cls0", "cls1"]


YOLOX, YOLOV8, YOLOV8_SEG = "yolox_nano_416.onnx", "yolov8n_416_int8.tflite", "yolov8n_seg_320_int8.tflite"


def letterboxed(path: Path, side: int) -> tuple[Array, tuple[float, float]]:
    """A picture [side,side,3] RGB at the top left of grey, and the shares of width and height that it fills."""
    images = pytest.importorskip("PIL.Image", reason="pictures need Pillow: pip install 'ovxai-passes[image]'")
    picture = images.open(path).convert("RGB")
    width, height = (round(size * side / max(picture.size)) for size in picture.size)
    pixels = np.full((side, side, 3), 114, np.uint8)
    pixels[:height, :width] = np.asarray(picture.resize((width, height), images.Resampling.BICUBIC))
    return pixels, (width / side, height / side)


def as_input(pixels: Array, name: str) -> Array:
    """BGR as floats for YOLOX, else signed bytes, channels last."""
    if name == YOLOX:
        return pixels[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32)
    return (pixels.astype(np.int16) - 128).astype(np.int8)[None]


def pointing(data: Path, name: str) -> float:
    """Of all classes in pictures: the share whose map is largest in a box of the class. Default options."""
    compiled = ov.compile_model(xai.insert_xai(data / name), "CPU")
    hits: list[bool] = []
    for file, boxes in json.loads((data / "coco64/boxes.json").read_text()).items():
        pixels, filled = letterboxed(data / "coco64" / file, 416)
        maps = compiled(as_input(pixels, name))["saliency_map"][0]
        for number in sorted({box[0] for box in boxes}):
            row, column = np.unravel_index(maps[number].argmax(), maps[number].shape)
            x, y = (column + 0.5) / maps.shape[2] / filled[0], (row + 0.5) / maps.shape[1] / filled[1]
            hits.append(any(b[1] <= x <= b[3] and b[2] <= y <= b[4] for b in boxes if b[0] == number))
    return float(np.mean(hits))


@pytest.mark.slow
def test_real_bytes_point_as_well_as_floats(data: Path) -> None:
    found = {name: pointing(data, name) for name in (YOLOX, YOLOV8)}
    print(found)
    assert found[YOLOV8] >= found[YOLOX] - 0.03


@pytest.mark.slow
@pytest.mark.parametrize(("name", "task"), [(YOLOV8, "detection"), (YOLOV8_SEG, "instance_segmentation")])
def test_real_bytes_are_found_and_verified(data: Path, name: str, task: str) -> None:
    model = ov.Core().read_model(data / name)
    found = located(model)
    assert (found.report.task, found.report.classes) == (task, 80)
    pixels, _ = letterboxed(data / "bus.jpg", model.inputs[0].shape[1])
    cases = [random_case(model), Case("bus", [as_input(pixels, name)])]
    assert verify(model, insert(model, Options()).model, found, cases)
    saliency = run(found.model, as_input(pixels, name), name="saliency_map")
    _row, column = np.unravel_index(saliency[0, 5].argmax(), saliency.shape[2:])
    assert 0.1 < (column + 0.5) / saliency.shape[3] < 0.95
    assert saliency[0, 5].max() == saliency[0].max() or task == "detection"
