"""How good the maps of each method are, and what they cost: pointing game, insertion, deletion, ADCC.

Maps of the labelled class (an activation map: of all classes together), as large as the model's input. Insertion and
deletion in 20 steps.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.layout import picture_axes

from ovxai_passes.errors import OptionError, TargetNotFoundError
from ovxai_passes.explainer import Explainer, ExplainMode, Explanation
from ovxai_passes.explainer.black_box.base import BlackBox
from ovxai_passes.metrics import ADCC, InsertionDeletionAUC
from ovxai_passes.model_info.class_scores import class_count, shares_reader
from ovxai_passes.model_info.labels import names_of
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.model_info.shapes import StatedShape
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.resizing import resize_picture
from ovxai_passes.vocabulary import Method, Task
from ovxai_tools.common.model_loading import load_model
from ovxai_tools.common.progress import stage
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.shapes import held_out
from ovxai_tools.evaluation.pointing import points_inside

_STEPS = 20
_COMPARED = 50
_METHODS = (None, Method.ACTIVATIONMAP, Method.EIGENCAM, Method.RISE, Method.AISE)
_FAST = {Method.RISE: {"preset": "speed"}, Method.AISE: {"preset": "speed"}}


@dataclass(frozen=True)
class Sample:
    """A picture u8 [H,W,3] as large as the model's input, the number of its class, and the object's box (fractions)."""

    pixels: npt.NDArray[np.uint8]
    label: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Quality:
    """Means over samples. `inferences`, `seconds`: for one map."""

    model: str
    method: str
    pointing: float
    insertion: float
    deletion: float
    adcc: float
    inferences: int
    seconds: float


def compare(names: Sequence[str], count: int, data: Path | None, shapes: Sequence[StatedShape]) -> list[Quality]:
    """All methods on classifiers (none: those of the demo), on so many held-out pictures, at most 50.

    Other models than the demo's: on the pictures in `data`, with stated shapes. Raises OptionError, ModelReadError.
    """
    drawn = demo_samples(min(count, _COMPARED))
    found: list[Quality] = []
    for name in names or tuple(demo.PREFIX + one for one in demo.CLASSIFIERS):
        is_own = not is_demo_classifier(name)
        if is_own and data is None:
            raise OptionError(f"{name} is compared on pictures of its own: give --data FOLDER")
        model = load_model(name, shapes if is_own else ())
        samples = folder_samples(model, data) if is_own and data is not None else drawn
        with stage(f"Comparing methods on {name}"):
            found += quality_of(Path(name).name if is_own else name, model, samples)
    return found


def quality_of(name: str, model: ov.Model, samples: Sequence[Sample]) -> list[Quality]:
    """All methods on one classifier. Raises OptionError where there are no samples."""
    if not samples:
        raise OptionError(f"there are no pictures for {name}")
    found = []
    for method in _METHODS:
        mode = ExplainMode.BLACKBOX if method in _FAST else ExplainMode.WHITEBOX
        try:
            explainer = Explainer(model, Task.CLASSIFICATION, _input_of(model), _shares(model), mode, method)
        except TargetNotFoundError:
            continue
        found.append(_measured(name, model, explainer, method, samples))
    return found


def _measured(
    name: str, model: ov.Model, explainer: Explainer, method: Method | None, samples: Sequence[Sample]
) -> Quality:
    options = _FAST.get(method, {}) if method else {}
    prepare, shares = _input_of(model), _shares(model)
    auc = InsertionDeletionAUC(model, prepare, shares)
    adcc = ADCC(model, prepare, shares, explainer, **options)
    rows, seconds, inferences = [], 0.0, 0
    for sample in samples:
        picture = sample.pixels.astype(np.float32)
        before = getattr(explainer.method, "inferences", 0)
        started = time.perf_counter()
        explanation: Explanation = explainer(picture, targets=sample.label, colormap=False, **options)
        seconds += time.perf_counter() - started
        inferences += getattr(explainer.method, "inferences", 1) - before
        saliency = next(iter(explanation.saliency_map.values()))
        measured = {**auc(saliency, sample.label, picture, _STEPS), **adcc(saliency, _target(explanation), picture)}
        inside = points_inside(saliency.astype(np.float32), sample.box, saliency.shape[0])
        rows.append([inside, measured["insertion"], measured["deletion"], measured["adcc"]])
    pointing, insertion, deletion, mean = (float(one) for one in np.mean(rows, axis=0))
    shown = method.value if method else _white_box_name(explainer)
    one = inferences / len(samples) if isinstance(explainer.method, BlackBox) else 1
    return Quality(name, shown, pointing, insertion, deletion, mean, round(one), seconds / len(samples))


def _target(explanation: Explanation) -> int | None:
    target = explanation.targets[0]
    return None if isinstance(target, str) else target


def _white_box_name(explainer: Explainer) -> str:
    return str(explainer.method.model.get_rt_info(["ovxai", "method"]).astype(str))  # type: ignore[attr-defined]  # a WhiteBox


def _input_of(model: ov.Model) -> Callable[[Any], Any]:
    """From a picture [H,W,3] of 0..255, also between two levels, to the model's input."""
    node, said = model.get_parameters()[0], Preparation.from_model(model)
    kind, last = node.get_element_type().to_dtype(), picture_axes(node) == (1, 2)
    mean, scale = np.array(said.mean, np.float32), np.array(said.scale, np.float32)

    def prepare(image: Any) -> Any:
        values = (np.asarray(image, np.float32)[..., :: -1 if said.bgr else 1] - mean) / scale
        if np.issubdtype(kind, np.integer):
            values = np.clip(np.rint(values), np.iinfo(kind).min, np.iinfo(kind).max)
        laid = values if last else np.moveaxis(values, 2, 0)
        return np.ascontiguousarray(laid[None].astype(kind))

    return prepare


