"""What maps that keep zero are held to: the raw map less the scores of the empty feature map, on one scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ovxai_passes.insert import Insertion
from ovxai_passes.methods.spec import Reads, required
from ovxai_passes.reference import class_probability
from ovxai_passes.reference.given import Given
from ovxai_passes.reference.instance_masks import definition as instance_definition
from ovxai_passes.reference.masked import empty_scores, masked_definition
from ovxai_passes.reference.scaling import unit_from_zero
from ovxai_passes.vocabulary import Scaling

Floats = npt.NDArray[np.float32]


def wanted_from_zero(raw: Insertion, given: Given, saliency: Floats, scaling: Scaling) -> Floats:
    """The map 0..1 (signed: -1..1), [N,k,h,w]. `saliency`: the raw map, equal to its definition."""
    signed = scaling is Scaling.SIGNED
    if raw.method.reads is Reads.MASKED_HEAD:
        beyond, peak = _of_masked(raw, given, saliency, signed)
        return unit_from_zero(beyond, peak, signed)
    target = given.target
    if raw.method.reads is Reads.CLASS_HEADS:
        every, rows = class_probability.probabilities(given), required(target.grids).rows
    else:
        masks = required(target.masks)
        of_all = replace(given, target=replace(target, masks=replace(masks, chosen=None)))
        every, rows = instance_definition(of_all), masks.chosen
    some = every if rows is None else every[:, list(rows)]
    return unit_from_zero(some, every.max((1, 2, 3)), signed)


def _of_masked(
    raw: Insertion, given: Given, saliency: Floats, signed: bool
) -> tuple[Floats, npt.NDArray[np.floating] | None]:
    """What is beyond the scores of the empty feature map, and the peak of each image's best class where that counts."""
    head, site = required(given.head), raw.site
    zero = empty_scores(head, site.positions, given.read([given.target.layer, *head.sides]))
    classes = given.classes if given.classes is None else np.broadcast_to(given.classes, saliency.shape[:2])
    chosen = zero if classes is None else np.take_along_axis(zero, classes, 1)
    beyond = saliency - chosen[:, :, None, None]
    if raw.report.chosen is None:
        return beyond, None
    (shown,) = given.read([site.scores.shown])
    best = np.asarray(shown, np.float64).reshape(len(saliency), -1).argmax(1)[:, None]
    of_best = masked_definition(replace(given, classes=best))[:, 0] - np.take_along_axis(zero, best, 1)
    return beyond, (np.abs(of_best) if signed else np.maximum(of_best, 0)).max(1)
