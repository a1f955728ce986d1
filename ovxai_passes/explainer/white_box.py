"""White-box explanations: the augmented model, compiled and run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.black_box.base import identity
from ovxai_passes.explainer.checked import checked_flag, compiled, fitting_input, told_by_the_runtime
from ovxai_passes.explainer.lettering import Prediction
from ovxai_passes.insert import insert_xai
from ovxai_passes.model_info.maps import RecordedMap, map_made_by
from ovxai_passes.model_info.outputs import CLASSES_NAME, OUTPUT_NAME
from ovxai_passes.model_info.recorded import check_this_map, holds_scaled_map
from ovxai_passes.options import Options
from ovxai_passes.pictures.levels import as_levels
from ovxai_passes.vocabulary import Mask, Method, Scaling, Task

_log = logging.getLogger(__name__)

Array = npt.NDArray[Any]

FOUND_BY_ITSELF = ("cls_token", "final_norm", "optimize_gap")
"""Options of openvino_xai that say how a network is made, which is found out here."""

USE_GAUSSIAN = "use_gaussian"
"""Its name of the mask: a bell, or one position."""


def insertion_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as `insert_xai` takes them; those that say what is found out here are left out, which is logged."""
    found = {name: value for name, value in options.items() if name not in FOUND_BY_ITSELF}
    for name in FOUND_BY_ITSELF:
        if options.get(name) is not None:
            _log.info("option %s has no effect: how the network is made is found out", name)
    if USE_GAUSSIAN in found:
        bell = checked_flag(USE_GAUSSIAN, found.pop(USE_GAUSSIAN))
        found["mask"] = Mask.GAUSSIAN if bell else Mask.ONE_HOT
    return found


class WhiteBox:
    """A model with its maps. `predictions` is empty.

    Of a model that has maps of several methods already, the map is that of `explain_method`, or the first one.
    `options`: those of `insert_xai`; `use_gaussian` stands for the mask. Without `prepare_model`, maps are inserted and
    the model is compiled when it is asked first, or by `prepare_model()`. Raises as `insert_xai` does.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # the interface of openvino_xai
        self,
        model: ov.Model,
        task: Task,
        preprocess_fn: Callable[[Array], Array],
        explain_method: Method | None = None,
        target_layer: str | Sequence[str] | None = None,
        embed_scaling: bool = True,
        device_name: str = "CPU",
        prepare_model: bool = True,
        **options: Any,  # the further ones of `insert_xai`, those of openvino_xai
    ) -> None:
        self.preprocess_fn = preprocess_fn
        self.predictions: dict[int, Prediction] = {}
        self._device_name = device_name
        self._lock = Lock()
        given = insertion_options(options)
        there = None if explain_method is None else map_made_by(model, explain_method)
        self._output = OUTPUT_NAME if there is None else there.output
        self._insert = partial(insert_xai, model, task, explain_method, target_layer, embed_scaling, **given)
        if there is not None and self._output != OUTPUT_NAME:
            asked = {"task": task, "target_layer": target_layer, "embed_scaling": embed_scaling, **given}
            check_this_map(there, Options.checked(method=explain_method, **asked))
            self._insert = partial(insert_xai, model)
        if prepare_model:
            self.prepare_model()

    @cached_property
    def model(self) -> ov.Model:
        """The model with its maps: as it was given where it has some."""
        return self._insert()

    @cached_property
    def _compiled(self) -> ov.CompiledModel:
        return compiled(self.model, self._device_name)

    def prepare_model(self, load_model: bool = True) -> ov.Model:
        """Insert the maps and, with `load_model`, compile the model; returns it."""
        if load_model:
            self._compiled  # noqa: B018  # made at its first use
        return self.model

    @property
    def map(self) -> RecordedMap:
        """The map among those of the model."""
        return RecordedMap(self.model, self._output)

    @property
    def method(self) -> str:
        """Which method made the maps, "" for maps of other making."""
        return self.map.method

    @property
    def scaled_together(self) -> bool:
        """Whether maps of one picture are scaled by one range for all classes."""
        return self.map.said("scaling") in [one.value for one in Scaling if one.has_one_scale]

    @property
    def classes(self) -> int | None:
        """How many classes the model has, None where it does not say."""
        count = int(self.map.said("classes", "0"))
        maps = self.model.output(self._output).get_partial_shape()
        if not count and maps.rank.is_static and len(maps) == 4 and maps[1].is_static:  # maps of other making
            count = maps[1].get_length()
        return count or None

    @property
    def background(self) -> int | None:
        """The class of a detector that stands for nothing, if there is one."""
        said = self.map.said("background", "none")
        return None if said == "none" else int(said)

    def model_forward(self, x: Array, preprocess: bool = True) -> Mapping[Any, Array]:
        """All outputs of the augmented model for a picture."""
        made = self.preprocess_fn(x) if preprocess else x
        fed = fitting_input(made, self.model, preprocess and self.preprocess_fn is not identity)
        # a compiled model has one request, which threads would share
        with told_by_the_runtime("the model does not run on this picture"), self._lock:
            return self._compiled(fed)

    def generate_saliency_map(
        self, data: Array, target_indices: Sequence[int] | None = None, **options: object
    ) -> Array | dict[int, Array]:
        """Maps [1,K,h,w] or [1,h,w] of one picture; by class where the model says which classes have maps."""
        if options:
            raise OptionError(f"option {next(iter(options))!r} is one of black-box methods, and this is a white box")
        return self.maps_in(self.model_forward(data))

    def maps_in(self, results: Mapping[Any, Array]) -> Array | dict[int, Array]:
        """The maps among what `model_forward` gives, as `generate_saliency_map`; scaled ones as levels."""
        maps = np.array(results[self._output])
        if maps.dtype != np.uint8 and holds_scaled_map(self.model):
            maps = as_levels(maps)
        if len(maps) > 1:
            raise OptionError(f"one picture is explained at a time, not a batch of {len(maps)}")
        classes = self._classes(results)
        return maps if classes is None or maps.ndim == 3 else dict(zip(classes, maps[0], strict=True))

    def _classes(self, results: Mapping[Any, Array]) -> list[int] | None:
        if any(CLASSES_NAME in port.get_names() for port in self.model.outputs):
            return [int(number) for number in results[CLASSES_NAME][0]]
        chosen = self.map.said("chosen", "none")
        return None if chosen == "none" else [int(number) for number in chosen.split()]
