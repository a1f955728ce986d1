"""Torch modules: converted by OpenVINO, explained there, and a module again that runs what came of it. Needs torch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.compat.common.utils import has_xai
from ovxai_passes.compat.methods.base import Prediction, PreprocessFn
from ovxai_passes.explainer.black_box.base import identity
from ovxai_passes.explainer.checked import compiled
from ovxai_passes.explainer.white_box import insertion_options
from ovxai_passes.insert import insert_xai
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.vocabulary import Method, Task

Array = npt.NDArray[Any]

PREDICTION = "prediction"
"""The name of what the module itself returns."""

_OF_HOOKS = ("use_cls_token", "normalize")
"""Options of hooks in a module, which is not how it is done here."""


class TorchWhiteBoxMethod:
    """A torch module with maps, by the method that its network asks for.

    `prepare_model` returns a module that takes tensors [N,3,H,W] and returns "prediction" and "saliency_map". OpenVINO
    runs it, in f32: it has no parameters and no gradients, and cannot be exported. `input_size`: H, W; `target_layer`:
    a name in the converted model.
    """

    METHOD: ClassVar[Method | None] = None

    def __init__(
        self,
        model: Any,
        preprocess_fn: PreprocessFn = identity,
        target_layer: str | Sequence[str] | None = None,
        embed_scaling: bool = True,
        device_name: str = "CPU",
        prepare_model: bool = True,
        input_size: tuple[int, int] = (224, 224),
        **options: Any,
    ) -> None:
        self.preprocess_fn = preprocess_fn
        self.predictions: dict[int, Prediction] = {}
        self._module, self._target_layer, self._embed_scaling = model, target_layer, bool(embed_scaling)
        self._device_name, self._input_size = device_name, input_size
        self._options = {name: value for name, value in options.items() if name not in _OF_HOOKS}
        if prepare_model:
            self.prepare_model()

    @cached_property
    def _model(self) -> ov.Model:
        """The module converted, with the map."""
        import torch  # noqa: PLC0415  # an optional extra, imported where used

        example = torch.zeros(1, 3, *self._input_size)
        with torch.no_grad():
            model = ov.convert_model(self._module.eval(), example_input=example, input=[-1, 3, *self._input_size])
        return insert_xai(
            model,
            Task.CLASSIFICATION,
            self.METHOD,
            self._target_layer,
            self._embed_scaling,
            **insertion_options(self._options),
        )

    @cached_property
    def _compiled(self) -> ov.CompiledModel:
        return compiled(self._model, self._device_name, {"INFERENCE_PRECISION_HINT": "f32"})

    @cached_property
    def _explained(self) -> Any:
        return self._module if has_xai(self._module) else _module_of(self._compiled)

    @property
    def model_compiled(self) -> Any:
        """The module with maps, None before it is prepared."""
        return self.__dict__.get("_explained")

    def prepare_model(self, load_model: bool = True) -> Any:  # a module is always ready to run
        """The module with maps."""
        return self._explained

    def model_forward(self, x: Array, preprocess: bool = True) -> dict[str, Array]:
        """What the module returns for pictures [N,3,H,W], as arrays."""
        import torch  # noqa: PLC0415  # an optional extra, imported where used

        found = self._explained(torch.from_numpy(np.asarray(self.preprocess_fn(x) if preprocess else x, np.float32)))
        return {name: tensor.numpy() for name, tensor in found.items()}

    def generate_saliency_map(self, data: Array, *_: Any, **__: Any) -> Array:
        """Maps of one picture."""
        return self.model_forward(data)[OUTPUT_NAME]


class TorchActivationMap(TorchWhiteBoxMethod):
    """ActivationMap of a torch module."""

    METHOD = Method.ACTIVATIONMAP


class TorchEigenCAM(TorchWhiteBoxMethod):
    """EigenCAM of a torch module."""

    METHOD = Method.EIGENCAM


class TorchReciproCAM(TorchWhiteBoxMethod):
    """ReciproCAM of a torch module."""

    METHOD = Method.RECIPROCAM


class TorchViTReciproCAM(TorchReciproCAM):
    """ViT-ReciproCAM of a torch module."""

    METHOD = Method.VITRECIPROCAM


def _module_of(model: ov.CompiledModel) -> Any:
    """A module that OpenVINO runs."""
    import torch  # noqa: PLC0415  # an optional extra, imported where used

    class Explained(torch.nn.Module):
        has_xai = True

        def forward(self, x: Any) -> dict[str, Any]:
            """The first output of the model, and the map."""
            found = model(x.detach().cpu().numpy())
            named = {PREDICTION: found[0], OUTPUT_NAME: found[OUTPUT_NAME]}
            return {name: torch.from_numpy(value.copy()) for name, value in named.items()}

    return Explained()
