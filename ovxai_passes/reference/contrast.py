"""The definition of maps with contrast: every position in turn, every class with its rivals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from ovxai_patterns.classifier.readout import ReadOut

from ovxai_passes.reference.given import Given
from ovxai_passes.reference.heads import compiled_head
from ovxai_passes.reference.masked import empty_scores, masked_definition
from ovxai_passes.vocabulary import Contrast

Floats = npt.NDArray[np.float64]

_RIVALS, _WEIGHT = 3, 0.6


def contrast_definition(given: Given, kind: Contrast, multi_label: bool, from_zero: bool = False) -> Floats:
    """The raw map [N,K,P] of all classes at the positions that are asked for; less that of nothing if `from_zero`."""
    site, head = given.target.site, given.head
    assert site is not None, "a classifier has a site"
    assert head is not None, "a classifier has a head"
    of_all = replace(given, classes=None)
    sigmoid = multi_label or site.scores.activation == "Sigmoid"
    values = given.read([given.target.layer, *head.sides, site.scores.shown])
    zero = np.asarray(empty_scores(head, site.positions, values[:-1]), np.float64)[:, :, None]
    if kind is Contrast.SHARE:
        alike = site.readout in (ReadOut.POOLED, ReadOut.SCORES_POOLED)
        scores = _filled(given) if alike else np.asarray(masked_definition(of_all), np.float64)
        shares = _shares(scores, sigmoid)
        return shares - _shares(zero, sigmoid) if from_zero else shares
    beyond = np.asarray(masked_definition(of_all), np.float64) - (zero if from_zero else 0)
    if kind is Contrast.MEAN:
        return np.asarray(beyond - beyond.mean(1, keepdims=True))
    scores = np.asarray(values[-1], np.float64).reshape(len(beyond), -1)
    made = beyond.copy()
    for row, said in enumerate(scores):
        order = np.argsort(-said, kind="stable")
        for label in range(len(said)):
            rivals = [other for other in order if other != label][:_RIVALS]
            made[row, label] -= _WEIGHT * beyond[row, rivals].mean(0)
    return np.asarray(made)


def _shares(values: Floats, sigmoid: bool) -> Floats:
    """Over classes, along axis 1."""
    if sigmoid:
        return np.asarray(1 / (1 + np.exp(-values)))
    powers = np.exp(values - values.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))


def _filled(given: Given) -> Floats:
    """The scores [N,K,P] of the head where every position is as one of them."""
    site, head = given.target.site, given.head
    assert site is not None, "a classifier has a site"
    assert head is not None, "a classifier has a head"
    feature, *sides = given.read([given.target.layer, *head.sides])
    ids = site.positions.ids
    places = [axis for axis, size in enumerate(ids.shape) if size > 1]
    last = list(range(-len(places), 0))
    laid = np.moveaxis(feature, places, last)
    flat = laid.reshape(*laid.shape[: -len(places)], -1)
    request = compiled_head(head).create_infer_request()
    rows = []
    for place in range(site.positions.grid[0] * site.positions.grid[1]) if given.places is None else given.places:
        entry = int(np.flatnonzero(ids.reshape(-1) == place)[0])
        filled = np.broadcast_to(flat[..., entry : entry + 1], flat.shape).reshape(laid.shape)
        whole = np.ascontiguousarray(np.moveaxis(filled, last, places))
        request.infer([whole, np.ones(ids.shape, feature.dtype), *sides])
        rows.append(np.array(request.get_output_tensor(0).data, np.float64))
    return np.stack(rows, -1)
