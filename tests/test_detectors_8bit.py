"""Fully 8-bit detectors and segmenters are explained as their float twins are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from ovxai_patterns.instances import Prototypes
from ovxai_tools.verify import random_case, verify

import ovxai_passes as xai
from ovxai_passes.insert import DetectorInsertion, insert_any
from ovxai_passes.options import Options
from ovxai_passes.testing import worst_difference
from ovxai_passes.testing_detectors import shrunk
from tests.detector_graphs import CLASSES, SIDE
from tests.detector_graphs_8bit import BASE_RANGE, COUNT, OUTPUT_RANGE, network
from tests.running import Array, random_input, run
from tests.test_detectors import expected, located


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
    assert verify(known.model, insert_any(known.model, Options()).model, found, [random_case(known.model)])


@pytest.mark.parametrize("kind", [np.int8, np.uint8])
def test_masks_of_bytes(kind: type[np.integer]) -> None:
    model, size = network(masks=True, kind=kind).model, (8, 8)
    found = located(model, saliency_map_size=size)
    instances = found.locate.result.instances
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
    assert verify(model, insert_any(model, Options()).model, located(model), [random_case(model)])
    heads = located(model, method="detclassprobabilitymap")
    assert [level.name for level in heads.report.levels] == ["cls0", "cls1"]
