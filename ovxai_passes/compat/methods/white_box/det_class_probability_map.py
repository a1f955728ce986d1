"""DetClassProbabilityMap of detectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import openvino as ov

from ovxai_passes.compat.methods.base import PreprocessFn
from ovxai_passes.compat.methods.white_box.base import InsertedMethod
from ovxai_passes.explainer.black_box.base import identity
from ovxai_passes.vocabulary import Method, Task


class DetClassProbabilityMap(InsertedMethod):
    """The class scores of a one-stage detector at each place. Without `target_layer`, its class heads are found.

    `num_anchors`: of each layer; more of them than layers are left out.
    """

    METHOD = Method.DETCLASSPROBABILITYMAP
    TASK = Task.DETECTION

    def __init__(
        self,
        model: ov.Model,
        preprocess_fn: PreprocessFn = identity,
        target_layer: Sequence[str] | None = None,
        embed_scaling: bool = True,
        device_name: str = "CPU",
        num_anchors: Sequence[int] | None = None,
        saliency_map_size: Sequence[int] = (23, 23),
        prepare_model: bool = True,
        **options: Any,
    ) -> None:
        layers = None if target_layer is None else list(target_layer)
        anchors = None if not num_anchors or layers is None else list(num_anchors)[: len(layers)]
        size = tuple(saliency_map_size)
        super().__init__(
            model,
            preprocess_fn,
            layers,
            embed_scaling,
            device_name,
            prepare_model,
            num_anchors=anchors,
            saliency_map_size=size,
            **options,
        )
        self._num_anchors, self._saliency_map_size = num_anchors, size
