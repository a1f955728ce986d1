"""A feature map and the gradients of classes for it, cell by cell, in f64."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from ovxai_patterns.analysis.graph import TensorId

from ovxai_passes.methods.target import FeatureMap, Target
from ovxai_passes.reference.class_probability import sources_of
from ovxai_passes.reference.given import Given, cells_of
from ovxai_passes.reference.gradient.best_boxes import best_box_definition
from ovxai_passes.reference.gradient.weights import Weights
from ovxai_passes.vocabulary import GradientOf

Floats = npt.NDArray[np.float64]


def weighted_definition(given: Given, weights: Weights) -> npt.NDArray[np.float32]:
    """The raw map [N,k,h,w] f32: a feature map, or those of a detector, weighted and summed over channels."""
    if given.target.features:
        return best_box_definition(given, weights)
    feature, (values, gradients) = _feature(given), cells_and_gradients(given)
    saliency = (weights(values, gradients) * values).sum(3)
    return saliency.reshape(*saliency.shape[:2], *feature.positions.grid).astype(np.float32)


def cells_and_gradients(given: Given) -> tuple[Floats, Floats]:
    """The feature map [N,1,P,C] and the gradients of the classes [N,k,P,C]."""
    feature = _feature(given)
    assert given.vjp is not None, "the method takes gradients"
    (values,) = given.read([feature.tensor])
    (scores,) = scores_tensors(given.target)
    rows = [given.vjp(feature.tensor, {scores: one}) for one in cotangents(given)]
    gradients = np.stack([cells_of(feature.positions, np.asarray(one)) for one in rows], 1)
    return cells_of(feature.positions, np.asarray(values))[:, None], gradients


def scores_tensors(target: Target) -> list[TensorId]:
    """The tensors that a backward pass begins at: class scores, of a detector with objectness, level by level."""
    if target.features:
        assert target.grids is not None, "a detector has class heads"
        return sources_of(target.grids.heads.levels)
    assert target.site is not None, "a classifier has a site"
    return [target.site.scores.tensor]


def layers_of(target: Target) -> list[TensorId]:
    """The tensors that gradients are taken for: a layer, or the maps of a detector's levels."""
    return list(dict.fromkeys(one.tensor for one in target.features)) or [target.layer]


def cotangents(given: Given) -> list[npt.NDArray[np.float32]]:
    """What the backward pass begins with for each of the classes [N,k]: the gradient by the class scores z."""
    site = given.target.site
    assert site is not None, "a classifier has a site"
    (scores,) = given.read([site.scores.tensor])
    flat = np.asarray(scores, np.float64).reshape(-1, site.scores.classes)
    every = np.broadcast_to(np.arange(site.scores.classes), flat.shape)
    classes = every if given.classes is None else np.broadcast_to(given.classes, (len(flat), given.classes.shape[1]))
    together = given.multi_label or site.scores.activation == "Sigmoid" or site.scores.classes == 1
    return [
        np.stack([_of_class(z, c, given.gradient_of, together) for z, c in zip(flat, classes[:, place], strict=True)])
        .reshape(scores.shape)
        .astype(np.float32)
        for place in range(classes.shape[1])
    ]


def _of_class(scores: Floats, label: int, gradient_of: GradientOf, together: bool) -> Floats:
    """D f(z)_c / d z for one image."""
    own = np.zeros(len(scores))
    own[label] = 1
    if gradient_of is GradientOf.LOGIT:
        return own
    if together:
        probability = 1 / (1 + np.exp(-scores[label]))
        of_logarithm = own * (1 - probability)
    else:
        powers = np.exp(scores - scores.max())
        probability = powers[label] / powers.sum()
        of_logarithm = own - powers / powers.sum()
    return np.asarray(of_logarithm * (probability if gradient_of is GradientOf.PROBABILITY else 1))


def _feature(given: Given) -> FeatureMap:
    assert given.target.feature is not None, "the method reads a feature map"
    return given.target.feature
