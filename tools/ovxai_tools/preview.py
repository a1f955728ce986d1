"""One picture of what an augmented model says: the original, the map of the best class, and both together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
from ovxai_patterns.scores import Scores

from ovxai_passes.passes import OUTPUT_NAME
from ovxai_passes.testing import scaled_map
from ovxai_tools import demo
from ovxai_tools.images import Preparation, as_inputs, open_picture, triptych


def labels_of(model: ov.Model) -> list[str]:
    """Class names in rt_info `model_info` (blanks in a name are underscores there), or none."""
    path = ["model_info", "labels"]
    return str(model.get_rt_info(path).astype(str)).split() if model.has_rt_info(path) else []


def write_preview(model: ov.Model, found: Scores, image: Path | None, preparation: Preparation, target: Path) -> str:
    """Run an augmented model on a picture (None: a demo picture) and write a PNG; returns its caption.

    `found`: the class scores, whose output's largest entry is the best class.
    """
    picture = open_picture(image or demo.pictures()[0].path)
    results = ov.compile_model(model, "CPU")(as_inputs(picture, model, preparation))
    scores = np.asarray(results[found.output], np.float32).reshape(-1, found.classes)[0]
    best = int(scores.argmax())
    labels = labels_of(model)
    name = labels[best] if len(labels) == scores.size else f"class {best}"
    saliency = results[OUTPUT_NAME][0]
    levels = saliency if saliency.dtype == np.uint8 else scaled_map(saliency)
    per_class = levels.ndim == 3
    caption = f"{name} (score {scores[best]:.3g})" if per_class else f"all classes; best {name}"
    triptych(picture, levels[best] if per_class else levels, caption).save(target, format="PNG")
    return caption
