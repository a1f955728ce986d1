"""The feature map that the class head of each level reads: the last one of the neck.

    neck ─▶ feature map ─┬─▶ layers of boxes and classes ─▶ class head of this level
                         └─▶ neck ─▶ feature map of the next level ─▶ ...

Levels are predicted from by layers of the same structure, and most feature maps lead to other levels, too. So as many
maps above each class head as it takes on any level to reach one that does. Where that cannot be told, it is the last
map that boxes are made from as well; of tokens, the map that they come from. A level of one place reads a map of one
place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx

from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.grid_source import GridSource, grid_source
from ovxai_patterns.analysis.positions import Positions, on_lattice
from ovxai_patterns.detector.class_heads import Level, NoHeads
from ovxai_patterns.detector.detector import Detector

_MAP = 4  # axes
_ONE = (1, 1)


@dataclass(frozen=True)
class LevelFeatures:
    """A feature map, with the positions of its entries and what tells its grid at another size of the picture."""

    tensor: TensorId
    positions: Positions
    grid: GridSource


def level_features(detector: Detector, levels: Sequence[Level]) -> tuple[LevelFeatures, ...] | NoHeads:
    """The feature map of each level, in their order."""
    necks = _last_of_neck(detector, levels)
    found = [_features(detector, level, necks.get(level.tensor)) for level in levels]
    known = tuple(one for one in found if one is not None)
    if len(known) == len(levels):
        return known
    level = levels[found.index(None)]
    return NoHeads(f"no feature map has the grid of the class head {detector.describe(level.tensor)}")


def _last_of_neck(detector: Detector, levels: Sequence[Level]) -> dict[TensorId, TensorId]:
    """Class head → feature map, where levels are alike up to maps that other levels are made from; else nothing."""
    if len({level.tensor for level in levels}) < len(levels):
        return {}
    chains = [_maps_above(detector, level) for level in levels]
    made_from = [nx.ancestors(detector.graph.data_edges, level.tensor) for level in levels]
    steps = []
    for place, chain in enumerate(chains):
        others = set[TensorId]().union(*(one for other, one in enumerate(made_from) if other != place))
        steps += [step for step, tensor in enumerate(chain) if tensor in others][:1]
    if not steps or any(len(chain) <= min(steps) for chain in chains):
        return {}
    passed = [[detector.graph.ops[place].get_type_name() for place, _ in chain[: min(steps)]] for chain in chains]
    if any(types != passed[0] for types in passed):
        return {}
    return {level.tensor: chain[min(steps)] for level, chain in zip(levels, chains, strict=True)}


def _maps_above(detector: Detector, level: Level) -> list[TensorId]:
    """The maps of a level that all of its class head is made from, upwards."""
    made = detector.head_of(level.tensor)
    if level.grid != _ONE or made is None:
        return detector.maps_above(level)
    features = detector.graph.inputs_of(made.layer[0])[made.layer[1]]
    above = detector.graph.dominators(detector.layout.pictures, level.tensor)[1:]
    return [tensor for tensor in above if tensor <= features and _is_of_one_place(detector, tensor)]


def _features(detector: Detector, level: Level, neck: TensorId | None) -> LevelFeatures | None:
    tensor = neck or detector.map_below(level)
    if tensor is None and level.maps is not None:
        tensor = level.maps[level.place].tensor
    if tensor is None:
        tensor = next(iter(_maps_above(detector, level)), None)
    if tensor is None:
        return None
    if _is_of_one_place(detector, tensor):
        return LevelFeatures(tensor, on_lattice(_MAP, 2, 3, _ONE), GridSource(tensor, (2, 3), True, _ONE))
    positions = detector.layout.positions(tensor)
    return None if positions is None else LevelFeatures(tensor, positions, grid_source(detector.layout, tensor))


def _is_of_one_place(detector: Detector, tensor: TensorId) -> bool:
    shape = detector.graph.output(tensor).get_partial_shape()
    return shape.is_static and len(shape) == _MAP and tuple(shape.to_shape()[2:]) == _ONE
