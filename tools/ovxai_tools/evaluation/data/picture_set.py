"""Pictures with their classes and boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.labels import numbers_of
from ovxai_passes.pictures.decoding import read_picture
from ovxai_tools.demo.scenes import make_scene
from ovxai_tools.demo.shapes import HELD_OUT, held_out
from ovxai_tools.evaluation.data.boxes import BoxesByPicture, ObjectBox

Levels = npt.NDArray[np.uint8]
Corners = tuple[float, float, float, float]


@dataclass(frozen=True)
class LabelledPicture:
    """A picture: a file, or its pixels u8 [H,W,3]. `label`: its class; `boxes`: of objects, each with its class.

    `boxes`: corners x0, y0, x1, y1 as fractions.
    """

    name: str
    source: Path | Levels
    label: int | None = None
    boxes: tuple[tuple[int, Corners], ...] = ()

    def pixels(self) -> Levels:
        """RGB u8 [H,W,3]. Raises OptionError."""
        return read_picture(self.source) if isinstance(self.source, Path) else self.source

    def boxes_of(self, label: int) -> tuple[Corners, ...]:
        """The boxes of a class."""
        return tuple(corners for number, corners in self.boxes if number == label)


@dataclass(frozen=True)
class ClassNames:
    """The classes of a model: how many, and their names where these are known."""

    count: int
    names: tuple[str, ...] = ()

    def number_of(self, label: int | str, order: Sequence[str] = ()) -> int:
        """The number of a class; `order`: names in the data, for a model without any. Raises OptionError."""
        return numbers_of([label], self.names or (order if len(order) == self.count else ()), self.count)[0]


def pictures_of(
    files: Sequence[Path],
    known: ClassNames,
    classes: Mapping[str, int | str] | None = None,
    boxes: BoxesByPicture | None = None,
) -> list[LabelledPicture]:
    """Picture files with what is known of them.

    Raises OptionError for boxes or classes of pictures that are not there, and for classes that the model has not.
    """
    by_name = {file.name: file for file in files}
    by_stem = {file.stem: file.name for file in files}
    labels = {name: known.number_of(label) for name, label in (classes or {}).items()}
    placed: dict[str, tuple[tuple[int, Corners], ...]] = {}
    if boxes is not None:
        stems = {key: by_stem.get(key if boxes.by_stem else Path(key).stem, key) for key in boxes.boxes}
        names = stems if boxes.by_stem else {key: key if key in by_name else stems[key] for key in boxes.boxes}
        placed = {names[key]: _numbered(some, known, boxes.label_order) for key, some in boxes.boxes.items()}
        _check_there(placed, by_name, f"boxes in {boxes.source}")
    _check_there(labels, by_name, "classes")
    return [LabelledPicture(name, file, labels.get(name), placed.get(name, ())) for name, file in by_name.items()]


def _numbered(boxes: Sequence[ObjectBox], known: ClassNames, order: Sequence[str]) -> tuple[tuple[int, Corners], ...]:
    return tuple((known.number_of(one.label, order), one.corners) for one in boxes)


def _check_there(named: Mapping[str, object], files: Mapping[str, Path], what: str) -> None:
    missing = sorted(named.keys() - files.keys())
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise OptionError(
            f"there are {what} for {missing[0]}{more}, but no such picture in the folder: add the pictures, or leave "
            "their entries out"
        )


def demo_pictures(detector: bool, count: int) -> list[LabelledPicture]:
    """Held-out pictures of the demo classifiers, or scenes of the demo detector."""
    if detector:
        scenes = [make_scene(number) for number in range(HELD_OUT, HELD_OUT + count)]
        return [
            LabelledPicture(f"scene {number}", one.pixels, None, tuple(zip(one.labels, one.boxes, strict=True)))
            for number, one in enumerate(scenes)
        ]
    return [
        LabelledPicture(f"picture {number}", one.pixels, one.label, ((one.label, one.box),))
        for number, one in enumerate(held_out(count))
    ]
