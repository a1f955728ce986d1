"""One picture of what an augmented detector says: the original, the map of the class it is surest of, both together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.detector.class_heads import ClassHeads

from ovxai_passes.insert import DetectorInsertion
from ovxai_passes.model_info.labels import names_of, own_names_of
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.reference.classifiers import scaled_map
from ovxai_passes.reference.detectors import by_channel, mask_map, sigmoid, sources_of
from ovxai_tools.checks.verify_detector import picture_size
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.images import Preparation, as_inputs, open_picture, triptych


def write_detector_preview(  # noqa: PLR0913, PLR0917  # as write_preview, and what was inserted
    plain: ov.Model,
    model: ov.Model,
    insertion: DetectorInsertion,
    labels: tuple[str, ...],
    image: Path | None,
    preparation: Preparation,
    target: Path,
) -> str:
    """Run an augmented detector on a picture (None: a demo scene) and write the picture `target`; returns its caption.

    `plain`: the detector without maps, in which the findings of `insertion` were made.
    """
    picture = open_picture(image or demo.scenes()[0].path)
    inputs = as_inputs(picture, model, preparation)
    saliency = np.asarray(ov.compile_model(model, "CPU")(inputs)[OUTPUT_NAME])[0]
    levels = saliency if saliency.dtype == np.uint8 else scaled_map(saliency)
    if levels.ndim == 2:
        caption = "all classes"
    else:
        scores = class_scores(plain, insertion, inputs)
        mapped = list(insertion.report.chosen or range(scores.size))
        row = int(scores[mapped].argmax())
        background = insertion.report.background
        names = names_of(labels, scores.size, background) or own_names_of(plain, scores.size, background)
        name = names[mapped[row]] if names else f"class {mapped[row]}"
        caption, levels = f"{name} (score {scores[mapped[row]]:.3g})", levels[row]
    triptych(picture, levels, caption).save(target)
    return caption


def class_scores(
    model: ov.Model, insertion: DetectorInsertion, inputs: list[npt.NDArray[np.generic]]
) -> npt.NDArray[np.float64]:
    """How sure a detector (without maps) is of each class somewhere in the first picture, [K]."""
    found = insertion.locate.result
    if found.instances is not None:
        sources = list(insertion.explain.result.sources)
        values = dict(zip(sources, tensors_at(model, sources, inputs), strict=True))
        maps = mask_map(found.instances, found.size, values, picture_size(model, inputs))
        return np.asarray(maps[0].max((1, 2)), np.float64)
    assert found.heads is not None, "a map for each class is made of class heads or instances"
    sources = sources_of(found)
    return _of_heads(found.heads, dict(zip(sources, tensors_at(model, sources, inputs), strict=True)))


def _of_heads(heads: ClassHeads, values: dict[Any, npt.NDArray[np.generic]]) -> npt.NDArray[np.float64]:
    best = np.zeros(heads.classes)
    for level in heads.levels:
        value = by_channel(values[level.tensor], level, level.axis)[0]
        scores = np.stack([value[list(channels)] for channels in level.channels])  # [K,A,h,w]
        if heads.activation in ("Softmax", "LogSoftmax"):
            shares = np.exp(scores - scores.max(0))
            scores = shares / shares.sum(0)
        else:
            scores = sigmoid(scores)
        if level.objectness is not None:
            said = level.objectness
            scores = scores * sigmoid(by_channel(values[said.tensor], level, said.axis)[0][list(said.channels)])
        best = np.maximum(best, scores.max((1, 2, 3)))
    return best
