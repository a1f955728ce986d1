"""Methods by task and name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import openvino as ov

from ovxai_passes.compat.common.parameters import Method, Task
from ovxai_passes.compat.common.utils import logger
from ovxai_passes.compat.methods.base import MethodBase, PreprocessFn, check_model
from ovxai_passes.compat.methods.black_box.aise.classification import AISEClassification
from ovxai_passes.compat.methods.black_box.aise.detection import AISEDetection
from ovxai_passes.compat.methods.black_box.base import BlackBoxXAIMethod
from ovxai_passes.compat.methods.black_box.rise import RISE
from ovxai_passes.compat.methods.white_box.activation_map import ActivationMap
from ovxai_passes.compat.methods.white_box.base import InsertedMethod, WhiteBoxMethod
from ovxai_passes.compat.methods.white_box.det_class_probability_map import DetClassProbabilityMap
from ovxai_passes.compat.methods.white_box.eigen_cam import EigenCAM
from ovxai_passes.compat.methods.white_box.recipro_cam import ReciproCAM, ViTReciproCAM
from ovxai_passes.explainer.black_box.base import identity
from ovxai_passes.torch_modules.kind import is_module

PostprocessFn = Callable[[Mapping[Any, Any]], Any]


class MethodFactory(ABC):
    """Makes a method of the kind that it is for."""

    @classmethod
    @abstractmethod
    def create_method(cls, *args: Any, **kwargs: Any) -> MethodBase:
        """A method for a task."""

    @staticmethod
    @abstractmethod
    def create_classification_method(*args: Any, **kwargs: Any) -> MethodBase:
        """A method for a classifier."""

    @staticmethod
    @abstractmethod
    def create_detection_method(*args: Any, **kwargs: Any) -> MethodBase:
        """A method for a detector."""


class WhiteBoxMethodFactory(MethodFactory):
    """Makes white-box methods. Raises ValueError for a task or method that there is not."""

    @classmethod
    def create_method(
        cls,
        task: Task,
        model: ov.Model,
        preprocess_fn: PreprocessFn = identity,
        explain_method: Method | None = None,
        target_layer: str | Sequence[str] | None = None,
        embed_scaling: bool | None = True,
        device_name: str = "CPU",
        **kwargs: Any,
    ) -> MethodBase:
        """A method for a task; `kwargs`: those of its class."""
        made = {Task.CLASSIFICATION: cls.create_classification_method, Task.DETECTION: cls.create_detection_method}
        if task not in made:
            raise ValueError(f"Task type {task} is not supported in white-box mode.")
        return made[task](model, preprocess_fn, explain_method, target_layer, embed_scaling, device_name, **kwargs)

    @staticmethod
    def create_classification_method(
        model: ov.Model,
        preprocess_fn: PreprocessFn = identity,
        explain_method: Method | None = None,
        target_layer: Any = None,
        embed_scaling: bool | None = True,
        device_name: str = "CPU",
        **kwargs: Any,
    ) -> WhiteBoxMethod:
        """ReciproCAM, and where that does not fit ViT-ReciproCAM, or the method that is asked for."""
        made: dict[Method, type[ReciproCAM | ViTReciproCAM | ActivationMap | EigenCAM]] = {
            Method.RECIPROCAM: ReciproCAM,
            Method.VITRECIPROCAM: ViTReciproCAM,
            Method.ACTIVATIONMAP: ActivationMap,
            Method.EIGENCAM: EigenCAM,
        }
        given: tuple[Any, ...] = (model, preprocess_fn, target_layer, bool(embed_scaling), device_name)
        if explain_method is None:
            try:
                return _class_for(model, made[Method.RECIPROCAM])(*given, **kwargs)
            except Exception as error:  # whatever it is, the other method may fit
                logger.info("ReciproCAM does not fit: %s", error)
            explain_method = Method.VITRECIPROCAM
        if explain_method not in made:
            raise _no_method(explain_method)
        return _class_for(model, made[explain_method])(*given, **kwargs)

    @staticmethod
    def create_detection_method(
        model: ov.Model,
        preprocess_fn: PreprocessFn,
        explain_method: Method | None = None,
        target_layer: Any = None,
        embed_scaling: bool | None = True,
        device_name: str = "CPU",
        **kwargs: Any,
    ) -> WhiteBoxMethod:
        """DetClassProbabilityMap, of layers that are named."""
        if target_layer is None:
            raise ValueError("target_layer is required for the detection.")
        if explain_method not in (None, Method.DETCLASSPROBABILITYMAP):
            raise _no_method(explain_method)
        return DetClassProbabilityMap(model, preprocess_fn, target_layer, bool(embed_scaling), device_name, **kwargs)


class BlackBoxMethodFactory(MethodFactory):
    """Makes black-box methods. Raises ValueError for a task or method that there is not."""

    @classmethod
    def create_method(
        cls,
        task: Task,
        model: ov.Model,
        postprocess_fn: PostprocessFn,
        preprocess_fn: PreprocessFn = identity,
        explain_method: Method | None = None,
        device_name: str = "CPU",
        **kwargs: Any,
    ) -> MethodBase:
        """A method for a task; `kwargs`: those of its class."""
        made = {Task.CLASSIFICATION: cls.create_classification_method, Task.DETECTION: cls.create_detection_method}
        if task not in made:
            raise ValueError(f"Model type {task} is not supported in black-box mode.")
        check_model(model)
        return made[task](model, postprocess_fn, preprocess_fn, explain_method, device_name, **kwargs)

    @staticmethod
    def create_classification_method(
        model: ov.Model,
        postprocess_fn: PostprocessFn,
        preprocess_fn: PreprocessFn = identity,
        explain_method: Method | None = None,
        device_name: str = "CPU",
        **kwargs: Any,
    ) -> BlackBoxXAIMethod:
        """AISE, or RISE where that is asked for."""
        if explain_method is None or explain_method is Method.AISE:
            return AISEClassification(model, postprocess_fn, preprocess_fn, device_name, **kwargs)
        if explain_method is Method.RISE:
            return RISE(model, postprocess_fn, preprocess_fn, device_name, **kwargs)
        raise _no_method(explain_method)

    @staticmethod
    def create_detection_method(
        model: ov.Model,
        postprocess_fn: PostprocessFn,
        preprocess_fn: PreprocessFn = identity,
        explain_method: Method | None = None,
        device_name: str = "CPU",
        **kwargs: Any,
    ) -> BlackBoxXAIMethod:
        """AISE, whatever is asked for."""
        return AISEDetection(model, postprocess_fn, preprocess_fn, device_name, **kwargs)


def _class_for(model: object, kind: type[InsertedMethod]) -> Any:
    """The class of a method, for a model of its kind."""
    return kind.OF_MODULES if kind.OF_MODULES is not None and is_module(model) else kind


def _no_method(asked: object) -> ValueError:
    return ValueError(f"Requested explanation method {asked} is not implemented.")