def _shares(model: ov.Model) -> Callable[[Any], Any]:
    read = shares_reader(model)
    return lambda outputs: read(outputs)[None]


def demo_samples(count: int) -> list[Sample]:
    """Held-out pictures of shapes."""
    return [Sample(picture.pixels, picture.label, picture.box) for picture in held_out(count)]


def folder_samples(model: ov.Model, folder: Path) -> list[Sample]:
    """The pictures of ImageNet classes in a folder with `images.json` and `imagenet_labels.txt`, for one model.

    Raises OptionError.
    """
    try:
        entries = json.loads((folder / "images.json").read_text())
        labels = (folder / "imagenet_labels.txt").read_text().splitlines()
    except (OSError, ValueError) as error:
        raise OptionError(f"cannot read images.json and imagenet_labels.txt in {folder}: {error}") from error
    node = model.get_parameters()[0]
    rows, columns = picture_axes(node) or (2, 3)
    shape = node.get_output_partial_shape(0)
    names = names_of(labels, class_count(model) or len(labels))
    if shape.rank.is_dynamic or shape[rows].is_dynamic or shape[columns].is_dynamic:
        raise OptionError(
            f"pictures are made as large as the model's input, and {shape} has no size: state one (--shape)"
        )
    size = (shape[rows].get_length(), shape[columns].get_length())
    return [
        Sample(resize_picture(read_picture(folder / name), size), names.index(entry["imagenet"]), tuple(entry["box"]))
        for name, entry in sorted(entries.items())
        if "imagenet" in entry
    ]


def table(found: Sequence[Quality]) -> str:
    """A table in Markdown."""
    lines = [
        "| Model | method | pointing game | insertion | deletion | ADCC | inferences | seconds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in found:
        figures = " | ".join(f"{value:.3f}" for value in (one.pointing, one.insertion, one.deletion, one.adcc))
        lines.append(f"| {one.model} | {one.method} | {figures} | {one.inferences} | {one.seconds:.3f} |")
    return "\n".join(lines)


def is_demo_classifier(name: str) -> bool:
    """Whether a name stands for one of the demo classifiers."""
    return name in [demo.PREFIX + one for one in demo.CLASSIFIERS]
