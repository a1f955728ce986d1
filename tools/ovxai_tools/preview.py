"""One picture of what an augmented model says: the original, the map of the best class, and both together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.scores import Scores

from ovxai_passes.labels import labels_of
from ovxai_passes.passes import CLASSES_NAME, OUTPUT_NAME
from ovxai_passes.testing import scaled_map
from ovxai_tools import demo
from ovxai_tools.images import Preparation, as_inputs, open_picture, triptych


@dataclass(frozen=True)
class Shown:
    """What a preview needs to know.

    `scores`: the class scores. `chosen`: the classes that have maps, None for all of them; `labels`: names, or none.
    """

    scores: Scores
    chosen: tuple[int, ...] | None = None
    labels: tuple[str, ...] = ()


def write_preview(model: ov.Model, shown: Shown, image: Path | None, preparation: Preparation, target: Path) -> str:
    """Run an augmented model on a picture (None: a demo picture) and write a PNG; returns its caption.

    The best class is the best of those that have maps.
    """
    picture = open_picture(image or demo.pictures()[0].path)
    results = ov.compile_model(model, "CPU")(as_inputs(picture, model, preparation))
    scores = _scores(np.asarray(results[shown.scores.output]), shown.scores.classes)
    mapped = list(range(scores.size)) if shown.chosen is None else list(shown.chosen)
    if any(CLASSES_NAME in port.get_names() for port in model.outputs):
        mapped = [int(number) for number in results[CLASSES_NAME][0]]
    row = int(scores[mapped].argmax())
    best = mapped[row]
    labels = shown.labels or labels_of(model)
    name = labels[best] if len(labels) == scores.size else f"class {best}"
    saliency = results[OUTPUT_NAME][0]
    levels = saliency if saliency.dtype == np.uint8 else scaled_map(saliency)
    per_class = levels.ndim == 3
    caption = f"{name} (score {scores[best]:.3g})" if per_class else f"all classes; best {name}"
    triptych(picture, levels[row] if per_class else levels, caption).save(target, format="PNG")
    return caption


def _scores(values: npt.NDArray[np.generic], classes: int) -> npt.NDArray[np.float32]:
    """The scores [K] of the first picture; of an output that only says which class is best, 1 for that one."""
    first = values.reshape(len(values) if values.ndim > 1 else 1, -1)[0]
    if first.size == classes and not np.issubdtype(first.dtype, np.integer):
        return first.astype(np.float32)
    scores = np.zeros(classes, np.float32)
    if np.issubdtype(first.dtype, np.integer):
        scores[int(first[0])] = 1
    return scores
