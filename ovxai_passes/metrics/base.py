"""What metrics that ask a model have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.black_box.base import identity
from ovxai_passes.explainer.black_box.running import Runner, class_scores
from ovxai_passes.explainer.explanation import PER_IMAGE, Explanation

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Postprocess = Callable[[Mapping[Any, Array]], Any]


class ModelMetric:
    """A metric that asks a classifier about changed pictures.

    Parameters
    ----------
    model
        The classifier.
    preprocess_fn
        From a picture [H,W,C] to the model's input.
    postprocess_fn
        From the model's outputs to scores [1,K].
    device_name
        Where the model runs.
    """

    at_once: ClassVar[int | None] = None
    """How many pictures come together, as for `Runner`: a matter of the metric."""

    def __init__(
        self,
        model: ov.Model,
        preprocess_fn: Callable[[Array], Array] = identity,
        postprocess_fn: Postprocess | None = None,
        device_name: str = "CPU",
    ) -> None:
        if postprocess_fn is None:
            raise OptionError("the metric needs postprocess_fn: from the model's outputs to scores [1,K]")
        self.preprocess_fn = preprocess_fn
        self._runner = Runner(model, postprocess_fn, device_name, self.at_once)

    def model_predict(self, image: Array) -> Floats:
        """The scores [K] of a picture."""
        return class_scores(self._runner.one(self.preprocess_fn(image)))

    def model_predicts(self, images: Iterable[Array]) -> Floats:
        """The scores [B,K] of pictures, several at a time."""
        return np.stack([class_scores(one) for one in self._runner.many(map(self.preprocess_fn, images))])


def pairs(explanations: Sequence[Explanation], others: Sequence[Any]) -> Iterator[tuple[Explanation, Any]]:
    """Explanations with what goes with each. Raises OptionError where there are not as many of both."""
    if len(explanations) != len(others):
        raise OptionError(f"{len(explanations)} explanations do not go with {len(others)} pictures or sets of boxes")
    yield from zip(explanations, others, strict=True)


def maps_of(explanation: Explanation) -> Iterator[tuple[int | None, Array]]:
    """Class and map [H,W] of each target; None for a map of all classes. Raises OptionError for maps in colours."""
    for target, given in explanation.saliency_map.items():
        saliency = np.asarray(given)
        if saliency.ndim != 2:
            raise OptionError("metrics take maps of grey levels: explain with colormap=False and overlay=False")
        yield (None if target == PER_IMAGE else int(target)), saliency


def checked_class(target: int, scores: Floats) -> int:
    """A class that scores [K] are there for. Raises OptionError."""
    if not 0 <= target < len(scores):
        raise OptionError(f"there is no class {target}: the model scores {len(scores)}, from 0 on")
    return target


def fitting(saliency: Array, image: Array) -> None:
    """Raises OptionError where a map is not as large as its picture [H,W,C]."""
    if np.asarray(image).ndim != 3 or saliency.shape != np.asarray(image).shape[:2]:  # height, width, channels
        raise OptionError(f"a map {saliency.shape} is not as large as its picture {np.asarray(image).shape}: resize it")
