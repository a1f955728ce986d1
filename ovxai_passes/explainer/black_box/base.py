"""What black-box methods have in common."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.black_box.running import Postprocess, Runner, class_scores, picture_of
from ovxai_passes.explainer.checked import fitting_input, told_by_the_runtime
from ovxai_passes.explainer.lettering import Prediction
from ovxai_passes.explainer.targets import target_indices

Array = npt.NDArray[Any]

_log = logging.getLogger(__name__)

_MANY = 10


def identity(x: Any) -> Any:
    """What it is given: pictures that are prepared already."""
    return x


class BlackBox:
    """A method that asks a model about masked pictures.

    Parameters
    ----------
    model
        Any model that OpenVINO runs.
    postprocess_fn
        From the model's outputs (by index or name) to scores [1,K]; of a detector to boxes [1,D,4] in pixels of the
        input, scores [1,D] and labels [1,D].
    preprocess_fn
        From what is explained to the model's input.
    device_name
        Where the model runs.
    prepare_model
        False: compile the model when it is asked first, or by `prepare_model()`.

    `predictions`: of the last picture, by target; `inferences`: how often the model has run.
    """

    at_once: ClassVar[int | None] = None
    """How many pictures come together, as for `Runner`: a matter of the method."""

    def __init__(
        self,
        model: ov.Model,
        postprocess_fn: Postprocess,
        preprocess_fn: Callable[[Array], Array] = identity,
        device_name: str = "CPU",
        prepare_model: bool = True,
    ) -> None:
        self.preprocess_fn = preprocess_fn
        self.predictions: dict[int, Prediction] = {}
        self.inferences = 0
        self._classes: int | None = None
        self._model, self._postprocess_fn, self._device_name = model, postprocess_fn, device_name
        if prepare_model:
            self.prepare_model()

    @cached_property
    def _runner(self) -> Runner:
        return Runner(self._model, self._postprocess_fn, self._device_name, self.at_once)

    def prepare_model(self) -> ov.Model:
        """Compile the model; returns it."""
        self._runner  # noqa: B018  # made at its first use
        return self._model

    def model_forward(self, x: Array, preprocess: bool = True) -> Mapping[Any, Array]:
        """The model's outputs for a picture."""
        made = self.preprocess_fn(x) if preprocess else x
        fed = fitting_input(made, self._model, preprocess and self.preprocess_fn is not identity)
        with told_by_the_runtime("the model does not run on this picture"):
            return self._runner.outputs(fed)

    def prepared(self, data: Array) -> Array:
        """The model's input [1,C,H,W] or [1,H,W,C] for what is explained."""
        picture = picture_of(self.preprocess_fn(data))
        fed = fitting_input(picture, self._model, self.preprocess_fn is not identity)
        # bytes times a mask would be rounded, which a model of real numbers does not ask for
        return fed.astype(np.float32) if self._model.inputs[0].get_element_type().is_real() else fed

    def class_count(self, data: Array) -> int:
        """How many classes a classifier scores; asked of a picture once."""
        if self._classes is None:
            self._classes = len(class_scores(self._runner.one(self.prepared(data))))
        return self._classes

    def run_one(self, picture: Array) -> Any:
        """What the model says of a picture, postprocessed."""
        self.inferences += 1
        return self._runner.one(picture)

    def run_many(self, pictures: Iterable[Array]) -> list[Any]:
        """What the model says of pictures, in their order; several at a time."""
        found = self._runner.many(pictures)
        self.inferences += len(found)
        return found

    @staticmethod
    def chosen(targets: Sequence[int] | None, count: int) -> list[int]:
        """Targets as whole numbers below `count`, all of them for None. Raises OptionError."""
        if targets is None:
            return list(range(count))
        found = target_indices(targets, None)
        for target in found:
            if not 0 <= target < count:
                raise OptionError(f"there is no target {target}: the model says something of {count}, from 0 on")
        return found


def say_how_many(targets: Sequence[Any], what: str) -> None:
    """Log that many targets are explained one after the other."""
    if len(targets) > _MANY:
        _log.info("%s %s are explained one after the other, which takes a while", len(targets), what)
