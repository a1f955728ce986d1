"""The options of a call, told apart: those of an insertion, and those of black-box methods."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy.typing as npt

from ovxai_passes.explainer.black_box.aise import AISEClassification
from ovxai_passes.explainer.black_box.detectors import DRISE, AISEDetection
from ovxai_passes.explainer.black_box.rise import RISE
from ovxai_passes.explainer.checked import NOT_OPTIONS
from ovxai_passes.explainer.lettering import Prediction
from ovxai_passes.explainer.white_box import FOUND_BY_ITSELF, USE_GAUSSIAN
from ovxai_passes.insert_options import InsertOptions
from ovxai_passes.value_checks import check_names, member
from ovxai_passes.vocabulary import Method, Task

Array = npt.NDArray[Any]


class ExplanationMethod(Protocol):
    """A method: white-box or black-box."""

    predictions: dict[int, Prediction]

    def model_forward(self, x: Array, preprocess: bool = True) -> Mapping[Any, Array]:
        """The model's outputs."""
        ...

    @property
    def generate_saliency_map(self) -> Callable[..., Any]:
        """Maps of a picture: an array, or by target."""
        ...


BlackBoxes: TypeAlias = AISEClassification | RISE | AISEDetection | DRISE

BLACK_BOX: dict[tuple[Task, Method | None], type[BlackBoxes]] = {
    (Task.CLASSIFICATION, None): AISEClassification,
    (Task.CLASSIFICATION, Method.AISE): AISEClassification,
    (Task.CLASSIFICATION, Method.RISE): RISE,
    (Task.DETECTION, None): AISEDetection,
    (Task.DETECTION, Method.AISE): AISEDetection,
    (Task.DETECTION, Method.RISE): DRISE,
}
"""The black-box method for a task, by the method asked for."""

BLACK_BOX_METHODS = (Method.RISE, Method.AISE)

_METHOD = "explain_method"
_INSERTION = ("target_layer", "embed_scaling", USE_GAUSSIAN, *FOUND_BY_ITSELF, *InsertOptions.__annotations__)
_BLACK_BOX = tuple(
    dict.fromkeys(
        name
        for one in (AISEClassification, RISE, AISEDetection, DRISE)
        for name in inspect.signature(one.generate_saliency_map).parameters
        if name not in NOT_OPTIONS
    )
)


@dataclass(frozen=True)
class CallOptions:
    """What a call asks for: another `method` (None: that of the Explainer), options of insertions, and all `others`."""

    method: Method | None
    insertion: Mapping[str, Any]
    others: Mapping[str, Any]


def told_apart(options: Mapping[str, Any]) -> CallOptions:
    """The options of a call. Raises OptionError for another method that there is not."""
    method = options.get(_METHOD)
    return CallOptions(
        None if method is None else member(_METHOD, Method, method),
        {name: value for name, value in options.items() if name in _INSERTION},
        {name: value for name, value in options.items() if name not in (_METHOD, *_INSERTION)},
    )


def check_known(asked: CallOptions) -> None:
    """Raises OptionError for an option that no method knows."""
    check_names(asked.others, (_METHOD, *_INSERTION, *_BLACK_BOX))
