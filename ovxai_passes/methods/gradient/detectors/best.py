"""The classes that have maps, and the best box of each.

best[n,c] = max over boxes t of Q[n,c,t]
classes [N,k]: those asked for, or the best ones of each image by best[n,c]; the background is none
H[n,k,t] = 1 for the best box of class k, of equal ones the first, else 0

Q [N,K,T] ─▶ TopK 1 ─▶ TopK ─▶ classes [N,k] ─▶ Gather Q [N,k,T] ─▶ TopK ─▶ place [N,k,1] = Range(T) ─▶ H
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.methods.gradient.detectors.boxes import Boxes
from ovxai_passes.methods.gradient.differentiated import ClassRows, rows_of_classes
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
    rows = rows_of_classes(target, boxes.odds, _numbers(grids), lambda count: _best(boxes, grids, count), with_peak)
    own = chosen_by_image(boxes.odds, rows.classes, 1)
    place = ops.topk(own, ops.constant(1), 2, "max", "value", "i64", stable=True).output(1)
    count = ops.squeeze(sizes_of(own, [2]), ops.constant([0]))
    every = ops.range(ops.constant(np.int64(0)), count, ops.constant(np.int64(1)), "i64")
    return BestBoxes(rows, ops.convert(ops.equal(every, place), "f32"))


def _best(boxes: Boxes, grids: ScoredGrids, count: int) -> ov.Output:
    """The best classes [N,count] of each image, in the numbers of the model."""
    # no ReduceMax: of two levels that are joined, OpenVINO 2025.0 makes an element-wise Maximum of it
    largest = ops.topk(boxes.odds, ops.constant(1), 2, "max", "none", "i64").output(0)
    best = ops.squeeze(largest, ops.constant([2]))
    if len(grids.levels[0].channels) == len(grids.heads.levels[0].channels):
        return best_classes(best, count)
    numbers = ops.constant(np.array(_numbers(grids), np.int64))
    found = best_classes(ops.gather(best, numbers, ops.constant(1)), count)
    return ops.gather(numbers, found, ops.constant(0)).output(0)


def _numbers(grids: ScoredGrids) -> list[int]:
    """The numbers of the classes that can have maps: without the background."""
    every = grids.heads.levels[0].channels
    return [every.index(channels) for channels in grids.levels[0].channels]
