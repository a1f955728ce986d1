"""A model that pictures are shown to: its input, its classes, its scores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import openvino as ov
from ovxai_patterns.analysis.layout import picture_axes
from ovxai_patterns.analysis.model_analysis import ModelAnalysis

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.black_box.running import Postprocess, Runner
from ovxai_passes.finish.zero_scale import MIDDLE_LEVEL
from ovxai_passes.insert import Insertion, insert
from ovxai_passes.model_info.class_scores import class_count, shares_reader
from ovxai_passes.model_info.labels import names_of, own_names_of
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.model_info.recorded import is_augmented
from ovxai_passes.options import Options
from ovxai_passes.passes.targets.task import task_of
from ovxai_passes.vocabulary import Scaling, Task
from ovxai_tools.evaluation.compared.shown import Floats, Levels, Shown, above_zero
from ovxai_tools.evaluation.data.picture_set import ClassNames
from ovxai_tools.pictures.detector_scores import DetectorScores
from ovxai_tools.pictures.model_input import PictureInput


@dataclass(frozen=True)
class ScoredModel:
    """A model that tells class scores. `read`: from its outputs to scores [1,K] of 0 to 1."""

    model: ov.Model
    read: Postprocess


@dataclass(frozen=True)
class EvaluatedModel:
    """A model without maps, of one input, with what is known of it. Raises OptionError, from `of`."""

    model: ov.Model
    task: Task
    input: PictureInput

    @classmethod
    def of(cls, model: ov.Model) -> EvaluatedModel:
        """Raises OptionError for models that cannot be shown pictures one by one."""
        if is_augmented(model):
            raise OptionError("the model has maps already: give the model without them, so that settings are compared")
        if len(model.inputs) != 1:
            raise OptionError(f"ovxai evaluate takes models of one input, not of {len(model.inputs)}")
        return cls(
            model, task_of(ModelAnalysis(model), Options()).name, PictureInput.of(model, Preparation.from_model(model))
        )

    @property
    def is_classifier(self) -> bool:
        """Whether it tells one class of a picture."""
        return self.task is Task.CLASSIFICATION

    def classes(self, names: Sequence[str], found: Insertion) -> ClassNames:
        """Its classes; `names`: given by the user; `found`: an insertion into it. Raises OptionError."""
        count = class_count(self.model) if self.is_classifier else found.report.classes
        background = found.report.background
        return ClassNames(count, names_of(names, count, background) or own_names_of(self.model, count, background))

    @cached_property
    def scored(self) -> ScoredModel | None:
        """Where its scores come from; None of a detector that has no map for each class."""
        if self.is_classifier:
            read = shares_reader(self.model)
            return ScoredModel(self.model, lambda outputs: read(outputs)[None])
        found = insert(self.model, Options(task=self.task))
        if not found.method.per_class:
            return None
        scores = DetectorScores.of(self.model, found)
        return ScoredModel(scores.probe, lambda outputs: scores.read(list(outputs.values()))[None])

    @cached_property
    def _runner(self) -> Runner:
        assert self.scored is not None, "asked only where there are scores"
        return Runner(self.scored.model, self.scored.read, "CPU")

    def scores(self, pictures: Iterable[Levels]) -> Floats:
        """The scores [B,K] for pictures of its input's size: of a classifier as shares, of a detector the best ones."""
        return np.concatenate(self._runner.many(map(self.input, pictures))).astype(np.float32)

    def enlarged(self, times: int) -> EvaluatedModel | None:
        """The same model for pictures so many times as high and wide; None where it does not take them."""
        clone = self.model.clone()
        parameter = clone.get_parameters()[0]
        axes, shape = picture_axes(parameter), parameter.get_output_partial_shape(0)
        assert axes is not None, "PictureInput.of has seen to its being a picture"
        for axis, side in zip(axes, self.input.size, strict=True):
            shape[axis] = ov.Dimension(side * times)
        try:
            clone.reshape({0: shape})
            found = EvaluatedModel(clone, self.task, PictureInput.of(clone, Preparation.from_model(clone)))
            found.scores([np.zeros((*found.input.size, 3), np.uint8)])
        except (RuntimeError, OptionError):  # sizes that are written into the graph
            return None
        return found


_ZEROS = {Scaling.POSITIVE.value: 0.0, Scaling.SIGNED.value: float(MIDDLE_LEVEL)}
"""What says nothing in maps of a scaling that keeps zero."""


@dataclass
class MapMaker:
    """Makes the maps of one setting. `insertion`: into the model that it is asked about.

    `inferences`: how often that has run.
    """

    of: EvaluatedModel
    insertion: Insertion
    inferences: int = 0

    def __call__(self, shown: Sequence[Shown]) -> list[Floats]:
        """The map [h,w] of each class as evidence, from 0 up; a picture of several classes is inferred once."""
        pictures = {id(one.pixels): one.pixels for one in shown}
        found = dict(zip(pictures, self._runner.many(map(self.of.input, pictures.values())), strict=True))
        self.inferences += len(pictures)
        by_shown = ((found[id(one.pixels)], one.target) for one in shown)
        zero = _ZEROS.get(self.insertion.report.scaling)
        return [above_zero(maps if maps.ndim == 2 else maps[self.row_of(target)], zero) for maps, target in by_shown]

    def row_of(self, target: int) -> int:
        """Which of the maps is that of a class: a background has none. Raises OptionError."""
        chosen = self.insertion.report.chosen
        if chosen is None:
            return target
        if target not in chosen:
            raise OptionError(f"class {target} has no map in this model, as the background: leave its boxes out")
        return chosen.index(target)

    @cached_property
    def _runner(self) -> Runner:
        names = [port.get_names() for port in self.insertion.model.outputs]
        place = next(number for number, some in enumerate(names) if OUTPUT_NAME in some)
        return Runner(self.insertion.model, lambda outputs: outputs[place][0], "CPU")
