"""Detectors of torchvision and ultralytics, converted with drawn weights: class heads are found without being named.

`OVXAI_DETECTORS` names a folder of their IRs, one NAME.xml each; run with -m slow.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_tools.checks.verify import random_case, verify

from ovxai_passes.insert import Insertion, insert
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.options import Options
from ovxai_passes.reference.class_probability import resized
from ovxai_passes.reference.comparing import worst_difference
from tests.support.running import run

FOLDER = os.environ.get("OVXAI_DETECTORS", "")


@dataclass(frozen=True)
class Known:
    """`heads`: a part of the names of class heads. `grids`: sides of the square grids. `anchors`: of each."""

    heads: str
    grids: tuple[int, ...]
    classes: int = 80
    anchors: tuple[int, ...] = (1,)
    background: int | None = None
    tokens: bool = False


YOLO = Known(".cv3.", (16, 8, 4))
ONE_STAGE = {
    "ssdlite": Known("classification_head.module_list", (20, 10, 5, 3, 2, 1), 7, (6,), 0),
    "ssd300": Known("classification_head.module_list", (38, 19, 10, 5, 3, 1), 7, (4, 6, 6, 6, 4, 4), 0),
    "retinanet": Known("classification_head.cls_logits", (16, 8, 4, 2, 1), 7, (9,)),
    "fcos": Known("classification_head.cls_logits", (16, 8, 4, 2, 1), 7),
    "yolov3-tiny": Known(".cv3.", (8, 4)),
    "yolov5n": YOLO,
    "yolov8n": YOLO,
    "yolov9t": YOLO,
    "yolov10n": YOLO,
    "yolo11n": YOLO,
    "yolo12n": YOLO,
    "rtdetr-resnet50": Known("enc_score_head", (20, 10, 5), tokens=True),
}
OTHERS = {
    "fasterrcnn": ("detection", "activationmap", "fpn.layer_blocks.2", (8, 8)),
    "maskrcnn": ("instance_segmentation", "instancemasks", "unsqueeze", (56, 56)),
    "yolov8n-seg": ("instance_segmentation", "instancemasks", "cat/Concat", (56, 56)),
}


def converted(name: str) -> ov.Model:
    if not FOLDER:
        pytest.skip("OVXAI_DETECTORS names no folder of detectors")
    return ov.Core().read_model(Path(FOLDER) / f"{name}.xml")


def inserted(model: ov.Model, **options: Any) -> Insertion:
    return insert(model, Options.checked(**options))


def expected(model: ov.Model, known: Known, names: list[str], image: Any) -> Any:
    """The raw map by numpy alone, from the tensors of layers by name: channels are anchor by anchor."""
    places = {node.get_friendly_name(): (place, 0) for place, node in enumerate(ModelGraph(model).ops)}
    values = [value.astype(np.float64) for value in tensors_at(model, [places[name] for name in names], [image])]
    if known.tokens:
        ends = np.cumsum([side * side for side in known.grids])[:-1]
        values = [part.transpose(0, 2, 1) for part in np.split(values[0], ends, 1)]
    maps = []
    for value, side in zip(values, known.grids, strict=True):
        best = value.reshape(1, -1, known.classes, side, side).max(1)
        maps.append(resized(best if known.background is None else np.delete(best, known.background, 1), (23, 23)))
    mean = sum(maps) / len(maps)
    shares = np.exp(mean - mean.max(1, keepdims=True))
    return (shares / shares.sum(1, keepdims=True)).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("name", ONE_STAGE)
def test_class_heads(name: str) -> None:
    known, model = ONE_STAGE[name], converted(name)
    raw = inserted(model, embed_scaling=False)
    report = raw.report
    assert (report.task, report.method) == ("detection", "detclassprobabilitymap")
    assert (report.classes, report.background) == (known.classes, known.background)
    assert all(known.heads in level.name for level in report.levels)
    assert {level.type for level in report.levels} == {"Add"}
    assert [level.grid for level in report.levels] == [(side, side) for side in known.grids]
    anchors = known.anchors if len(known.anchors) > 1 else known.anchors * len(known.grids)
    assert tuple(level.anchors for level in report.levels) == anchors
    for level, count in zip(report.levels, anchors, strict=True):
        channels = f"{known.classes}]" if known.tokens else f"[1,{count * known.classes},{level.grid[0]},"
        assert channels in level.shape
    (image,) = random_case(model).inputs
    names = [level.name for level in report.levels]
    saliency = run(raw.model, image, name="saliency_map")
    assert worst_difference(saliency, expected(model, known, names[:1] if known.tokens else names, image)) <= 1
    assert verify(model, inserted(model).model, raw, [random_case(model)])


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_two_stages_and_instances(name: str) -> None:
    task, method, layer, grid = OTHERS[name]
    model = converted(name)
    raw = inserted(model, embed_scaling=False)
    assert (raw.report.task, raw.report.method, raw.report.grid) == (task, method, grid)
    assert layer in raw.report.target.name
    assert verify(model, inserted(model).model, raw, [random_case(model)])
