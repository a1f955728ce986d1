"""The Explainer: from a picture to an explanation, by whichever method the model allows."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Protocol

import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.model_analysis import ModelAnalysis

from ovxai_passes.errors import OptionError, TargetNotFoundError
from ovxai_passes.explainer.black_box.aise import AISEClassification
from ovxai_passes.explainer.black_box.base import BlackBox, identity
from ovxai_passes.explainer.black_box.detectors import DRISE, AISEDetection
from ovxai_passes.explainer.black_box.rise import RISE
from ovxai_passes.explainer.black_box.running import Postprocess
from ovxai_passes.explainer.checked import check_options, checked_function, checked_names, picture_array
from ovxai_passes.explainer.explanation import Explanation
from ovxai_passes.explainer.lettering import Prediction
from ovxai_passes.explainer.targets import Targets, asks_for_all, target_indices
from ovxai_passes.explainer.visualizer import Visualizer
from ovxai_passes.explainer.white_box import WhiteBox
from ovxai_passes.model_info.read import model_given
from ovxai_passes.options import Options
from ovxai_passes.passes.targets.task import task_of
from ovxai_passes.pictures.arrays import size_of
from ovxai_passes.pictures.resizing import checked_size
from ovxai_passes.value_checks import member, number
from ovxai_passes.vocabulary import Method, Task

_log = logging.getLogger(__name__)

Array = npt.NDArray[Any]


class ExplainMode(Enum):
    """WHITEBOX: maps made inside the model. BLACKBOX: by masked pictures. AUTO: the first, else the second."""

    WHITEBOX = "whitebox"
    BLACKBOX = "blackbox"
    AUTO = "auto"


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


BLACK_BOX: dict[tuple[Task, Method | None], Callable[..., ExplanationMethod]] = {
    (Task.CLASSIFICATION, None): AISEClassification,
    (Task.CLASSIFICATION, Method.AISE): AISEClassification,
    (Task.CLASSIFICATION, Method.RISE): RISE,
    (Task.DETECTION, None): AISEDetection,
    (Task.DETECTION, Method.AISE): AISEDetection,
    (Task.DETECTION, Method.RISE): DRISE,
}
"""The black-box method for a task, by the method asked for."""


class Explainer:
    """Explains what a model says of pictures.

        explainer = Explainer("model.xml", Task.CLASSIFICATION, preprocess_fn)
        explanation = explainer(image, targets=[3, 7], overlay=True)
        explanation.save("maps")

    Parameters
    ----------
    model
        An `ov.Model`, or a path that OpenVINO reads.
    task
        What the model does.
    preprocess_fn
        From what is explained to the model's input; identity: pictures are prepared already.
    postprocess_fn
        Black-box: from the model's outputs to scores [1,K], or to boxes, scores and labels of a detector.
    explain_mode
        White-box, black-box, or the first and else the second (the reason is logged).
    explain_method, target_layer, embed_scaling, method_options
        As for `insert_xai`; RISE or AISE ask for a black box.
    device_name
        Where the model runs.

    Raises OvxaiError.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # the interface of openvino_xai
        self,
        model: ov.Model | str | os.PathLike[str],
        task: Task | str,
        preprocess_fn: Callable[[Array], Array] = identity,
        postprocess_fn: Postprocess | None = None,
        explain_mode: ExplainMode | str = ExplainMode.AUTO,
        explain_method: Method | str | None = None,
        target_layer: str | Sequence[str] | None = None,
        embed_scaling: bool = True,
        device_name: str = "CPU",
        **method_options: object,
    ) -> None:
        checked_function("preprocess_fn", preprocess_fn)
        checked_function("postprocess_fn", postprocess_fn, may_be_none=True)
        self.model = model_given(model)
        self.task = member("task", Task, task)
        if self.task is Task.AUTO:
            self.task = task_of(ModelAnalysis(self.model), Options()).name
        self.preprocess_fn = preprocess_fn
        self.postprocess_fn = postprocess_fn
        self.explain_mode = member("explain_mode", ExplainMode, explain_mode)
        self.explain_method = None if explain_method is None else member("explain_method", Method, explain_method)
        self.target_layer = target_layer
        self.embed_scaling = embed_scaling
        self.device_name = device_name
        self.method_options = method_options
        self.visualizer = Visualizer()
        if preprocess_fn is identity:
            _log.info("no preprocess_fn: pictures are taken to be prepared for the model")
        self.method: ExplanationMethod = self._method()

    def __call__(self, data: Array, *args: Any, **kwargs: Any) -> Explanation:
        """The same as `explain`."""
        return self.explain(data, *args, **kwargs)

    def explain(  # noqa: PLR0913, PLR0917  # the interface of openvino_xai
        self,
        data: Array,
        targets: Targets = -1,
        original_input_image: Array | None = None,
        label_names: Sequence[str] | None = None,
        output_size: tuple[int, int] | None = None,
        scaling: bool = False,
        resize: bool = True,
        colormap: bool = True,
        overlay: bool = False,
        overlay_weight: float = 0.5,
        overlay_prediction: bool = True,
        **method_options: Any,
    ) -> Explanation:
        """The explanation of one picture.

        `data`: what `preprocess_fn` takes, HWC or CHW, with or without a batch of one. `targets`: -1 for all classes
        (of a black-box detector: all boxes), an index, a name of `label_names`, or several. `original_input_image`:
        what maps are laid over, `data` by default. `output_size`: (H, W) of maps, that of the picture by default.
        `scaling`: to 0..255 (what is resized always is). `resize`, `colormap`, `overlay`: what is done to maps;
        `overlay_weight`: of the maps, 0 to 1; `overlay_prediction`: write the class, and the score where it is known.
        `method_options`: of black-box methods, as `preset`, `num_masks`, `seed`. Raises OvxaiError.
        """
        shown = picture_array(data)
        picture = shown if original_input_image is None else picture_array(original_input_image, "original_input_image")
        size = size_of(picture) if output_size is None else checked_size(output_size)
        number("overlay_weight", overlay_weight, 0, 1, including=True)
        self._check_method_options(method_options)
        names = None if label_names is None else checked_names(label_names, *self._classes(data))
        indices = None
        if isinstance(self.method, BlackBox) and not asks_for_all(targets):
            indices = target_indices(targets, None if self.task is Task.DETECTION else names)
        saliency = self.method.generate_saliency_map(data, indices, **method_options)
        explanation = Explanation(saliency, targets, self.task, names, self.method.predictions)
        explanation.predicted_on = size_of(shown)
        return self.visualizer(
            explanation,
            picture,
            size,
            scaling,
            resize,
            colormap,
            overlay,
            overlay_weight,
            overlay_prediction,
        )

    def model_forward(self, x: Array, preprocess: bool = True) -> Mapping[Any, Array]:
        """The model's outputs for a picture."""
        return self.method.model_forward(x, preprocess)

    def _check_method_options(self, options: Mapping[str, Any]) -> None:
        if isinstance(self.method, BlackBox):
            check_options(self.method.generate_saliency_map, options, type(self.method).__name__)
        elif options:
            raise OptionError(f"option {next(iter(options))!r} is one of black-box methods, and this is a white box")

    def _classes(self, data: Any) -> tuple[int | None, int | None]:
        """How many classes there are (None: not known, as of a black-box detector), and which stands for nothing."""
        if isinstance(self.method, WhiteBox):
            return self.method.classes, self.method.background
        if isinstance(self.method, BlackBox) and self.task is Task.CLASSIFICATION:
            return self.method.class_count(data), None
        return None, None

    def _method(self) -> ExplanationMethod:
        asks_for_black_box = self.explain_method in (Method.RISE, Method.AISE)
        if self.explain_mode is ExplainMode.BLACKBOX or asks_for_black_box:
            if self.explain_mode is ExplainMode.WHITEBOX:
                raise OptionError(f"method {self.explain_method and self.explain_method.value!r} is a black-box method")
            if self.method_options:
                raise OptionError(
                    f"option {next(iter(self.method_options))!r} is one of white-box methods; those of black-box "
                    "methods are given with the picture"
                )
            return self._black_box()
        try:
            return self._white_box()
        except TargetNotFoundError as error:
            if self.explain_mode is ExplainMode.WHITEBOX:
                raise
            if self.postprocess_fn is None:
                raise OptionError(
                    f"{error}\na black-box explanation is possible without: it needs postprocess_fn, from the model's "
                    "outputs to scores [1,K] (get_postprocess_fn)"
                ) from error
            _log.warning("no white-box explanation, so a black-box one: %s", error)
            return self._black_box()

    def _white_box(self) -> ExplanationMethod:
        found = WhiteBox(
            self.model,
            self.task,
            self.preprocess_fn,
            self.explain_method,
            self.target_layer,
            self.embed_scaling,
            self.device_name,
            **self.method_options,
        )
        _log.info("explaining in white-box mode")
        return found

    def _black_box(self) -> ExplanationMethod:
        if self.postprocess_fn is None:
            raise OptionError(
                "black-box methods need postprocess_fn: from the model's outputs to scores [1,K], or of a detector to "
                "boxes, scores and labels (see get_postprocess_fn)"
            )
        method = BLACK_BOX.get((self.task, self.explain_method))
        if method is None:
            known = sorted({f"{one.value}" for _, one in BLACK_BOX if one is not None})
            raise OptionError(
                f"there is no black-box method {self.explain_method and self.explain_method.value!r} for task "
                f"{self.task.value!r}: there is {', '.join(known)} for classification and detection"
            )
        _log.info("explaining in black-box mode")
        return method(self.model, self.postprocess_fn, self.preprocess_fn, self.device_name)
