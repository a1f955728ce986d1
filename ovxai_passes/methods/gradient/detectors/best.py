"""The classes that have maps, and the best box of each.

best[n,c] = max over boxes t of Q[n,c,t]
classes [N,k]: those asked for, or the best ones of each image by best[n,c]; the background is none
H[n,k,t] = 1 for the best box of class k, of equal ones the first, else 0

Q [N,K,T] ─▶ TopK 1 ─▶ TopK ─▶ classes [N,k] ─▶ Gather Q [N,k,T] ─▶ TopK ─▶ place [N,k,1] = Range(T) ─▶ H
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.methods.gradient.detectors.boxes import Boxes
from ovxai_passes.methods.gradient.differentiated import ClassRows
from ovxai_passes.methods.target import ScoredGrids, Target
from ovxai_passes.ops.gathering import best_classes, chosen_by_image
from ovxai_passes.ops.sizes import sizes_of


@dataclass(frozen=True)
class BestBoxes:
    """`hot`: H [N,k,T] f32, of the classes of `rows`."""

    rows: ClassRows
    hot: ov.Node


def best_boxes(boxes: Boxes, target: Target, grids: ScoredGrids, with_peak: bool) -> BestBoxes:
    """The best box of each class that is asked for; `with_peak`: last, that of the best class of the image."""
    rows = _rows(boxes, target, grids, with_peak)
    own = chosen_by_image(boxes.odds, rows.classes, 1)
    place = ops.topk(own, ops.constant(1), 2, "max", "value", "i64", stable=True).output(1)
    count = ops.squeeze(sizes_of(own, [2]), ops.constant([0]))
    every = ops.range(ops.constant(np.int64(0)), count, ops.constant(np.int64(1)), "i64")
    return BestBoxes(rows, ops.convert(ops.equal(every, place), "f32"))


def _rows(boxes: Boxes, target: Target, grids: ScoredGrids, with_peak: bool) -> ClassRows:
    if target.chosen is None and target.top_k is not None:
        return ClassRows(_best(boxes, grids, target.top_k), target.top_k)
    numbers = _numbers(grids) if target.chosen is None else np.array(target.chosen, np.int64)
    count = len(numbers)
    shape = ops.concat([sizes_of(boxes.odds, [0]), ops.constant([count])], 0)
    given = ops.broadcast(ops.constant(numbers), shape)
    if not with_peak:
        return ClassRows(given.output(0), count)
    return ClassRows(ops.concat([given, _best(boxes, grids, 1)], 1).output(0), count + 1)


def _best(boxes: Boxes, grids: ScoredGrids, count: int) -> ov.Output:
    """The best classes [N,count] of each image, in the numbers of the model."""
    # no ReduceMax: of two levels that are joined, OpenVINO 2025.0 makes an element-wise Maximum of it
    largest = ops.topk(boxes.odds, ops.constant(1), 2, "max", "none", "i64").output(0)
    best = ops.squeeze(largest, ops.constant([2]))
    if len(grids.levels[0].channels) == len(grids.heads.levels[0].channels):
        return best_classes(best, count)
    numbers = ops.constant(_numbers(grids))
    found = best_classes(ops.gather(best, numbers, ops.constant(1)), count)
    return ops.gather(numbers, found, ops.constant(0)).output(0)


def _numbers(grids: ScoredGrids) -> npt.NDArray[np.int64]:
    """The numbers of the classes that can have maps: without the background."""
    every = grids.heads.levels[0].channels
    return np.array([every.index(channels) for channels in grids.levels[0].channels], np.int64)
