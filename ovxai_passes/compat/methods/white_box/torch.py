"""Torch modules with maps, as `ovxai_passes.insert_xai` makes them. Needs torch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ovxai_passes.compat.common.utils import has_xai
from ovxai_passes.compat.methods.base import Prediction, PreprocessFn
from ovxai_passes.explainer.black_box.base import identity
from ovxai_passes.explainer.white_box import insertion_options
from ovxai_passes.insert import insert_xai
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.vocabulary import Method, Task

Array = npt.NDArray[Any]

_OF_HOOKS = ("use_cls_token", "normalize")
"""Options of hooks in a module, which is not how it is done here."""


class TorchWhiteBoxMethod:
    """A torch module with maps, by the method that its network asks for.

    `prepare_model` returns a module that takes tensors [N,3,H,W] and returns "prediction" and "saliency_map".
    `input_size`: H, W. `target_layer`: the path of a part of the module. It runs where it is moved to, whatever
    `device_name`.
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
        self._input_size = input_size
        self._options = options
        if prepare_model:
            self.prepare_model()

    @cached_property
    def _explained(self) -> Any:
        if has_xai(self._module):
            return self._module
        return inserted_module(
            self._module,
            self.METHOD,
            self._target_layer,
            self._embed_scaling,
            input_size=self._input_size,
            **self._options,
        )

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
        return {name: tensor.numpy(force=True) for name, tensor in found.items()}

    def generate_saliency_map(self, data: Array, *_: Any, **__: Any) -> Array:
        """Maps of one picture."""
        return self.model_forward(data)[OUTPUT_NAME]


def inserted_module(
    module: Any,
    method: Method | None,
    target_layer: str | Sequence[str] | None,
    embed_scaling: bool,
    input_size: tuple[int, int] | None = None,
    example_input: Any = None,
    **options: Any,
) -> Any:
    """A torch module with maps; without `input_size` and `example_input`, they are inserted at its first forward."""
    import torch  # noqa: PLC0415  # an optional extra, imported where used

    if example_input is None and input_size is not None:
        example_input = torch.zeros(1, 3, *input_size)
    known = insertion_options({name: value for name, value in options.items() if name not in _OF_HOOKS})
    return insert_xai(module, Task.CLASSIFICATION, method, target_layer, embed_scaling, example_input, **known)


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
