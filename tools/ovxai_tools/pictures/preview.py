"""One picture of what an augmented model says: the original, the map of the best class, and both together.

Of a detector the best class is the one that it is surest of.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.classifier.scores import Scores

from ovxai_passes.insert import Insertion
from ovxai_passes.model_info.class_shares import shares_of
from ovxai_passes.model_info.labels import names_of, own_names_of
from ovxai_passes.model_info.outputs import CLASSES_NAME, OUTPUT_NAME
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.model_info.recorded import holds_scaled_map
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.encoding import write_picture
from ovxai_passes.pictures.levels import as_levels, scaling
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.detector_scores import class_scores
from ovxai_tools.pictures.model_input import as_inputs, fit_of
from ovxai_tools.pictures.panels import triptych


@dataclass(frozen=True)
class PreviewSubject:
    """What a preview needs to know.

    `plain`: the model without maps, and its class `scores`. `chosen`: the classes that have maps, None for all of them;
    `labels`: names, or none.
    """

    plain: ov.Model
    scores: Scores
    chosen: tuple[int, ...] | None = None
    labels: tuple[str, ...] = ()


def write_preview(
    model: ov.Model, subject: PreviewSubject, image: Path | None, preparation: Preparation, target: Path
) -> str:
    """Run an augmented model on a picture (None: a demo picture) and write the picture `target`; returns its caption.

    The best class is the best of those that have maps, by the scores that the model's output shows, or ranks.
    Raises OptionError.
    """
    picture = read_picture(image or demo.pictures()[0].path)
    inputs = as_inputs(picture, model, preparation)
    results = ov.compile_model(model, "CPU")(inputs)
    scores = shares_of(tensors_at(subject.plain, [subject.scores.shown], inputs)[0], subject.scores.classes)
    mapped = list(range(scores.size)) if subject.chosen is None else list(subject.chosen)
    if any(CLASSES_NAME in port.get_names() for port in model.outputs):
        mapped = [int(number) for number in results[CLASSES_NAME][0]]
    row = int(scores[mapped].argmax())
    best = mapped[row]
    names = names_of(subject.labels, scores.size) or own_names_of(subject.plain, scores.size)
    name = names[best] if names else f"class {best}"
    saliency = results[OUTPUT_NAME][0]
    levels = _levels(model, saliency)
    per_class = levels.ndim == 3
    caption = f"{name} (score {scores[best]:.3g})" if per_class else f"all classes; best {name}"
    shown = fit_of(picture, model, preparation).onto_picture(levels[row] if per_class else levels)
    write_picture(triptych(picture, shown, caption), target)
    return caption


def write_detector_preview(  # noqa: PLR0913, PLR0917  # as write_preview, and what was inserted
    plain: ov.Model,
    model: ov.Model,
    insertion: Insertion,
    labels: tuple[str, ...],
    image: Path | None,
    preparation: Preparation,
    target: Path,
) -> str:
    """Run an augmented detector on a picture (None: a demo scene) and write the picture `target`; returns its caption.

    `plain`: the detector without maps, in which the findings of `insertion` were made.
    """
    picture = read_picture(image or demo.scenes()[0].path)
    inputs = as_inputs(picture, model, preparation)
    saliency = np.asarray(ov.compile_model(model, "CPU")(inputs)[OUTPUT_NAME])[0]
    levels = _levels(model, saliency)
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
    write_picture(triptych(picture, fit_of(picture, model, preparation).onto_picture(levels), caption), target)
    return caption


def _levels(model: ov.Model, saliency: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    """A map as levels, of raw scores scaled by their own range."""
    if saliency.dtype == np.uint8:
        return saliency.astype(np.uint8)
    return as_levels(saliency) if holds_scaled_map(model) else scaling(saliency)
