"""Contrast: the score of a class at a place, compared with those of other classes; and the classes that have maps.

    share   softmax over k of R[n,k,p]            less softmax of Z[n,k], where maps are from zero
    finer   B[n,k,p] - 0.6 mean of B over the 3 best others of k, by the model's own scores
    mean    B[n,k,p] - mean over all classes of B[n,.,p]

R: what the head says of the place (see `filled`), or the masked scores S; B: S, less Z where maps are from zero. Where
classes do not exclude each other, share is the sigmoid of R: a class against its own absence. Sources: Finer-CAM, arXiv
2501.11309 (finer); ShapleyCAM, arXiv 2501.06261 (the softmax as target).

    S [N,K,h,w] ─▶ contrast ─▶ Gather those with maps (▶ Concat that of the best class?) ─▶ map [N,k,h,w]

All classes are computed: contrast is between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import TensorId

from ovxai_passes.mapping.empty import less_empty
from ovxai_passes.ops.branch import Branch, combined, copied, map_of, with_input, with_map
from ovxai_passes.ops.gathering import best_classes, chosen_by_image, flat_scores
from ovxai_passes.vocabulary import Contrast

RIVALS, WEIGHT = 3, 0.6
"""How many of the best other classes count, and how much."""


@dataclass(frozen=True)
class Contrasted:
    """What is made of the maps of all classes.

    `shown`: the model's own scores, of `classes` classes; `output`: that tensor of the model, for its shape and type.
    `sigmoid`: classes do not exclude each other. `chosen`, `top_k`: those that have maps, None and None for all;
    `with_peak`: that of the best class of each image comes last.
    """

    kind: Contrast
    shown: TensorId
    output: ov.Output
    classes: int
    sigmoid: bool
    chosen: Sequence[int] | None
    top_k: int | None
    with_peak: bool


def contrasted(branch: Branch, empty: Branch | None, wanted: Contrasted) -> Branch:
    """The branch with contrast; of the best classes of each image, these are its second result.

    `branch`: of S or R for all classes; `empty`: of Z where maps are from zero. Both are left as they are.
    """
    if empty is None:
        compared = copied(branch)
        compared = with_map(compared, _apart(map_of(compared), None, wanted))
    else:
        compared = combined(branch, empty, lambda saliency, zero: _apart(saliency, zero, wanted))
    if wanted.kind is not Contrast.FINER and wanted.chosen is None and wanted.top_k is None:
        return compared
    read = ops.parameter(wanted.output.get_partial_shape(), wanted.output.get_element_type(), name="scores")
    made, scores = with_input(compared, wanted.shown, read)
    flat = flat_scores(scores, wanted.output, wanted.classes)
    saliency = map_of(made).get_node()
    if wanted.kind is Contrast.FINER:
        saliency = _finer(saliency, flat, wanted.classes)
    if wanted.top_k is not None:
        best = best_classes(flat, wanted.top_k)
        made.model.add_results([ops.result(best)])
        saliency = chosen_by_image(saliency, best, 1)
    elif wanted.chosen is not None:
        rows: ov.Node = ops.gather(saliency, ops.constant(np.array(wanted.chosen, np.int64)), ops.constant(1))
        if wanted.with_peak:
            rows = ops.concat([rows, chosen_by_image(saliency, best_classes(flat, 1), 1)], 1)
        saliency = rows
    return with_map(made, saliency)


def _apart(saliency: ov.Output, zero: ov.Output | None, wanted: Contrasted) -> ov.Node:
    """What can be had without the model's own scores."""
    if wanted.kind is Contrast.SHARE:
        shares = _shares(saliency, wanted.sigmoid)
        return shares if zero is None else less_empty(shares, _shares(zero, wanted.sigmoid))
    beyond = saliency.get_node() if zero is None else less_empty(saliency, zero)
    if wanted.kind is Contrast.MEAN:
        return ops.subtract(beyond, ops.reduce_mean(beyond, ops.constant([1]), keep_dims=True))
    return beyond


def _shares(values: ov.Output, sigmoid: bool) -> ov.Node:
    return ops.sigmoid(values) if sigmoid else ops.softmax(values, 1)


def _finer(saliency: ov.Node, scores: ov.Node | ov.Output, classes: int) -> ov.Node:
    """Less what is there of the best others; that of class k is left out of its own rivals, and the next one taken."""
    rivals = min(RIVALS, classes - 1)
    best = best_classes(scores, rivals + 1)
    maps = chosen_by_image(saliency, best, 1)  # [N,rivals+1,h,w]
    every = ops.reduce_sum(maps, ops.constant([1]), keep_dims=True)
    last = ops.slice(maps, *(ops.constant([number]) for number in (rivals, rivals + 1, 1, 1)))
    first = ops.slice(best, *(ops.constant([number]) for number in (0, rivals, 1, 1)))
    numbers = ops.constant(np.arange(classes).reshape(1, -1, 1))
    same = ops.equal(ops.unsqueeze(first, ops.constant([1])), numbers)  # [N,K,rivals]
    is_first = ops.unsqueeze(ops.reduce_logical_or(same, ops.constant([2])), ops.constant([2, 3]))
    others = ops.select(is_first, ops.subtract(every, saliency), ops.subtract(every, last))
    return ops.subtract(saliency, ops.multiply(others, ops.constant(np.float32(WEIGHT / rivals))))
