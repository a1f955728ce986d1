"""How sure a detector is of each class somewhere in a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.op_traits import SOFTMAX_TYPES
from ovxai_patterns.detector.class_heads import ClassHeads, Level
from ovxai_patterns.detector.instances import Masks, Prototypes

from ovxai_passes.insert import Insertion
from ovxai_passes.model_info.tensor_values import last_of, probe_of
from ovxai_passes.ops.precision import F32

Array = npt.NDArray[np.generic]
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DetectorScores:
    """Where the class scores of a detector come from. `probe`: the detector with these tensors as its outputs.

    `read`: from its outputs, in their order, to the best score of each class in the first picture, [K].
    """

    probe: ov.Model
    read: Callable[[Sequence[Array]], Scores]

    @classmethod
    def of(cls, model: ov.Model, insertion: Insertion) -> DetectorScores:
        """`model`: the detector without maps; `insertion`: of a map for each class into it."""
        masks, grids = insertion.target.masks, insertion.target.grids
        if masks is not None:
            raw = ov.compile_model(insertion.branch.model, "CPU", F32)
            instances, chosen = masks.instances, masks.chosen
            return cls(
                probe_of(model, insertion.branch.sources), lambda values: _of_maps(raw(values)[0], instances, chosen)
            )
        assert grids is not None, "a map for each class is made of class heads or instances"
        heads = grids.heads
        tensors = [level.tensor for level in heads.levels]
        tensors += [level.objectness.tensor for level in heads.levels if level.objectness]
        return cls(probe_of(model, tensors), lambda values: _of_heads(heads, dict(zip(tensors, values, strict=True))))

    def __call__(self, inputs: Sequence[Array]) -> Scores:
        """The scores [K] of the first picture."""
        return self.read(last_of(self._compiled, [inputs]))

    @cached_property
    def _compiled(self) -> ov.CompiledModel:
        return ov.compile_model(self.probe, "CPU", F32)


def _of_maps(maps: Array, instances: Masks | Prototypes, chosen: tuple[int, ...] | None) -> Scores:
    """The largest values of the raw maps of instances, which are masks weighed by scores; 0 where there is no map."""
    scores = np.zeros(instances.classes)
    scores[list(chosen or range(instances.classes))] = maps[0].max((1, 2))
    return scores


def _of_heads(heads: ClassHeads, values: dict[Any, Array]) -> Scores:
    best = np.zeros(heads.classes)
    for level in heads.levels:
        value = _of_cells(values[level.tensor], level, level.axis)
        scores = value[np.array(level.channels)].astype(np.float64)  # [K,A,cells]
        if heads.activation in SOFTMAX_TYPES:
            shares = np.exp(scores - scores.max(0))
            scores = shares / shares.sum(0)
        else:
            scores = _sigmoid(scores)
        if level.objectness is not None:
            of_objects = level.objectness
            there = _of_cells(values[of_objects.tensor], level, of_objects.axis)
            scores = scores * _sigmoid(there[list(of_objects.channels)].astype(np.float64))
        best = np.maximum(best, scores.max((1, 2)))
    return best


def _of_cells(value: Array, level: Level, axis: int) -> Array:
    """The values [C,cells] of one level of the first picture; `axis`: of the channels C."""
    values: Array = np.moveaxis(value, axis, 1)[0]
    cells = level.grid[0] * level.grid[1]
    if values.ndim == 2:  # the cells of all levels along one axis
        values = values[:, level.first : level.first + cells]
    return values.reshape(len(values), cells)


def _sigmoid(value: Scores) -> Scores:
    """Of values far below 0 it is 0, without a warning."""
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -700, None))))
