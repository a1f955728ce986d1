"""An explanation: maps by target, to be looked at, saved and measured."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import MissingExtraError, OptionError
from ovxai_passes.explainer.lettering import Prediction
from ovxai_passes.explainer.showing import TitledMap, html_of, levels_of, open_windows, plot_figure, png_of
from ovxai_passes.explainer.targets import Targets, asks_for_all, target_indices
from ovxai_passes.pictures.encoding import write_picture
from ovxai_passes.value_checks import whole_number
from ovxai_passes.vocabulary import Task

_log = logging.getLogger(__name__)

Array = npt.NDArray[Any]

PER_IMAGE = "per_image_map"

_NAMED = 5  # targets that the text of an explanation names


class Layout(Enum):
    """One map a picture or one a target; grey levels [H,W], or colours [H,W,3]."""

    ONE_MAP_PER_IMAGE_GRAY = "one_map_per_image_gray"
    ONE_MAP_PER_IMAGE_COLOR = "one_map_per_image_color"
    MULTIPLE_MAPS_PER_IMAGE_GRAY = "multiple_maps_per_image_gray"
    MULTIPLE_MAPS_PER_IMAGE_COLOR = "multiple_maps_per_image_color"


_COLOURED = {
    Layout.ONE_MAP_PER_IMAGE_GRAY: Layout.ONE_MAP_PER_IMAGE_COLOR,
    Layout.MULTIPLE_MAPS_PER_IMAGE_GRAY: Layout.MULTIPLE_MAPS_PER_IMAGE_COLOR,
}


class Explanation:
    """Maps of one picture.

    Parameters
    ----------
    saliency_map
        [1,K,h,w], or [1,h,w] for all classes together, or a dict from target to [h,w].
    targets
        What to keep: -1 for all, an index, a name of `label_names`, or a list of these.
    task
        What the model does.
    label_names
        Names of the classes, in order.
    predictions
        What the model says of each target.

    Raises OptionError.
    """

    def __init__(
        self,
        saliency_map: Array | Mapping[int | str, Array],
        targets: Targets,
        task: Task,
        label_names: Sequence[str] | None = None,
        predictions: Mapping[int, Prediction] | None = None,
    ) -> None:
        self._saliency_map = _by_target(saliency_map)
        self.layout = (
            Layout.ONE_MAP_PER_IMAGE_GRAY if PER_IMAGE in self._saliency_map else Layout.MULTIPLE_MAPS_PER_IMAGE_GRAY
        )
        self.task = task
        self.label_names = None if label_names is None or len(label_names) == 0 else [str(one) for one in label_names]
        self.predicted_on: tuple[int, int] | None = None
        self.scaled_together = False  # one range for all classes: maps are not scaled one by one any more
        self.predictions = predictions
        self._are_boxes = any(said.bounding_box is not None for said in (predictions or {}).values())
        if not asks_for_all(targets) and PER_IMAGE not in self._saliency_map:
            chosen = target_indices(targets, None if self._are_boxes else self.label_names)
            missing = [index for index in chosen if index not in self._saliency_map]
            if missing:
                held = f"{len(self._saliency_map)} targets, {_told(list(self._saliency_map))}"
                raise OptionError(f"there is no map of target {missing[0]}: there are maps of {held}")
            self._saliency_map = {index: self._saliency_map[index] for index in chosen}

    @property
    def saliency_map(self) -> dict[int | str, Array]:
        """Maps by target: [h,w] u8, or [h,w,3] u8 in colours; "per_image_map" is that of all classes together."""
        return self._saliency_map

    @saliency_map.setter
    def saliency_map(self, saliency_map: dict[int | str, Array]) -> None:
        self._saliency_map = saliency_map

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of each map."""
        return next(iter(self._saliency_map.values())).shape if self._saliency_map else ()

    @property
    def targets(self) -> list[int | str]:
        """What there are maps of."""
        return list(self._saliency_map)

    @property
    def is_gray(self) -> bool:
        """Whether maps are grey levels still."""
        return self.layout in _COLOURED

    def colour(self) -> None:
        """Say that the maps are in colours from now on."""
        self.layout = _COLOURED.get(self.layout, self.layout)

    def name_of(self, target: int | str) -> str:
        """The name of a target: "activation_map" for all classes, the number of a box, or where there is no name."""
        if isinstance(target, str):
            return "activation_map"
        names = [] if self._are_boxes or not self.label_names else self.label_names
        return str(names[int(target)]) if 0 <= int(target) < len(names) else str(target)

    def save(
        self,
        dir_path: Path | str,
        prefix: str = "",
        postfix: str = "",
        confidence_scores: Mapping[int, float] | None = None,
    ) -> None:
        """Write each map as JPEG: {prefix}{name of the target}{postfix}{confidence, two places}.jpg.

            save(folder)                                       → aeroplane.jpg
            save(folder, prefix="image_target_")               → image_target_aeroplane.jpg
            save(folder, postfix="_class_map")                 → aeroplane_class_map.jpg
            save(folder, postfix="_conf_", confidence_scores={0: 0.854})   → aeroplane_conf_0.85.jpg

        Needs OpenCV (extra `image`). Raises OptionError.
        """
        if not isinstance(dir_path, (str, os.PathLike)):
            raise OptionError(f"dir_path is a folder to save maps in, not {dir_path!r}")
        if confidence_scores is not None and not isinstance(confidence_scores, Mapping):
            raise OptionError(
                f"confidence_scores says a score for each target, as {{0: 0.8}}, not {confidence_scores!r}"
            )
        names = [self.name_of(target) for target in self._saliency_map]
        plain = [name.replace("/", "_") for name in names]
        try:
            self._save(
                Path(dir_path),
                [
                    f"{name}_{target}" if plain.count(name) > 1 else name
                    for name, target in zip(plain, self._saliency_map, strict=True)
                ],
                prefix,
                postfix,
                confidence_scores or {},
            )
        except OSError as error:
            raise OptionError(f"cannot save maps in {dir_path}: {error.strerror or error}") from error

    def _save(self, folder: Path, names: Sequence[str], prefix: str, postfix: str, scores: Mapping[int, float]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, (target, saliency) in zip(names, self._saliency_map.items(), strict=True):
            confidence = None if isinstance(target, str) else scores.get(target)
            text = "" if confidence is None else f"{confidence:.2f}"
            write_picture(levels_of(saliency), folder / f"{prefix}{name}{postfix}{text}.jpg")

    def plot(
        self,
        targets: Targets | None = None,
        backend: str = "matplotlib",
        max_num_plots: int = 24,
        num_columns: int = 4,
    ) -> None:
        """Show maps, those of `targets` or all, at most `max_num_plots` of them.

        `backend`: "matplotlib" (extra `plot`), at most `num_columns` a row, or "cv", one window each, which needs
        OpenCV. Targets without a map are left out, which is logged. Raises OptionError.
        """
        whole_number("max_num_plots", max_num_plots, 1)
        whole_number("num_columns", num_columns, 1)
        shown = self.targets
        if targets is not None and not asks_for_all(targets):
            asked = target_indices(targets, self.label_names)
            shown = [target for target in asked if target in self._saliency_map]
            for target in sorted(set(asked) - set(shown), key=str):
                _log.info("there is no map of target %s", target)
        if len(shown) > max_num_plots:
            _log.warning("%s of %s maps are shown (max_num_plots)", max_num_plots, len(shown))
            shown = shown[:max_num_plots]
        maps = [TitledMap(self._title(target), self._saliency_map[target]) for target in shown]
        if backend == "matplotlib":
            plot_figure(maps, num_columns)
        elif backend == "cv":
            open_windows(maps)
        else:
            raise OptionError(f"there is no backend {backend!r}: use 'matplotlib' or 'cv'")

    def __repr__(self) -> str:
        count = len(self._saliency_map)
        what = "map of all classes" if PER_IMAGE in self._saliency_map else "map" if count == 1 else "maps"
        size = "x".join(map(str, self.shape[:2]))
        kind = "grey" if self.is_gray else "in colours"
        names = [self._said(target) for target in self.targets[:_NAMED]]
        more = [f"and {count - _NAMED} more"] if count > _NAMED else []
        of = "" if PER_IMAGE in self._saliency_map else ": " + ", ".join([*names, *more])
        return (
            f"<Explanation, {self.task.value}: {count} {what} {size} {kind}{of}>" if count else "<Explanation: no maps>"
        )

    def _repr_png_(self) -> bytes | None:
        """What notebooks show where they show no HTML; None without maps, and without the extra `image`."""
        try:
            return png_of(self._titled()) if self._saliency_map else None
        except MissingExtraError:
            return None

    def _repr_html_(self) -> str | None:
        """What notebooks show; None, which has them show the text, without maps and without the extra `image`."""
        try:
            return html_of(repr(self).strip("<>"), self._titled()) if self._saliency_map else None
        except MissingExtraError:
            return None

    def _titled(self) -> list[TitledMap]:
        return [TitledMap(self._said(target), saliency) for target, saliency in self._saliency_map.items()]

    def _said(self, target: int | str) -> str:
        """A target's name and number, and the score that is known of it."""
        prediction = None if isinstance(target, str) else (self.predictions or {}).get(target)
        score = "" if prediction is None or prediction.score is None else f", {prediction.score:.2f}"
        name = self.name_of(target)
        return f"{name}{score}" if isinstance(target, str) or name == str(target) else f"{name} ({target}){score}"

    def _title(self, target: int | str) -> str:
        name = self.name_of(target)
        return f"Class {name}" if name == str(target) or isinstance(target, str) else f"Class {name} ({target})"


def _by_target(saliency_map: Array | Mapping[int | str, Array]) -> dict[int | str, Array]:
    if isinstance(saliency_map, Mapping):
        return {target if isinstance(target, str) else int(target): value for target, value in saliency_map.items()}
    if not isinstance(saliency_map, np.ndarray) or saliency_map.ndim not in (3, 4) or not saliency_map.size:
        raise OptionError("saliency_map is an array [1,K,h,w] or [1,h,w] that is not empty, or a dict")
    if len(saliency_map) > 1:
        raise OptionError(f"an explanation is of one picture, not of a batch of {len(saliency_map)}")
    return {PER_IMAGE: saliency_map[0]} if saliency_map.ndim == 3 else dict(enumerate(saliency_map[0]))


def _told(targets: Sequence[int | str]) -> str:
    return f"{targets[0]} to {targets[-1]}" if len(targets) > 4 else ", ".join(map(str, targets)) or "none"
