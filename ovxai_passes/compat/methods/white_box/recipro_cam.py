"""ReciproCAM of convolutional networks and of vision transformers."""

from __future__ import annotations

from typing import Any

import openvino as ov

from ovxai_passes.compat.methods.base import PreprocessFn
from ovxai_passes.compat.methods.white_box.base import InsertedMethod
from ovxai_passes.compat.methods.white_box.torch import TorchReciproCAM, TorchViTReciproCAM
from ovxai_passes.explainer.black_box.base import identity
from ovxai_passes.vocabulary import Method


class FeatureMapPerturbationBase(InsertedMethod):
    """What is left of each class score when one position of a feature map is kept."""


class ReciproCAM(FeatureMapPerturbationBase):
    """ReciproCAM: one position is kept as it is."""

    METHOD = Method.RECIPROCAM
    OF_MODULES = TorchReciproCAM


class ViTReciproCAM(FeatureMapPerturbationBase):
    """ViT-ReciproCAM: a position is kept with its neighbours, or alone without `use_gaussian`.

    Class tokens are kept, and norms found, whatever `cls_token` and `final_norm` say. `k`: attention blocks to re-run.
    """

    METHOD = Method.VITRECIPROCAM
    OF_MODULES = TorchViTReciproCAM

    def __init__(
        self,
        model: ov.Model,
        preprocess_fn: PreprocessFn = identity,
        target_layer: str | None = None,
        embed_scaling: bool = True,
        device_name: str = "CPU",
        use_gaussian: bool = True,
        cls_token: bool = True,
        final_norm: bool = True,
        k: int = 1,
        prepare_model: bool = True,
        **options: Any,
    ) -> None:
        asked: dict[str, Any] = {} if use_gaussian else {"use_gaussian": False}
        asked |= {} if k == 1 else {"k": k}
        asked |= {} if cls_token else {"cls_token": False}  # logged to have no effect
        asked |= {} if final_norm else {"final_norm": False}
        super().__init__(
            model, preprocess_fn, target_layer, embed_scaling, device_name, prepare_model, **asked, **options
        )
