"""The definition of DetClassProbabilityMap, in numpy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.op_traits import SOFTMAX_TYPES
from ovxai_patterns.detector.class_heads import Level

from ovxai_passes.reference.given import Given

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float32]


def definition(given: Given) -> Floats:
    """The raw map [N,K,h,w] f32."""
    grids = given.target.grids
    assert grids is not None, "the method reads class heads"
    tensors = sources_of(grids.levels)
    values = dict(zip(tensors, given.read(tensors), strict=True))
    return probability_map(grids.levels, grids.size, values, grids.objectness, grids.rows)


def probabilities(given: Given) -> Floats:
    """The raw map from zero [N,K,h,w] f32, of all classes that may have one: probabilities, times objectness."""
    grids = given.target.grids
    assert grids is not None, "the method reads class heads"
    levels = list(zip(grids.levels, grids.heads.levels, strict=True))
    tensors = sources_of(grids.heads.levels)
    values = dict(zip(tensors, given.read(tensors), strict=True))
    maps = []
    for level, whole in levels:
        scores = by_channel(values[level.tensor], level, level.axis)
        best = np.zeros((len(scores), len(level.channels), *level.grid))
        for anchor in range(len(level.channels[0])):
            value = scores[:, [channels[anchor] for channels in whole.channels]]
            if grids.heads.activation in SOFTMAX_TYPES:
                value = np.exp(value - value.max(1, keepdims=True))
                value /= value.sum(1, keepdims=True)
            else:
                value = sigmoid(value)
            value = value[:, [whole.channels.index(channels) for channels in level.channels]]
            if level.objectness is not None:
                said = level.objectness
                there = by_channel(values[said.tensor], level, said.axis)
                value = value * sigmoid(there[:, [said.channels[anchor % len(said.channels)]]])
            best = np.maximum(best, value)
        maps.append(resized(best, grids.size))
    return np.asarray(np.mean(maps, axis=0), np.float32)


def sources_of(levels: Sequence[Level]) -> list[TensorId]:
    """The tensors of levels, and of what says whether there is anything."""
    parts: list[TensorId] = []
    for level in levels:
        parts += [level.tensor, *([level.objectness.tensor] if level.objectness else [])]
    return list(dict.fromkeys(parts))


def probability_map(
    levels: Sequence[Level],
    size: tuple[int, int],
    values: dict[TensorId, Array],
    objectness: bool = False,
    rows: Sequence[int] | None = None,
) -> Floats:
    """DetClassProbabilityMap [N,K,h,w] of the tensors of class heads."""
    maps = []
    for level in levels:
        scores = by_channel(values[level.tensor], level, level.axis)
        best = np.full((len(scores), len(level.channels), *level.grid), -np.inf)
        for anchor in range(len(level.channels[0])):
            value = scores[:, [channels[anchor] for channels in level.channels]]
            if objectness:
                assert level.objectness is not None, "there is objectness"
                said = level.objectness
                there = by_channel(values[said.tensor], level, said.axis)[
                    :, [said.channels[anchor % len(said.channels)]]
                ]
                value = sigmoid(value) * sigmoid(there)
            best = np.maximum(best, value)
        maps.append(resized(best, size))
    mean = np.mean(maps, axis=0)
    if mean.shape[1] > 1:
        shares = np.exp(mean - mean.max(1, keepdims=True))
        mean = shares / shares.sum(1, keepdims=True)
    return np.asarray(mean if rows is None else mean[:, list(rows)], np.float32)


def by_channel(value: Array, level: Level, axis: int) -> Any:
    """[N,C,h,w] f64 of one level."""
    value = np.moveaxis(np.asarray(value, np.float64), axis, 1)
    cells = level.grid[0] * level.grid[1]
    if value.ndim == 3:
        value = value[:, :, level.first : level.first + cells]
    return value.reshape(*value.shape[:2], *level.grid)


def resized(maps: Any, size: tuple[int, int]) -> Any:
    """Bilinear resize of [...,H,W] between the middles of cells, without antialiasing."""
    for axis, wanted in ((-2, size[0]), (-1, size[1])):
        count = maps.shape[axis]
        place = np.clip((np.arange(wanted) + 0.5) * count / wanted - 0.5, 0, count - 1)
        low = np.minimum(place.astype(int), max(count - 2, 0))
        part = (place - low).reshape([-1, *([1] * (-1 - axis))])
        maps = maps.take(low, axis) * (1 - part) + maps.take(np.minimum(low + 1, count - 1), axis) * part
    return maps


def sigmoid(value: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-value))
