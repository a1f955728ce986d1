"""The demo models and pictures that are shipped with the package."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ovxai_passes.errors import ModelReadError

PREFIX = "demo:"
FOLDER = Path(__file__).parent / "demo"
MODELS = ("cnn", "vit")


@dataclass(frozen=True)
class DemoPicture:
    """`path` of a PNG, its `label`, and the `box` of the object: x0, y0, x1, y1 as fractions of width and height."""

    path: Path
    label: str
    box: tuple[float, float, float, float]


def model_path(name: str) -> Path:
    """The file that a command line's IN means: a path, or `demo:NAME`. Raises ModelReadError."""
    if not name.startswith(PREFIX):
        return Path(name)
    model = name[len(PREFIX) :]
    if model not in MODELS:
        known = ", ".join(PREFIX + known for known in MODELS)
        raise ModelReadError(f"there is no demo model {name!r}; there is {known}")
    return FOLDER / f"{model}.xml"


def pictures() -> list[DemoPicture]:
    """All demo pictures, in the order of their names."""
    truth = json.loads((FOLDER / "pictures.json").read_text())
    return [DemoPicture(FOLDER / name, entry["label"], tuple(entry["box"])) for name, entry in sorted(truth.items())]
