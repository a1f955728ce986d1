"""The pointing game with the demo detector: does the map of every class in a scene point at an object of that class?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import openvino as ov

from ovxai_passes.explainer.boxes import detections_of
from ovxai_passes.insert import insert
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.model_info.read import read_model
from ovxai_passes.ops.precision import F32
from ovxai_passes.options import Options
from ovxai_passes.vocabulary import LARGEST, MIDDLE, Method
from ovxai_tools.demo.average_precision import Truth, map_50
from ovxai_tools.demo.scenes import SIDE, Scene
from ovxai_tools.evaluation.pointing import points_inside
from ovxai_tools.evaluation.pointing_result import PointingResult

DETECTOR_SETTINGS = (
    Options(),
    Options(saliency_map_size=MIDDLE),
    Options(saliency_map_size=LARGEST),
    Options(method=Method.ACTIVATIONMAP),
    Options(method=Method.ACTIVATIONMAP, saliency_map_size=LARGEST),
    Options(method=Method.EIGENCAM),
    Options(method=Method.EIGENCAM, saliency_map_size=LARGEST),
)
_WEAK = 0.01


def pointing_in_scenes(path: Path, options: Options, scenes: Sequence[Scene]) -> PointingResult:
    """Play the game with one setting; every class of every scene counts, found or not."""
    found = insert(read_model(path), replace(options, embed_scaling=False))
    compiled = ov.compile_model(found.model, "CPU", F32)
    inside, seen = [], []
    for scene in scenes:
        results = compiled(scene.pixels.transpose(2, 0, 1)[None].astype(np.float32))
        seen.append(detections_of(results[0][0], _WEAK))
        saliency = results[OUTPUT_NAME][0]
        for label in sorted(set(scene.labels)):
            boxes = [box for box, other in zip(scene.boxes, scene.labels, strict=True) if other == label]
            map_of_class = saliency if saliency.ndim == 2 else saliency[label]
            inside.append(any(points_inside(map_of_class, box, SIDE) for box in boxes))
    return PointingResult(
        model=path.stem,
        method=found.report.method,
        mask=None,
        k=None,
        map_size="x".join(map(str, found.report.grid)),
        default=options == Options(),
        accuracy=map_50(seen, [truths_of(scene) for scene in scenes]),
        inside=float(np.mean(inside)),
    )


def truths_of(scene: Scene) -> list[Truth]:
    """The objects of a scene, boxes in pixels."""
    return [
        Truth((box[0] * SIDE, box[1] * SIDE, box[2] * SIDE, box[3] * SIDE), label)
        for label, box in zip(scene.labels, scene.boxes, strict=True)
    ]
