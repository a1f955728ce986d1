"""The definition of maps of the best box of a class: boxes are looked through one by one, in f64."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.op_traits import SOFTMAX_TYPES
from ovxai_patterns.detector.class_heads import Level

from ovxai_passes.methods.target import FeatureMap, ScoredGrids
from ovxai_passes.reference.class_probability import by_channel, resized, sources_of
from ovxai_passes.reference.given import Given, cells_of
from ovxai_passes.reference.gradient.weights import Weights
from ovxai_passes.vocabulary import GradientOf

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Box:
    """A box of one image: its level, its anchor, and its cell in raster order."""

    level: int
    anchor: int
    cell: int


@dataclass(frozen=True)
class ScoredBoxes:
    """The tensors of class heads. `values`: those of `sources_of` the levels."""

    grids: ScoredGrids
    values: Mapping[TensorId, Array]

    @property
    def exclusive(self) -> bool:
        """Whether the classes of a box exclude each other."""
        return self.grids.heads.activation in SOFTMAX_TYPES

    def scores(self, image: int, level: Level) -> Floats:
        """[K,A,P] of an image, before the activation, the background included."""
        rows = by_channel(self.values[level.tensor][image : image + 1], level, level.axis)[0]
        return np.array([[rows[channel].reshape(-1) for channel in channels] for channels in level.channels])

    def objectness(self, image: int, level: Level) -> Floats | None:
        """[A,P] of an image, before its sigmoid, where it counts."""
        said = level.objectness
        if said is None or not self.grids.objectness:
            return None
        rows = by_channel(self.values[said.tensor][image : image + 1], level, said.axis)[0]
        anchors = len(level.channels[0])
        return np.array([rows[said.channels[one % len(said.channels)]].reshape(-1) for one in range(anchors)])

    def logarithms(self, image: int, level: Level) -> Floats:
        """Logarithms of the classes' probabilities, times objectness, [K,A,P] of an image."""
        scores, there = self.scores(image, level), self.objectness(image, level)
        chances = scores - np.logaddexp.reduce(scores, 0) if self.exclusive else -np.logaddexp(0, -scores)
        return chances if there is None else chances - np.logaddexp(0, -there)

    def best(self, image: int, label: int) -> tuple[Box, float]:
        """The best box of a class, of equal ones the first, and the logarithm of its probability."""
        found, most = Box(0, 0, 0), -np.inf
        for place, level in enumerate(self.grids.heads.levels):
            own = self.logarithms(image, level)[label]
            if own.max() > most:
                anchor, cell = np.unravel_index(int(own.argmax()), own.shape)
                found, most = Box(place, int(anchor), int(cell)), float(own.max())
        return found, most

    def best_of_classes(self, image: int) -> Floats:
        """The logarithm of the probability of the best box of each class; -inf for a background without a map."""
        every, kept = self.grids.heads.levels[0].channels, self.grids.levels[0].channels
        return np.array(
            [self.best(image, label)[1] if channels in kept else -np.inf for label, channels in enumerate(every)]
        )

    def differentiated(self, image: int, label: int, box: Box, gradient_of: GradientOf) -> float:
        """What is differentiated, of a box."""
        level = self.grids.heads.levels[box.level]
        if gradient_of is GradientOf.LOGIT:
            return float(self.scores(image, level)[label, box.anchor, box.cell])
        logarithm = float(self.logarithms(image, level)[label, box.anchor, box.cell])
        return logarithm if gradient_of is GradientOf.LOG_PROBABILITY else float(np.exp(logarithm))


def boxes_given(given: Given) -> ScoredBoxes:
    """The boxes that a definition is computed from."""
    grids = given.target.grids
    assert grids is not None, "a detector has class heads"
    tensors = sources_of(grids.heads.levels)
    return ScoredBoxes(grids, dict(zip(tensors, given.read(tensors), strict=True)))


