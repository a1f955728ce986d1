"""What maps that keep zero are held to: the raw map less the scores of the empty feature map, on one scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ovxai_passes.insert import Insertion
from ovxai_passes.methods.spec import Reads, required
from ovxai_passes.reference import class_probability
from ovxai_passes.reference.comparing import RANGE_TOLERANCE, SCORE_TOLERANCE
from ovxai_passes.reference.contrast import contrast_definition
from ovxai_passes.reference.finishing.scaling import unit_from_zero
from ovxai_passes.reference.given import Given
from ovxai_passes.reference.gradient.best_boxes import best_classes
from ovxai_passes.reference.instance_masks import definition as instance_definition
from ovxai_passes.reference.lookup import definition_of
from ovxai_passes.reference.masked import empty_scores, masked_definition
from ovxai_passes.vocabulary import Contrast, Scaling

Floats = npt.NDArray[np.float32]


def wanted_from_zero(raw: Insertion, given: Given, saliency: Floats, scaling: Scaling) -> tuple[Floats, Floats]:
    """The map 0..1 (signed: -1..1), [N,k,h,w], and how far rounding may have taken it, [N,1,1,1].

    `saliency`: the raw map, equal to its definition. Maps with contrast are not made of it, but defined anew, and where
    there is little for any class, the rounding of two ways to compute it shows.
    """
    signed = scaling is Scaling.SIGNED
    if raw.method.takes_gradients:
        return unit_from_zero(saliency, _of_best(raw, given, signed), signed), np.zeros(
            (len(saliency), 1, 1, 1), np.float32
        )
    if raw.method.reads is Reads.MASKED_HEAD:
        beyond, peak = _of_masked(raw, given, saliency, signed)
        return unit_from_zero(beyond, peak, signed), _rounding(raw, saliency, beyond, peak, signed)
    target = given.target
    if raw.method.reads is Reads.CLASS_HEADS:
        every, rows = class_probability.probabilities(given), required(target.grids).rows
    else:
        masks = required(target.masks)
        of_all = replace(given, target=replace(target, masks=replace(masks, chosen=None)))
        every, rows = instance_definition(of_all), masks.chosen
    some = every if rows is None else every[:, list(rows)]
    return unit_from_zero(some, every.max((1, 2, 3)), signed), np.zeros((len(every), 1, 1, 1), np.float32)


def _of_best(raw: Insertion, given: Given, signed: bool) -> npt.NDArray[np.floating] | None:
    """The peak of the map of each image's best class, where other classes have maps."""
    if raw.report.chosen is None:
        return None
    if raw.target.features:
        best, _ = best_classes(given)
    else:
        (shown,) = given.read([raw.site.scores.shown])
        best = np.asarray(shown, np.float64).reshape(-1, raw.report.classes).argmax(1)[:, None]
    of_best = definition_of(raw.method)(replace(given, classes=best))
    return (np.abs(of_best) if signed else np.maximum(of_best, 0)).max((1, 2, 3))


def _rounding(
    raw: Insertion, saliency: Floats, beyond: Floats, peak: npt.NDArray[np.floating] | None, signed: bool
) -> Floats:
    """Of an image where nothing is for any class, by one way or the other, it may be anything."""
    if raw.state.options.effective_contrast is Contrast.NONE:
        return np.zeros((len(saliency), 1, 1, 1), np.float32)
    scale = (np.abs(beyond) if signed else np.maximum(beyond, 0)).max((1, 2, 3))
    scale = scale if peak is None else np.maximum(scale, peak)
    allowed = RANGE_TOLERANCE * np.ptp(saliency, axis=(1, 2, 3)) + SCORE_TOLERANCE * np.abs(saliency).max()
    found = np.full(len(saliency), np.inf)
    np.divide(allowed, scale, out=found, where=scale > 0)
    return np.asarray(found, np.float32)[:, None, None, None]


def _of_masked(
    raw: Insertion, given: Given, saliency: Floats, signed: bool
) -> tuple[Floats, npt.NDArray[np.floating] | None]:
    """What is beyond the scores of the empty feature map, and the peak of each image's best class where that counts."""
    options, site = raw.state.options, raw.site
    classes = given.classes if given.classes is None else np.broadcast_to(given.classes, saliency.shape[:2])
    best = None
    if raw.report.chosen is not None:
        (shown,) = given.read([site.scores.shown])
        best = np.asarray(shown, np.float64).reshape(len(saliency), -1).argmax(1)[:, None]
    if options.effective_contrast is Contrast.NONE:
        head = required(given.head)
        zero = empty_scores(head, site.positions, given.read([given.target.layer, *head.sides]))
        chosen = zero if classes is None else np.take_along_axis(zero, classes, 1)
        beyond = saliency - chosen[:, :, None, None]
        of_best = None
        if best is not None:
            of_best = masked_definition(replace(given, classes=best))[:, 0] - np.take_along_axis(zero, best, 1)
    else:
        every = contrast_definition(given, options.effective_contrast, options.multi_label, from_zero=True)
        some = every if classes is None else np.take_along_axis(every, classes[:, :, None], 1)
        beyond = np.asarray(some, np.float32).reshape(saliency.shape)
        of_best = None if best is None else np.take_along_axis(every, best[:, :, None], 1)[:, 0]
    if of_best is None:
        return beyond, None
    return beyond, (np.abs(of_best) if signed else np.maximum(of_best, 0)).max(1)
