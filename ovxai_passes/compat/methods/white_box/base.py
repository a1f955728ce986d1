"""What white-box methods have in common: a branch in a copy of the model, which is an output of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy.typing as npt
import openvino as ov

from ovxai_passes.compat.common.utils import has_xai
from ovxai_passes.compat.inserter.inserter import insert_xai_branch_into_model
from ovxai_passes.compat.methods.base import MethodBase, PreprocessFn, check_model
from ovxai_passes.explainer.black_box.base import identity
from ovxai_passes.explainer.white_box import WhiteBox, insertion_options
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.options import Options
from ovxai_passes.passes.insert_saliency_map import InsertSaliencyMap
from ovxai_passes.passes.state import run_stages
from ovxai_passes.vocabulary import Method, Task

Array = npt.NDArray[Any]


class WhiteBoxMethod(MethodBase, WhiteBox):
    """A method of one's own: what `generate_xai_branch` makes of `model_ori` becomes the output `saliency_map`."""

    per_class = True

    def __init__(
        self,
        model: ov.Model,
        preprocess_fn: PreprocessFn = identity,
        embed_scaling: bool = True,
        device_name: str = "CPU",
    ) -> None:
        check_model(model)
        super().__init__(model, Task.AUTO, preprocess_fn, device_name=device_name, prepare_model=False)
        self._model_ori = model.clone()
        self.embed_scaling = embed_scaling

    @property
    def model_ori(self) -> ov.Model:
        """A copy of the model without the map."""
        return self._model_ori

    @property
    def model_compiled(self) -> ov.CompiledModel | None:
        """The model with the map as it is run, None before it is prepared."""
        return self.__dict__.get("_compiled")

    @cached_property
    def model(self) -> ov.Model:
        """The model with the map."""
        if has_xai(self._model_ori):
            return self._model_ori
        return insert_xai_branch_into_model(self._model_ori, self.generate_xai_branch(), self.embed_scaling)

    def generate_xai_branch(self) -> ov.Node:
        """The last node of a branch on `model_ori`."""
        raise NotImplementedError

    def generate_saliency_map(self, data: Array, *_: Any, **__: Any) -> Array | dict[int, Array]:
        """Maps of one picture; whatever else is given belongs to other methods."""
        return super().generate_saliency_map(data)


_UNLIMITED: dict[str, Any] = {"max_cost": 1e9}
"""Programs that took their time before go on doing so."""


class InsertedMethod(WhiteBoxMethod):
    """A method of this package."""

    METHOD: ClassVar[Method]
    TASK: ClassVar[Task] = Task.CLASSIFICATION
    OF_MODULES: ClassVar[type | None] = None
    """What factories make of a torch module instead."""

    def __init__(
        self,
        model: ov.Model,
        preprocess_fn: PreprocessFn = identity,
        target_layer: str | Sequence[str] | None = None,
        embed_scaling: bool = True,
        device_name: str = "CPU",
        prepare_model: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(model, preprocess_fn, bool(embed_scaling), device_name)
        self._target_layer = target_layer
        self._options = Options.checked(
            task=self.TASK,
            method=self.METHOD,
            target_layer=target_layer,
            embed_scaling=self.embed_scaling,
            **{**_UNLIMITED, **insertion_options(options)},
        )
        if prepare_model:
            self.prepare_model()

    @cached_property
    def model(self) -> ov.Model:
        """The model with the map: as it was given where it has one."""
        model = self._model_ori.clone()
        if not has_xai(model):
            run_stages(model, (InsertSaliencyMap(self._options),))
        return model

    def generate_xai_branch(self) -> ov.Node:
        """The last node of the branch, which is inserted into `model_ori`; no output of it yet."""
        run_stages(self._model_ori, (InsertSaliencyMap(self._options),))
        result = self._model_ori.output(OUTPUT_NAME).get_node()
        self._model_ori.remove_result(result)
        return result.input_value(0).get_node()
