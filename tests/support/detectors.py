"""Maps of detectors: as inserted, and by numpy alone from what is known of a fixture."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.insert import Insertion, insert
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.options import Options
from ovxai_passes.reference.class_probability import resized
from tests.fixtures.detector_parts import Known
from tests.support.running import Array

SIZE = (23, 23)
"""Of a map, where none is asked for."""


def located(model: ov.Model, **options: Any) -> Insertion:
    """The insertion into a detector, with raw maps."""
    return insert(model, Options.checked(embed_scaling=False, **options))


def heads_of(known: Known, image: Array) -> list[Array]:
    """The values of a fixture's class heads, [N,anchors,width,h,w]."""
    graph = ModelGraph(known.model)
    named = {node.get_friendly_name(): (place, 0) for place, node in enumerate(graph.ops)}
    values = tensors_at(known.model, [named[name] for name in known.heads], [image])
    planes = [
        value if value.shape[2:] == grid else value.transpose(0, 3, 1, 2)
        for value, grid in zip(values, known.grids, strict=True)
    ]
    return [
        plane.astype(np.float64).reshape(len(plane), known.anchors, known.width, *grid)
        for plane, grid in zip(planes, known.grids, strict=True)
    ]


def expected(known: Known, image: Array, size: tuple[int, int] = SIZE) -> Array:
    """The raw map by numpy alone, from what is known of the fixture."""
    maps = []
    for head in heads_of(known, image):
        scores = head[:, :, known.first : known.width - known.more].max(1)
        if known.background is not None:
            scores = np.delete(scores, known.background, 1)
        maps.append(resized(scores, size))
    mean = sum(maps) / len(maps)
    if mean.shape[1] == 1:
        return mean
    shares = np.exp(mean - mean.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)
