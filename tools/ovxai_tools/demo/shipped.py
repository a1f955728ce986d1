"""The demo models, pictures and scenes that are shipped with the package."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ovxai_passes.errors import ModelReadError, OptionError

PREFIX = "demo:"
FOLDER = Path(__file__).parent / "data"
CLASSIFIERS = ("cnn", "vit")
MODELS = (*CLASSIFIERS, "detector")


@dataclass(frozen=True)
class DemoPicture:
    """`path` of a PNG, its `label`, and the `box` of the object: x0, y0, x1, y1 as fractions of width and height."""

    path: Path
    label: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class DemoScene:
    """`path` of a PNG, the `labels` of its objects, and their `boxes`: x0, y0, x1, y1 as fractions of the side."""

    path: Path
    labels: tuple[str, ...]
    boxes: tuple[tuple[float, float, float, float], ...]


def model_path(name: str) -> Path:
    """The file that a command line's IN means: a path, or `demo:NAME`. Raises ModelReadError."""
    if not name:
        raise ModelReadError("the model's name is empty: name a model file (.xml, .onnx, .tflite, ...)")
    if not name.startswith(PREFIX):
        return Path(name)
    model = name[len(PREFIX) :]
    if model not in MODELS:
        known = ", ".join(PREFIX + known for known in MODELS)
        raise ModelReadError(f"there is no demo model {name!r}; there is {known}")
    return FOLDER / f"{model}.xml"


def classifier_path(name: str) -> Path:
    """As `model_path`, where one class for each picture is needed. Raises ModelReadError, OptionError."""
    path = model_path(name)
    if name.startswith(PREFIX) and path.stem not in CLASSIFIERS:
        known = " or ".join(PREFIX + known for known in CLASSIFIERS)
        raise OptionError(f"{name} finds objects, and a classifier is needed here: {known}")
    return path


def pictures() -> list[DemoPicture]:
    """All demo pictures, in the order of their names."""
    truth = json.loads((FOLDER / "pictures.json").read_text())
    return [DemoPicture(FOLDER / name, entry["label"], tuple(entry["box"])) for name, entry in sorted(truth.items())]


def scenes() -> list[DemoScene]:
    """All demo scenes, in the order of their names."""
    folder = FOLDER / "scenes"
    truth = json.loads((folder / "scenes.json").read_text())
    return [
        DemoScene(folder / name, tuple(entry["labels"]), tuple(tuple(box) for box in entry["boxes"]))
        for name, entry in sorted(truth.items())
    ]
