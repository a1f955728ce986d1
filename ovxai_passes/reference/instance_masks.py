"""The definition of InstanceMasks, detection by detection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from ovxai_patterns.analysis.dequantised import Dequantisation
from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.detector.instances import Masks, Prototypes

from ovxai_passes.methods.instance_masks import LARGEST_SHARE
from ovxai_passes.reference.class_probability import sigmoid
from ovxai_passes.reference.given import Given

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float32]


def definition(given: Given) -> Floats:
    """The raw map [N,K,h,w] f32."""
    masks = given.target.masks
    assert masks is not None, "the method reads instances"
    tensors = sources_of(masks.instances)
    values = dict(zip(tensors, given.read(tensors), strict=True))
    return mask_map(masks.instances, masks.size, values, given.picture, masks.chosen)


def sources_of(instances: Masks | Prototypes) -> list[TensorId]:
    """The tensors that hold instances."""
    if isinstance(instances, Prototypes):
        return [instances.detections, instances.prototypes]
    parts = [instances.masks, instances.labels, instances.boxes, *([instances.scores] if instances.scores else [])]
    return list(dict.fromkeys(parts))


def mask_map(
    found: Masks | Prototypes,
    size: tuple[int, int],
    values: dict[TensorId, Array],
    picture: tuple[int, int],
    chosen: Sequence[int] | None = None,
) -> Floats:
    """InstanceMasks [N,K,h,w], detection by detection."""
    if isinstance(found, Masks):
        result = _drawn(found, size, values, picture)[None]
    else:
        rows = np.moveaxis(read(values[found.detections], found.dequantisation), found.axis, 2)
        bases = np.moveaxis(read(values[found.prototypes], found.base_dequantisation), found.base_axis, 1)
        if abs(rows[..., :2].mean()) < LARGEST_SHARE:
            rows[..., :4] *= np.array([picture[1], picture[0]] * 2)
        result = np.stack([_made(found, one, base, size, picture) for one, base in zip(rows, bases, strict=True)])
    return np.asarray(result if chosen is None else result[:, list(chosen)], np.float32)


def read(value: Array, levels: Dequantisation) -> Any:
    """What the levels of a tensor stand for, f64."""
    return np.asarray(np.asarray(value, np.float64) * levels.scale + levels.shift)


def _drawn(found: Masks, size: tuple[int, int], values: dict[TensorId, Array], picture: tuple[int, int]) -> Any:
    result = np.zeros((found.classes, *size))
    boxes = np.asarray(values[found.boxes], np.float64)
    boxes = boxes.reshape(-1, boxes.shape[-1])
    scores = boxes[:, 4] if found.scores is None else np.asarray(values[found.scores], np.float64).reshape(-1)
    masks = np.asarray(values[found.masks], np.float64)
    masks = masks.reshape(-1, *masks.shape[-2:])
    labels = np.asarray(values[found.labels]).reshape(-1)
    for mask, label, box, score in zip(masks, labels, boxes, scores, strict=True):
        if not 0 <= int(label) < found.classes:
            continue
        laid = _in_box(mask, box, size, picture) if found.in_boxes else shrunk(mask, size)
        result[int(label)] = np.maximum(result[int(label)], score * laid)
    return result


def _middles(size: tuple[int, int], picture: tuple[int, int]) -> tuple[Any, Any]:
    """Y and x of the middles of cells, in pixels."""
    return tuple((np.arange(cells) + 0.5) / cells * pixels for cells, pixels in zip(size, picture, strict=True))  # type: ignore[return-value]  # two of them


def _in_box(mask: Any, box: Any, size: tuple[int, int], picture: tuple[int, int]) -> Any:
    """A mask [a,b] that fills a box, read at the middles of cells; 0 outside of the box."""
    y, x = _middles(size, picture)
    result = np.zeros(size)
    padded = np.pad(mask, 1)
    for row, place_y in enumerate(y):
        for column, place_x in enumerate(x):
            v = (place_y - box[1]) / max(box[3] - box[1], 1e-3) * mask.shape[0] + 0.5
            u = (place_x - box[0]) / max(box[2] - box[0], 1e-3) * mask.shape[1] + 0.5
            if not (0 <= v <= mask.shape[0] + 1 and 0 <= u <= mask.shape[1] + 1):
                continue
            low_v, low_u = min(int(v), mask.shape[0]), min(int(u), mask.shape[1])
            a, b = v - low_v, u - low_u
            four = padded[low_v : low_v + 2, low_u : low_u + 2]
            result[row, column] = (1 - a) * ((1 - b) * four[0, 0] + b * four[0, 1]) + a * (
                (1 - b) * four[1, 0] + b * four[1, 1]
            )
    return result


def shrunk(maps: Any, size: tuple[int, int]) -> Any:
    """Means of [...,H,W] over the cells of a grid."""
    for axis, wanted in ((-2, size[0]), (-1, size[1])):
        count = maps.shape[axis]
        cells = [
            maps.take(range(place * count // wanted, -(-(place + 1) * count // wanted)), axis).mean(axis)
            for place in range(wanted)
        ]
        maps = np.stack(cells, axis)
    return maps


def _made(found: Prototypes, rows: Any, bases: Any, size: tuple[int, int], picture: tuple[int, int]) -> Any:
    """Of one picture: rows [P,E], prototypes [M,h,w]."""
    scores = rows[:, found.first_class : found.first_class + found.classes]
    best = np.argsort(-scores.max(1), kind="stable")[:100]
    bases = shrunk(bases, size)
    result = np.zeros((found.classes, *size))
    y, x = _middles(size, picture)
    for row in rows[best]:
        coefficients = row[found.first_coefficient : found.first_coefficient + found.count]
        mask = sigmoid(np.tensordot(coefficients, bases, 1))
        inside = np.logical_and.outer(abs(y - row[1]) <= row[3] / 2, abs(x - row[0]) <= row[2] / 2)
        label = int(row[found.first_class : found.first_class + found.classes].argmax())
        result[label] = np.maximum(result[label], mask * inside * row[found.first_class + label])
    return result
