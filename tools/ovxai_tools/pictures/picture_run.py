"""What a model says of picture files, with maps: the work of ovxai-explain."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.model_analysis import ModelAnalysis

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer import Explainer, ExplainMode
from ovxai_passes.explainer.black_box.running import Postprocess
from ovxai_passes.explainer.found_outputs import postprocess_found
from ovxai_passes.explainer.white_box import WhiteBox
from ovxai_passes.insert import insert
from ovxai_passes.method_options import takes_gradients
from ovxai_passes.model_info.class_scores import class_count, shares_reader
from ovxai_passes.model_info.labels import check_top_k, labels_of, names_of, numbers_of, own_names_of
from ovxai_passes.model_info.maps import RecordedMap
from ovxai_passes.model_info.outputs import ADDED, OUTPUT_NAME
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.model_info.recorded import is_augmented
from ovxai_passes.model_info.rt_info import said_in
from ovxai_passes.options import Options
from ovxai_passes.passes.targets.task import task_of
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.levels import scaling
from ovxai_passes.vocabulary import Defaults, Method, Scaling, Task
from ovxai_tools.pictures.detector_scores import DetectorScores
from ovxai_tools.pictures.model_input import PictureInput
from ovxai_tools.pictures.own_maps import model_for
from ovxai_tools.pictures.run_settings import RunSettings

Levels = npt.NDArray[np.uint8]

_FEW = 20  # classes, which are listed
_LEAST = 0.0005  # a class of this probability is shown among the best K


class UnreadableError(OptionError):
    """A file is no picture that can be read."""


@dataclass(frozen=True)
class ClassMap:
    """A map of one picture: `target` is the number of the class, or of the box of a detection, None for all classes."""

    target: int | None
    label: str
    score: float | None
    levels: Levels

    @property
    def strongest(self) -> float:
        """Its largest value, as a share of full scale."""
        return round(float(self.levels.max()) / 255, 3)


@dataclass
class PictureRun:
    """A model, ready to be asked about pictures. Raises OvxaiError.

    `replaced`: says that maps which the model held are not those that are shown, or nothing.
    """

    model: ov.Model
    settings: RunSettings
    names: tuple[str, ...] = field(init=False)
    replaced: str = field(init=False)

    def __post_init__(self) -> None:
        self.names = ()
        self.model, self.replaced = model_for(self.model, self.settings)
        self._augmented = is_augmented(self.model)
        if len(self.model.inputs) != 1:
            raise OptionError(f"ovxai-explain takes models of one input, not of {len(self.model.inputs)}")
        self._shares = shares_reader(self.model)
        task = self._task()
        if task is Task.INSTANCE_SEGMENTATION and self.settings.black_box:
            raise OptionError("--black-box explains classifiers and detectors, not instance segmentation")
        self.task = task
        if task is Task.CLASSIFICATION:
            count = class_count(self.model)
            self._set_names(count)  # before what takes its time
            if count and self.settings.targets:
                numbers_of(self.settings.targets, self.names, count)
        self._input = PictureInput.of(self.model, Preparation.from_model(self.model))
        self._explainer = Explainer(
            self.model,
            task,
            postprocess_fn=self._postprocess if self.settings.black_box else None,
            explain_mode=ExplainMode.BLACKBOX if self.settings.black_box else ExplainMode.WHITEBOX,
            explain_method=self.settings.method,
            device_name=self.settings.device,
            **self._map_options(),
        )
        if self.settings.black_box and task is Task.DETECTION:
            self._boxes_found  # noqa: B018  # raises before any picture is read, where there are none
        if task is not Task.CLASSIFICATION:
            method = self._explainer.method
            made = method.map if isinstance(method, WhiteBox) else RecordedMap(self.model, OUTPUT_NAME)
            background = made.said("background", "none")
            self._set_names(int(made.said("classes", "0")), None if background == "none" else int(background))

    def _set_names(self, count: int, background: int | None = None) -> None:
        """Set the names of classes. Raises OptionError where labels or top_k do not go with `count` (0: unknown)."""
        if not count:
            self.names = self.settings.labels or tuple(labels_of(self.model))
            return
        check_top_k(self.settings.top_k, count)
        self.names = names_of(self.settings.labels, count, background) or own_names_of(self.model, count, background)

    def _map_options(self) -> dict[str, Any]:
        """How maps are to be made, of a model that has none; of one that has some, what these have to be."""
        asked = {name: getattr(self.settings, name) for name in ("defaults", "scaling", "contrast")}
        given = {name: value for name, value in asked.items() if value is not None}
        if self.settings.black_box:
            if given:
                raise OptionError(f"--{next(iter(given))} is for maps that are made in the model: leave it out")
            return {}
        return given if self._augmented else {"defaults": Defaults.MEASURED, **given, **self._classes_wanted()}

    def _classes_wanted(self) -> dict[str, Any]:
        """The classes that maps are made for, where a method takes gradients, which makes maps of few."""
        settings = self.settings
        methods = [Method(settings.method)] if settings.method else []
        may_be_best = self.task is Task.CLASSIFICATION and methods == [Method.BEST]
        if not (takes_gradients(methods) or may_be_best):
            return {}
        if not settings.targets:
            return {"top_k": settings.top_k}
        return {"classes": settings.targets, **({"labels": settings.labels} if settings.labels else {})}

    def _task(self) -> Task:
        if self._augmented:
            said = said_in(self.model, "ovxai", "task")
            return Task(said) if said in [task.value for task in Task] else Task.CLASSIFICATION
        return task_of(ModelAnalysis(self.model), Options()).name

    def _class_scores(self, results: Any, data: Any) -> Any:
        """How sure the model is of each class, [K], or None where that cannot be told."""
        if self.task is Task.CLASSIFICATION:
            return self._shares(results)
        return None if self._detector is None else self._detector([data])

    @cached_property
    def _detector(self) -> DetectorScores | None:
        """What the class scores of a detector are made of, compiled once; None where it has no map for each class."""
        plain = _without_maps(self.model)
        found = insert(plain, Options(task=self.task))
        return DetectorScores.of(plain, found) if found.method.per_class else None

    @property
    def method_name(self) -> str:
        """The method that makes the maps, by the name that `--method` has for it."""
        method = self._explainer.method
        if isinstance(method, WhiteBox):
            return method.method or "maps of the model"
        return self.settings.method or Method.AISE.value

    @property
    def takes_scaling(self) -> bool:
        """Whether maps may be asked for in another scaling: they are made here, in the model."""
        return not (self._augmented or self.settings.black_box)

    @property
    def scale(self) -> Scaling:
        """How the maps are scaled; one by one where that is not known."""
        method = self._explainer.method
        said = method.map.said("scaling") if isinstance(method, WhiteBox) else ""
        return Scaling(said) if said in [one.value for one in Scaling] else Scaling.MAP

    def explain(self, path: Path) -> tuple[Levels, list[ClassMap]]:
        """A picture with its maps, the best first. Raises UnreadableError for what is no picture."""
        picture = self.read(path)
        data = self.input_of(picture)
        return picture, self.maps_of(picture, data, self._explainer.model_forward(data))

    def read(self, path: Path) -> Levels:
        """A picture. Raises UnreadableError."""
        try:
            return read_picture(path)
        except OptionError as error:
            raise UnreadableError(str(error)) from error

    def input_of(self, picture: Levels) -> Any:
        """A picture as the model takes it."""
        return self._input(picture)

    def maps_of(self, picture: Levels, data: Any, results: Any) -> list[ClassMap]:
        """The maps of a picture, of its size. `data`: the picture as input; `results`: what the model says of that."""
        fit = self._input.fit_of(picture)
        return [replace(one, levels=fit.onto_picture(one.levels)) for one in self._maps(data, results)]

    def _maps(self, data: Any, results: Any) -> list[ClassMap]:
        if self.settings.black_box and self.task is Task.DETECTION:
            return self._boxes(data, results)
        scores = self._class_scores(results, data)
        chosen = self._chosen(scores)
        method = self._explainer.method
        maps: Any = (
            method.maps_in(results)
            if isinstance(method, WhiteBox)
            else method.generate_saliency_map(data, chosen or None, **self._preset())
        )
        if not isinstance(maps, dict):
            if maps.ndim == 3:
                return [ClassMap(None, "all classes", None, _levels(maps[0]))]
            maps = maps[0]
        there = maps if isinstance(maps, dict) else range(len(maps))
        if not chosen:
            raise OptionError(
                "which class it is surest of cannot be told from the model's outputs: name some (--targets)"
            )
        if not self.settings.targets and scores is not None:
            chosen = self._best(scores, there)
        missing = [target for target in chosen if target not in there]
        if missing:
            raise OptionError(
                f"the model has no map of class {missing[0]}: it has maps of {', '.join(map(self.name, there))}"
                if len(there) <= _FEW
                else f"the model has no map of class {missing[0]}: it has maps of {len(there)} classes"
            )
        return [
            ClassMap(
                target, self.name(target), None if scores is None else float(scores[target]), _levels(maps[target])
            )
            for target in chosen
        ]

    def name(self, target: int) -> str:
        """The name of a class, or its number."""
        return self.names[target] if target < len(self.names) else str(target)

    def _chosen(self, scores: Any) -> list[int]:
        if self.settings.targets:
            count = len(self.names) or (0 if scores is None else len(scores))
            return list(numbers_of(self.settings.targets, self.names, count or 1 << 20))
        return [] if scores is None else self._best(scores, range(len(scores)))

    def _best(self, scores: Any, there: Container[int]) -> list[int]:
        """The best of the classes that are `there`; those that are as good as impossible only as the first."""
        order = (int(place) for place in np.argsort(-scores) if int(place) in there)
        best = list(islice(order, self.settings.top_k))
        return [one for rank, one in enumerate(best) if rank == 0 or scores[one] >= _LEAST]

    def _preset(self) -> dict[str, str]:
        return {} if self.settings.preset is None else {"preset": self.settings.preset}

    def _boxes(self, data: Any, results: Any) -> list[ClassMap]:
        found = self._explainer.method
        _, scores, labels = self._postprocess(results)
        wanted = (
            numbers_of(self.settings.targets, self.names, len(self.names) or 1 << 20) if self.settings.targets else None
        )
        numbers = [int(one) for one in np.argsort(-scores[0]) if wanted is None or int(labels[0][one]) in wanted]
        best = numbers if wanted is not None else numbers[: self.settings.top_k]
        maps = found.generate_saliency_map(data, best, **self._preset()) if best else {}
        return [
            ClassMap(
                number, self.name(found.predictions[number].label or 0), found.predictions[number].score, maps[number]
            )
            for number in best
            if number in maps
        ]

    @cached_property
    def _boxes_found(self) -> Postprocess:
        try:
            return postprocess_found(self.model, Task.DETECTION)
        except OptionError:
            method = self.settings.method
            flag = "--black-box" if method is None else f"--method {method}"
            raise OptionError(f"{flag} cannot read this detector's output; leave {flag} out") from None

    def _postprocess(self, outputs: Any) -> Any:
        if self.task is Task.DETECTION:
            return self._boxes_found(outputs)
        scores = self._shares(outputs)
        if scores is None:
            raise OptionError("no output is [1,K] class scores, which a black-box explanation needs")
        return scores[None]


def _without_maps(model: ov.Model) -> ov.Model:
    """A copy of a model without what an insertion has added."""
    kept = [port.get_node() for port in model.outputs if not port.get_names() & ADDED]
    return ov.Model(kept, model.get_parameters(), "plain").clone()


def _levels(saliency: Any) -> Levels:
    return np.asarray(saliency if saliency.dtype == np.uint8 else scaling(saliency), np.uint8)
