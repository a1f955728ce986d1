"""What an insertion explains: the parts of a model that methods read."""

from __future__ import annotations

from dataclasses import dataclass

from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.grid_maps import GridMap
from ovxai_patterns.analysis.grid_source import GridSource
from ovxai_patterns.analysis.positions import Positions
from ovxai_patterns.classifier.site import Site
from ovxai_patterns.detector.class_heads import ClassHeads, Level
from ovxai_patterns.detector.instances import Masks, Prototypes
from ovxai_patterns.matchers.pattern import DATAFLOW

from ovxai_passes.ops.sizes import Picture
from ovxai_passes.vocabulary import Mask


@dataclass(frozen=True)
class FeatureMap:
    """A tensor with the positions of its entries, and what tells its grid at another size of the picture.

    `joined`: where the tensor holds the tokens of several maps, these maps, in the order of the tokens; the feature map
    then is the one at `place`.
    """

    tensor: TensorId
    positions: Positions
    grid: GridSource
    joined: tuple[GridMap, ...] = ()
    place: int = 0


@dataclass(frozen=True)
class ScoredGrids:
    """The class heads of a detector, and how they become one map.

    `levels`: of the class heads, without the background where it gets no map. `rows`: the places among their classes
    that get one, None for all. `size`: (h, w) of the map; `sized_by`: the place of the level that it is as large as, of
    whatever picture. `objectness`: whether it weighs the scores.
    """

    heads: ClassHeads
    levels: tuple[Level, ...]
    size: tuple[int, int]
    picture: Picture
    rows: tuple[int, ...] | None = None
    sized_by: int | None = None
    objectness: bool = False


@dataclass(frozen=True)
class PredictedMasks:
    """The instances that a model predicts. `size`: (h, w) of the map; `chosen`: classes with a map, None for all."""

    instances: Masks | Prototypes
    size: tuple[int, int]
    picture: Picture
    chosen: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Target:
    """What is explained. Of `site`, `feature`, `grids` and `masks` those that the method does not read may be None.

    `layer`: the tensor that the map is made from; `scores`: that of the class scores. `readout`: how the layer is read.
    `grid`: (h, w) of the map, at the size that the analysis assumes where it is `dynamic`. `classes`: how many the
    model has, 0 where that is unknown; `chosen`: those that have maps, or with `top_k` the best of each image; None,
    None: all. `site`: of a classifier, where masks are put; `mask`: their weights, None where the method masks nothing;
    `analysed`: the classifier with the static shapes that it was analysed at. `pooled`: what a feature vector is made
    of. `level`: of a classifier's gradients, how many times the map's resolution was doubled above the last one.
    `features`: of a detector whose gradients are taken, the map that the head of each level of `grids` reads.
    `story`: why this target, a line each. `found_by`: the name of the pattern that names it, or DATAFLOW.
    """

    layer: TensorId
    scores: TensorId
    readout: str
    grid: tuple[int, int]
    classes: int
    chosen: tuple[int, ...] | None = None
    top_k: int | None = None
    dynamic: bool = False
    site: Site | None = None
    mask: Mask | None = None
    analysed: ModelGraph | None = None
    feature: FeatureMap | None = None
    grids: ScoredGrids | None = None
    masks: PredictedMasks | None = None
    pooled: tuple[TensorId, Positions] | None = None
    level: int | None = None
    features: tuple[FeatureMap, ...] = ()
    story: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    found_by: str = DATAFLOW