def best_classes(given: Given, count: int = 1) -> tuple[npt.NDArray[np.int64], Floats]:
    """The best classes [N,count] of each image, and the logarithms [N,K] of the probabilities of all."""
    boxes = boxes_given(given)
    images = len(boxes.values[boxes.grids.heads.levels[0].tensor])
    every = np.stack([boxes.best_of_classes(image) for image in range(images)])
    return np.argsort(-every, 1, kind="stable")[:, :count], every


def best_box_definition(given: Given, weights: Weights) -> npt.NDArray[np.float32]:
    """The raw map [N,k,h,w] f32: feature maps of the levels, weighted, summed over channels, resized and added up."""
    assert given.vjp is not None, "the method takes gradients"
    assert given.classes is not None, "some classes have maps"
    boxes = boxes_given(given)
    count = len(boxes.values[boxes.grids.heads.levels[0].tensor])
    classes = np.broadcast_to(given.classes, (count, given.classes.shape[1]))
    rows = []
    for place in range(classes.shape[1]):
        cotangents = box_cotangents(boxes, classes[:, place], given.gradient_of)
        levels = []
        for feature in given.target.features:
            (value,) = given.read([feature.tensor])
            gradient = given.vjp(feature.tensor, cotangents)
            cells = _cells(feature, value)[:, None], _cells(feature, np.asarray(gradient))[:, None]
            saliency = (weights(*cells) * cells[0]).sum(3)
            levels.append(resized(saliency.reshape(count, *feature.positions.grid), boxes.grids.size))
        rows.append(sum(levels))
    return np.stack(rows, 1).astype(np.float32)


def box_cotangents(
    boxes: ScoredBoxes, classes: npt.NDArray[np.int64], gradient_of: GradientOf
) -> dict[TensorId, Array]:
    """What the backward pass begins with: the gradient of each image's class, by the tensors of class heads."""
    found: dict[TensorId, Array] = {tensor: np.zeros_like(value) for tensor, value in boxes.values.items()}
    for image, label in enumerate(classes):
        box, logarithm = boxes.best(image, int(label))
        level = boxes.grids.heads.levels[box.level]
        scores = boxes.scores(image, level)[:, box.anchor, box.cell]
        there = boxes.objectness(image, level)
        factor = np.exp(logarithm) if gradient_of is GradientOf.PROBABILITY else 1.0
        for other, slope in enumerate(_slopes(scores, int(label), boxes.exclusive, gradient_of)):
            channel = level.channels[other][box.anchor]
            _put(found[level.tensor], level, level.axis, (image, channel, box.cell), slope * factor)
        if there is not None and level.objectness is not None and gradient_of is not GradientOf.LOGIT:
            said, slope = level.objectness, 1 / (1 + np.exp(there[box.anchor, box.cell]))
            channel = said.channels[box.anchor % len(said.channels)]
            _put(found[said.tensor], level, said.axis, (image, channel, box.cell), slope * factor)
    return found


def _slopes(scores: Floats, label: int, exclusive: bool, gradient_of: GradientOf) -> Floats:
    """D log p_c / d z of one box, or d z_c / d z."""
    own = np.zeros(len(scores))
    own[label] = 1
    if gradient_of is GradientOf.LOGIT:
        return own
    if not exclusive:
        return np.asarray(own / (1 + np.exp(scores[label])))
    return np.asarray(own - np.exp(scores - np.logaddexp.reduce(scores)))


def _put(tensor: Array, level: Level, axis: int, place: tuple[int, int, int], slope: float) -> None:
    image, channel, cell = place
    rows = np.moveaxis(tensor, axis, 1)
    if rows.ndim == 3:
        rows[image, channel, level.first + cell] += slope
    else:
        rows[image, channel, cell // level.grid[1], cell % level.grid[1]] += slope


def _cells(feature: FeatureMap, value: Array) -> Floats:
    """[N,P,C] of a feature map; one of a single place has it in its last two axes."""
    if feature.positions.grid == (1, 1):
        return value.astype(np.float64).reshape(len(value), 1, -1)
    return cells_of(feature.positions, value)
