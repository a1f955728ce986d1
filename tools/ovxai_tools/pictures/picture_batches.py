"""Pictures explained several at a time, where the model takes batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ovxai_passes.explainer.black_box.running import without_progress
from ovxai_passes.explainer.white_box import WhiteBox
from ovxai_tools.common.progress import name_step
from ovxai_tools.pictures.picture_run import ClassMap, Levels, PictureRun, UnreadableError


@dataclass
class BatchedRun(PictureRun):
    """A run that explains `batch` of the `files` in one inference. They are asked for in their order, each once.

    `quiet`: pictures that take long, and have a bar of their own, are not named on a terminal.
    """

    files: Sequence[Path] = ()
    batch: int = 1
    quiet: bool = False
    _ahead: dict[Path, tuple[Levels, list[ClassMap]] | UnreadableError] = field(default_factory=dict, init=False)

    @property
    def refusal(self) -> str | None:
        """Why pictures are explained one at a time after all, or None."""
        method = self._explainer.method
        if not isinstance(method, WhiteBox):
            return "masked pictures are run several at a time by themselves"
        taken = self.model.inputs[0].get_partial_shape()
        made = method.model.output(method.map.output).get_partial_shape()
        if taken[0].is_static:
            state = ",".join(["?", *(str(size) for size in list(taken)[1:])])
            return f"the model's input is {taken}, of a fixed batch (--shape {state} asks for another one)"
        return None if made[0].is_dynamic else f"the map is {made} for a batch of any size"

    def explain(self, path: Path) -> tuple[Levels, list[ClassMap]]:
        """As of one picture; those after it in `files` are explained with it."""
        if self.settings.black_box:
            name_step(str(path), self.files.index(path), len(self.files), self.quiet)
            with without_progress(self.quiet):
                return super().explain(path)
        if self.batch == 1 or self.refusal is not None:
            return super().explain(path)
        if path not in self._ahead:
            place = self.files.index(path)
            self._ahead = dict(self._explained(self.files[place : place + self.batch]))
        found = self._ahead.pop(path)
        if isinstance(found, UnreadableError):
            raise found
        return found

    def _explained(
        self, paths: Sequence[Path]
    ) -> Iterator[tuple[Path, tuple[Levels, list[ClassMap]] | UnreadableError]]:
        pictures: dict[Path, Levels] = {}
        for path in paths:
            try:
                pictures[path] = self.read(path)
            except UnreadableError as error:
                yield path, error
        if not pictures:
            return
        fed = [self.input_of(picture) for picture in pictures.values()]
        results = self._explainer.model_forward(np.concatenate(fed))
        for place, (path, picture) in enumerate(pictures.items()):
            alone = _OfOne(results, place, len(fed))
            yield path, (picture, self.maps_of(picture, fed[place], alone))


@dataclass(frozen=True)
class _OfOne(Mapping[Any, Any]):
    """What a model gives for one picture of a batch. Outputs of another first axis are as they are."""

    results: Mapping[Any, Any]
    place: int
    count: int

    def __getitem__(self, key: Any) -> Any:
        value = np.asarray(self.results[key])
        return value[self.place : self.place + 1] if value.ndim and len(value) == self.count else value

    def __iter__(self) -> Iterator[Any]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)
