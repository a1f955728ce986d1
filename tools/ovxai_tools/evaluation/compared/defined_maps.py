"""Maps of gradient methods for any class, by their definition: in a model they are of few classes, settled before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.graph import TensorId

from ovxai_passes.insert import Insertion
from ovxai_passes.model_info.tensor_values import probe_of
from ovxai_passes.ops.precision import F32
from ovxai_passes.reference.given import Given
from ovxai_passes.reference.gradient.derivatives import layers_of, scores_tensors
from ovxai_passes.reference.lookup import definition_of
from ovxai_passes.vocabulary import Scaling
from ovxai_tools.checks.verification.gradients import vjp_for
from ovxai_tools.evaluation.compared.evaluated_model import EvaluatedModel
from ovxai_tools.evaluation.compared.shown import Floats, Levels, Shown, above_zero

Array = npt.NDArray[Any]


@dataclass
class DefinedMaps:
    """Makes the maps of a setting that takes gradients. `insertion`: into the model that it is asked about.

    `inferences`: how often that has run, a backward pass counting as one.
    """

    of: EvaluatedModel
    insertion: Insertion
    inferences: int = 0
    _last: tuple[Levels, dict[TensorId, Array]] | None = field(default=None, init=False, repr=False)

    def __call__(self, shown: Sequence[Shown]) -> list[Floats]:
        """The map [h,w] of each class as evidence, from 0 up."""
        return [self._map(one) for one in shown]

    def _map(self, one: Shown) -> Floats:
        picture, options = self.of.input(one.pixels), self.insertion.state.options
        layers = layers_of(self.insertion.target)
        values = self._values(one.pixels, picture)
        self.inferences += 2
        given = Given(
            self.insertion.target,
            lambda tensors: [values[tensor] for tensor in tensors],
            (one.pixels.shape[0], one.pixels.shape[1]),
            self.insertion.state.head,
            classes=np.array([[one.target]]),
            multi_label=options.multi_label,
            gradient_of=options.differentiated,
            vjp=lambda tensor, cotangents: np.array(
                self._backward([picture, *cotangents.values()])[f"gradient_{layers.index(tensor)}"]
            ),
        )
        saliency = definition_of(self.insertion.method)(given)[0, 0]
        return above_zero(saliency, 0.0 if options.effective_scaling is Scaling.POSITIVE else None)

    def _values(self, pixels: Levels, picture: Array) -> dict[TensorId, Array]:
        """Those of the tensors that definitions read. The cells of a grid follow each other and have one picture."""
        if self._last is None or self._last[0] is not pixels:
            results = self._forward(picture)
            self._last = (pixels, {tensor: np.array(results[place]) for place, tensor in enumerate(self._tensors)})
        return self._last[1]

    @cached_property
    def _tensors(self) -> tuple[TensorId, ...]:
        """What definitions read."""
        target, wanted = (
            self.insertion.target,
            [*scores_tensors(self.insertion.target), *layers_of(self.insertion.target)],
        )
        if target.site is not None:
            wanted += [target.site.scores.shown, target.site.target, *self.insertion.head.sides]
        return tuple(dict.fromkeys(wanted))

    @cached_property
    def _forward(self) -> ov.CompiledModel:
        return ov.compile_model(probe_of(self.of.model, self._tensors), "CPU", F32)

    @cached_property
    def _backward(self) -> ov.CompiledModel:
        return ov.compile_model(vjp_for(self.of.model, self.insertion.target), "CPU", F32)
