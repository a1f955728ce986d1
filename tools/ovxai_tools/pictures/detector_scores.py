"""How sure a detector is of each class somewhere in a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.detector.class_heads import ClassHeads, Level
from ovxai_patterns.detector.instances import Masks, Prototypes

from ovxai_passes.insert import Insertion
from ovxai_passes.model_info.tensor_values import F32, tensors_at
from ovxai_passes.ops.branch import Branch

Array = npt.NDArray[np.generic]
Scores = npt.NDArray[np.float64]


def class_scores(model: ov.Model, insertion: Insertion, inputs: list[Array]) -> Scores:
    """The best score of each class in the first picture, [K]. `model`: the detector without maps."""
    masks, grids = insertion.target.masks, insertion.target.grids
    if masks is not None:
        return _of_instances(model, insertion.branch, masks.instances, masks.chosen, inputs)
    assert grids is not None, "a map for each class is made of class heads or instances"
    heads = grids.heads
    tensors = [level.tensor for level in heads.levels]
    tensors += [level.objectness.tensor for level in heads.levels if level.objectness]
    return _of_heads(heads, dict(zip(tensors, tensors_at(model, tensors, inputs), strict=True)))


def _of_instances(
    model: ov.Model, branch: Branch, instances: Masks | Prototypes, chosen: tuple[int, ...] | None, inputs: list[Array]
) -> Scores:
    """The largest values of the raw maps of instances, which are masks weighed by scores; 0 where there is no map."""
    values = tensors_at(model, branch.sources, inputs)
    maps = ov.compile_model(branch.model, "CPU", F32)(values)[0]
    scores = np.zeros(instances.classes)
    scores[list(chosen or range(instances.classes))] = maps[0].max((1, 2))
    return scores


def _of_heads(heads: ClassHeads, values: dict[Any, Array]) -> Scores:
    best = np.zeros(heads.classes)
    for level in heads.levels:
        value = _of_cells(values[level.tensor], level, level.axis)
        scores = np.stack([value[list(channels)] for channels in level.channels])  # [K,A,cells]
        if heads.activation in ("Softmax", "LogSoftmax"):
            shares = np.exp(scores - scores.max(0))
            scores = shares / shares.sum(0)
        else:
            scores = _sigmoid(scores)
        if level.objectness is not None:
            of_objects = level.objectness
            there = _of_cells(values[of_objects.tensor], level, of_objects.axis)
            scores = scores * _sigmoid(there[list(of_objects.channels)])
        best = np.maximum(best, scores.max((1, 2)))
    return best


def _of_cells(value: Array, level: Level, axis: int) -> Scores:
    """The values [C,cells] of one level of the first picture; `axis`: of the channels C."""
    values: Scores = np.moveaxis(np.asarray(value, np.float64), axis, 1)[0]
    cells = level.grid[0] * level.grid[1]
    if values.ndim == 2:  # the cells of all levels along one axis
        values = values[:, level.first : level.first + cells]
    return values.reshape(len(values), cells)


def _sigmoid(value: Scores) -> Scores:
    """Of values far below 0 it is 0, without a warning."""
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -700, None))))
