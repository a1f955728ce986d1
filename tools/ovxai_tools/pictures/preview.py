"""One picture of what an augmented model says: the original, the map of the best class, and both together.

Of several methods each has a row. Of a detector the best class is the one that it is surest of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.insert import Insertion
from ovxai_passes.model_info.class_scores import shares_of
from ovxai_passes.model_info.labels import names_of, own_names_of
from ovxai_passes.model_info.outputs import CLASSES_NAME
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.model_info.recorded import holds_scaled_map
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.encoding import write_picture
from ovxai_passes.pictures.levels import as_levels, scaling
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.detector_scores import DetectorScores
from ovxai_tools.pictures.model_input import as_inputs, fit_of
from ovxai_tools.pictures.panels import rows, triptych


@dataclass(frozen=True)
class PreviewSubject:
    """What a preview is of: the model without maps, what was inserted, names of its classes, or none."""

    plain: ov.Model
    insertion: Insertion
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Outputs:
    """What the augmented model gives for a picture."""

    inputs: list[npt.NDArray[np.generic]]
    results: Mapping[Any, Any]
    names: frozenset[str]


def write_preview(
    model: ov.Model, subject: PreviewSubject, image: Path | None, preparation: Preparation, target: Path
) -> str:
    """Run an augmented model on a picture (None: a demo picture) and write the picture `target`; returns its caption.

    The best class is the best of those that have maps, by the scores that the model's output shows, or ranks. Of
    several methods the caption is that of the first. Raises OptionError.
    """
    maps = subject.insertion.of_each_map()
    pictures = demo.pictures() if maps[0].target.site is not None else demo.scenes()
    picture = read_picture(image or pictures[0].path)
    inputs = as_inputs(picture, model, preparation)
    names = frozenset(name for port in model.outputs for name in port.get_names())
    outputs = _Outputs(inputs, ov.compile_model(model, "CPU")(inputs), names)
    captions, strips = [], []
    for one in maps:
        saliency = np.asarray(outputs.results[one.report.output])[0]
        levels = _levels(model, saliency)
        row, caption = _best(subject, one, outputs, levels.ndim == 3)
        captions.append(f"{one.report.method}: {caption}" if len(maps) > 1 else caption)
        shown = fit_of(picture, model, preparation).onto_picture(levels if row is None else levels[row])
        strips.append(triptych(picture, shown, captions[-1]))
    write_picture(rows(strips), target)
    return captions[0]


def _best(subject: PreviewSubject, shown: Insertion, outputs: _Outputs, per_class: bool) -> tuple[int | None, str]:
    """The place of the best class among the maps of one method, None where it makes one for all; and a caption."""
    if shown.target.site is None and not per_class:
        return None, "all classes"
    if shown.target.site is None:
        scores: Any = DetectorScores.of(subject.plain, shown)(outputs.inputs)
    else:
        known = shown.site.scores
        scores = shares_of(tensors_at(subject.plain, [known.shown], outputs.inputs)[0], known.classes)
    report = shown.report
    mapped = list(range(scores.size)) if report.chosen is None else list(report.chosen)
    if report.top_k is not None and CLASSES_NAME in outputs.names:
        mapped = [int(number) for number in outputs.results[CLASSES_NAME][0]]
    row = int(scores[mapped].argmax())
    best = mapped[row]
    names = names_of(subject.labels, scores.size, report.background) or own_names_of(
        subject.plain, scores.size, report.background
    )
    name = names[best] if names else f"class {best}"
    return (row, f"{name} (score {scores[best]:.3g})") if per_class else (None, f"all classes; best {name}")


def _levels(model: ov.Model, saliency: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    """A map as levels, of raw scores scaled by their own range."""
    if saliency.dtype == np.uint8:
        return saliency.astype(np.uint8)
    return as_levels(saliency) if holds_scaled_map(model) else scaling(saliency)
