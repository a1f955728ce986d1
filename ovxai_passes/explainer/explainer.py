"""The Explainer: from a picture to an explanation, by whichever method the model allows."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.model_analysis import ModelAnalysis

from ovxai_passes.errors import OptionError, TargetNotFoundError
from ovxai_passes.explainer.black_box.base import BlackBox, identity
from ovxai_passes.explainer.black_box.running import Postprocess
from ovxai_passes.explainer.call_options import (
    BLACK_BOX,
    BLACK_BOX_METHODS,
    CallOptions,
    ExplanationMethod,
    check_known,
    told_apart,
)
from ovxai_passes.explainer.checked import check_options, checked_flag, checked_function, checked_names, picture_array
from ovxai_passes.explainer.explanation import Explanation
from ovxai_passes.explainer.found_outputs import postprocess_found
from ovxai_passes.explainer.targets import Targets, are_names, asks_for_all, check_mapped, target_indices
from ovxai_passes.explainer.visualizer import Visualizer
from ovxai_passes.explainer.white_box import WhiteBox, insertion_options
from ovxai_passes.model_info.labels import own_names_of
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
        Black-box: from the model's outputs to scores [1,K], or to boxes, scores and labels of a detector. None: found
        by what the outputs hold, which is logged.
    explain_mode
        White-box, black-box, or the first and else the second (the reason is logged); a `target_layer` that does not
        fit is an error where there is no postprocess_fn.
    explain_method, target_layer, embed_scaling, method_options
        As for `insert_xai`; RISE or AISE ask for a black box.
    device_name
        Where the model runs.

    Raises OvxaiError.
    """

    explanation_of = Explanation
    """What makes explanations of maps."""

    model_of = staticmethod(model_given)
    """The model that a caller gives."""

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
        self.model = self.model_of(model)
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
        self.method: ExplanationMethod = self._first_method()
        self._kept: dict[Options | Method, ExplanationMethod] = {}
        self._noted: set[str] = set()

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
        (of a black-box detector: all boxes), an index, a name of `label_names` (default: those that the model says
        itself), or several. `original_input_image`:
        what maps are laid over, `data` by default. `output_size`: (H, W) of maps, that of the picture by default.
        `scaling`: to 0..255 (what is resized always is). `resize`, `colormap`, `overlay`: what is done to maps;
        `overlay_weight`: of the maps, 0 to 1; `overlay_prediction`: write the class, and the score where it is known.
        `method_options`: of black-box methods, as `preset`, `num_masks`, `seed`; or another `explain_method`,
        `target_layer`, `embed_scaling` or option of `insert_xai`, for which maps are inserted once more and kept for
        later calls. Those of the other kind of method have no effect, which is logged. Raises OvxaiError.
        """
        shown = picture_array(data)
        picture = shown if original_input_image is None else picture_array(original_input_image, "original_input_image")
        size = size_of(picture) if output_size is None else checked_size(output_size)
        number("overlay_weight", overlay_weight, 0, 1, including=True)
        for name, flag in (("scaling", scaling), ("resize", resize), ("colormap", colormap), ("overlay", overlay)):
            checked_flag(name, flag)
        method, options = self._method_for(method_options)
        classes, background = self._classes(method, data)
        names = checked_names(label_names, classes, background)
        if names is None and classes and are_names(targets):
            names = list(own_names_of(self.model, classes, background)) or None
        indices = None
        if isinstance(method, BlackBox) and not asks_for_all(targets):
            indices = target_indices(targets, None if self.task is Task.DETECTION else names)
        saliency = method.generate_saliency_map(data, indices, **options)
        if isinstance(method, WhiteBox) and isinstance(saliency, dict) and not asks_for_all(targets):
            check_mapped(target_indices(targets, names), saliency)
        explanation = self.explanation_of(saliency, targets, self.task, names, method.predictions)
        explanation.predicted_on = size_of(shown)
        explanation.scaled_together = isinstance(method, WhiteBox) and method.scaled_together
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

    def _method_for(self, options: Mapping[str, Any]) -> tuple[ExplanationMethod, Mapping[str, Any]]:
        """The method that a call is answered by, and its options of the call. Raises OvxaiError."""
        asked = told_apart(options)
        method = self._method_asked_for(asked)
        if isinstance(method, BlackBox):
            self._note(asked.insertion, "black")
            check_options(method.generate_saliency_map, asked.others, type(method).__name__)
            return method, asked.others
        check_known(asked)
        self._note(asked.others, "white")
        return method, {}

    def _method_asked_for(self, asked: CallOptions) -> ExplanationMethod:
        """The Explainer's own method, or another one, which is kept."""
        if asked.method in BLACK_BOX_METHODS:
            wanted_type = BLACK_BOX.get((self.task, asked.method))
            if wanted_type is not None and isinstance(self.method, wanted_type):
                return self.method
            if asked.method not in self._kept:
                self._kept[asked.method] = self._black_box(asked.method)
            return self._kept[asked.method]
        if asked.method is None and (isinstance(self.method, BlackBox) or not asked.insertion):
            return self.method
        own = isinstance(self.method, WhiteBox)
        same = asked.method is None or (isinstance(self.method, WhiteBox) and self.method.method == asked.method.value)
        chosen = self.explain_method if own and same else asked.method
        wanted = {**self._given(), **asked.insertion}
        key = self._insertion(chosen, wanted)
        if own and key == self._insertion(self.explain_method, self._given()):
            return self.method
        if key not in self._kept:
            self._kept[key] = self._white_box(chosen, **wanted)
        return self._kept[key]

    def _insertion(self, method: Method | None, options: Mapping[str, Any]) -> Options:
        return Options.checked(task=self.task, method=method, **insertion_options(options))

    def _given(self) -> dict[str, Any]:
        """The options that the Explainer was given for insertions, beside the method."""
        return {"target_layer": self.target_layer, "embed_scaling": self.embed_scaling, **self.method_options}

    def _note(self, options: Mapping[str, Any], box: str) -> None:
        """Log options that have no effect, each once."""
        for name in options:
            if name not in self._noted:
                _log.warning("option %r has no effect: the map is made by a %s-box method", name, box)
                self._noted.add(name)

    def _classes(self, method: ExplanationMethod, data: Any) -> tuple[int | None, int | None]:
        """How many classes there are (None: not known, as of a black-box detector), and which stands for nothing."""
        if isinstance(method, WhiteBox):
            return method.classes, method.background
        if isinstance(method, BlackBox) and self.task is Task.CLASSIFICATION:
            return method.class_count(data), None
        return None, None

    def _first_method(self) -> ExplanationMethod:
        """The method that answers calls which do not ask for another one."""
        if self.explain_mode is ExplainMode.BLACKBOX or self.explain_method in BLACK_BOX_METHODS:
            if self.explain_mode is ExplainMode.WHITEBOX:
                raise OptionError(f"method {self.explain_method and self.explain_method.value!r} is a black-box method")
            if self.method_options:
                raise OptionError(
                    f"option {next(iter(self.method_options))!r} is one of white-box methods; those of black-box "
                    "methods are given with the picture"
                )
            return self._black_box(self.explain_method)
        try:
            return self._white_box(self.explain_method, **self._given())
        except TargetNotFoundError as error:
            if self.explain_mode is ExplainMode.WHITEBOX:
                raise
            if self.postprocess_fn is None and self.target_layer is not None:
                raise OptionError(
                    f"{error}\na black-box explanation is possible without the layer: give postprocess_fn, from the "
                    "model's outputs to scores [1,K] (get_postprocess_fn), or leave target_layer out"
                ) from error
            _log.warning("no white-box explanation, so a black-box one: %s", error)
            return self._black_box(self.explain_method)

    def _white_box(self, explain_method: Method | None, **options: Any) -> ExplanationMethod:
        found = WhiteBox(
            self.model,
            self.task,
            self.preprocess_fn,
            explain_method,
            device_name=self.device_name,
            **options,
        )
        _log.info("explaining in white-box mode")
        return found

    def _black_box(self, explain_method: Method | None) -> ExplanationMethod:
        method = BLACK_BOX.get((self.task, explain_method))
        if method is None:
            known = sorted({f"{one.value}" for _, one in BLACK_BOX if one is not None})
            raise OptionError(
                f"there is no black-box method {explain_method and explain_method.value!r} for task "
                f"{self.task.value!r}: there is {', '.join(known)} for classification and detection"
            )
        read = self.postprocess_fn or postprocess_found(self.model, self.task)
        _log.info("explaining in black-box mode")
        return method(self.model, read, self.preprocess_fn, self.device_name)
