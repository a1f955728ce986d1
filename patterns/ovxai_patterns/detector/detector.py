"""Where to explain a detector: class heads, found or given by name, and feature maps.

One stage: the layers that score classes at the places of grids (`class_heads.py`). Two stages: the maps that regions of
interest are pooled from. Queries without places (DETR): the last map that predictions of the queries are made from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import networkx as nx
import numpy as np
import openvino as ov

from ovxai_patterns.analysis.graph import NoLayer, TensorId
from ovxai_patterns.analysis.grid_maps import GridMap
from ovxai_patterns.analysis.grid_source import GridSource, grid_source, picture_source
from ovxai_patterns.analysis.layout import without_picture
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.analysis.op_traits import ROI_EXTRACTOR_TYPE, ROI_TYPES
from ovxai_patterns.analysis.positions import Positions
from ovxai_patterns.classifier.facts import ClassifierFacts
from ovxai_patterns.classifier.scores import Scores
from ovxai_patterns.detector.class_head_choice import find_class_heads
from ovxai_patterns.detector.class_heads import ClassHeads, Level, NoHeads
from ovxai_patterns.detector.dense_heads import DenseHead, find_dense_heads, layout_of
from ovxai_patterns.detector.joined import JoinedTokens, joined_before
from ovxai_patterns.detector.naming import name_of_regions
from ovxai_patterns.matchers.pattern import DATAFLOW

_SPLIT = "maps of other sizes are made of this one, and what is made of those together (an encoder) is not explained"


@dataclass(frozen=True)
class FeatureMaps:
    """Feature maps of a detector, the finest grid first, with the positions of each. `story`: why these.

    `grids`: what tells the grid of each at another size of the picture. `joined`: where they are the tokens of one
    tensor, the maps that those come from, in the order of the tokens; `places`: which of these each is.
    `found_by`: as in `Site`.
    """

    tensors: tuple[TensorId, ...]
    positions: tuple[Positions, ...]
    grids: tuple[GridSource, ...]
    story: tuple[str, ...]
    notices: tuple[str, ...] = ()
    joined: tuple[GridMap, ...] = ()
    places: tuple[int, ...] = ()
    found_by: str = DATAFLOW


class Detector:
    """A detector taken apart. Raises RuntimeError where shapes do not go together."""

    def __init__(self, analysis: ModelAnalysis) -> None:
        self.analysis = analysis
        self.original = analysis.original
        self.layout = layout_of(analysis)
        self.graph = self.layout.graph

    @property
    def regions(self) -> list[TensorId]:
        """The maps that regions of interest are pooled from, in topological order."""
        found: dict[TensorId, None] = {}
        for place, node in enumerate(self.graph.ops):
            if node.get_type_name() in ROI_TYPES:
                sources = self.graph.inputs_of(place)
                for source in sources[1:] if node.get_type_name() == ROI_EXTRACTOR_TYPE else sources[:1]:
                    if self.layout.positions(source) is not None:
                        found[source] = None
        return list(found)

    def class_heads(self, trusted: bool = False) -> ClassHeads | NoHeads:
        """The class heads, found; `trusted`: see `find_class_heads`."""
        if not self.layout.pictures:
            return NoHeads(without_picture(self.original.model))
        if self.regions:
            reason = "regions of interest are classified, not the places of a grid (two stages)"
            return NoHeads(reason, tuple(map(self.describe, self.regions)), True)
        return self.analysis.get(find_class_heads, trusted)

    def heads_named(self, layers: Sequence[str], anchors: Sequence[int]) -> ClassHeads | NoHeads:
        """Class heads given by name; `anchors`: how many each has, one number for all, or none for one."""
        if len(set(layers)) < len(layers):
            return NoHeads("a layer is named twice: name each class head once")
        tensors = []
        for name in layers:
            tensor = self.graph.layer_named(name)
            if isinstance(tensor, NoLayer):
                return NoHeads(tensor.reason, self.dense_heads)
            tensors.append(tensor)
        return self.heads_at(tensors, anchors, f"class heads given by name: {', '.join(layers)}")

    def heads_at(self, tensors: Sequence[TensorId], anchors: Sequence[int], how: str) -> ClassHeads | NoHeads:
        """Class heads that are given; `how`: a line for the story. `anchors`: as in `heads_named`."""
        if len(anchors) not in (0, 1, len(tensors)):
            return NoHeads(
                f"{len(anchors)} numbers of anchors for {len(tensors)} layers: give one for each, or one for all"
            )
        levels = []
        for place, tensor in enumerate(tensors):
            level = self._level_at(tensor, anchors[place % len(anchors)] if anchors else 1)
            if isinstance(level, NoHeads):
                return level
            levels.append(level)
        counts = [len(level.channels) for level in levels]
        if len(set(counts)) > 1:
            listed = ", ".join(f"{self._name(one)}: {count}" for one, count in zip(tensors, counts, strict=True))
            return NoHeads(f"the layers do not have as many classes ({listed}): name class heads, with their anchors")
        given = ClassHeads(tuple(levels), None, None, levels[0].tensor, (how,), found_by="")
        found = self.class_heads(trusted=True)
        if isinstance(found, NoHeads) or found.classes != given.classes:
            return given
        known = {level.tensor: level for level in found.levels}
        if not all(level.tensor in known for level in levels):
            return given
        completed = tuple(replace(level, objectness=known[level.tensor].objectness) for level in levels)
        return replace(given, levels=completed, background=found.background, activation=found.activation)

    def _level_at(self, tensor: TensorId, anchors: int) -> Level | NoHeads:
        name = self._name(tensor)
        shape, positions = self.graph.output(tensor).get_partial_shape(), self.layout.positions(tensor)
        real = self.graph.output(tensor).get_element_type().is_real()
        if shape.is_dynamic or len(shape) != 4 or not real or shape[0] != self._batch:
            return NoHeads(f"layer {name!r} does not make a map [N,C,h,w] of a float type", self.dense_heads)
        sizes = tuple(shape.to_shape())
        axis = 3 if positions is not None and positions.ids.shape[3] == 1 and positions.ids.shape[2] > 1 else 1
        if positions is None and sizes[2:] != (1, 1):
            return NoHeads(f"layer {name!r} makes no predictions at places of the picture", self.dense_heads)
        channels, grid = sizes[axis], (sizes[2:] if axis == 1 else sizes[1:3])
        if channels % anchors:
            return NoHeads(
                f"layer {name!r} has {channels} channels, which are not {anchors} anchors of as many classes"
            )
        classes = channels // anchors
        numbers = tuple(tuple(range(first, channels, classes)) for first in range(classes))
        made = self.head_of(tensor)
        return Level(tensor, axis, (grid[0], grid[1]), numbers, layer=made.layer if made and made.fused else None)

    @property
    def _batch(self) -> ov.Dimension:
        pictures = self.layout.pictures
        return self.graph.output(pictures[0]).get_partial_shape()[0] if pictures else ov.Dimension(1)

    @property
    def dense_heads(self) -> tuple[str, ...]:
        """A line for each dense prediction head, for those who choose by name."""
        return tuple(self.describe(head.tensor) for head in self.analysis.get(find_dense_heads))

    def head_of(self, tensor: TensorId) -> DenseHead | None:
        """The dense head that makes a tensor."""
        return next((head for head in self.analysis.get(find_dense_heads) if head.tensor == tensor), None)

    def feature_maps(self, heads: ClassHeads | NoHeads) -> FeatureMaps | NoHeads:
        """The maps that regions are pooled from, or that heads are put on, or the last one before the queries."""
        if not self.layout.pictures:
            return NoHeads(without_picture(self.original.model))
        if self.regions:
            story = tuple(f"regions are pooled from {self.describe(tensor)}" for tensor in self.regions)
            return replace(self._maps(self.regions, story), found_by=name_of_regions(self.analysis, self.regions))
        if isinstance(heads, ClassHeads):
            tensors = [tensor for tensor in map(self.map_below, heads.levels) if tensor is not None]
            if tensors:
                story = tuple(f"heads are put on {self.describe(tensor)}" for tensor in tensors)
                return replace(self._maps(list(dict.fromkeys(tensors)), story), found_by=heads.found_by)
        return self._before_queries()

    def _maps(self, tensors: Sequence[TensorId], story: tuple[str, ...]) -> FeatureMaps:
        known = [(tensor, self.layout.positions(tensor)) for tensor in tensors]
        maps = [(tensor, positions) for tensor, positions in known if positions is not None]
        maps.sort(key=lambda pair: -pair[1].grid[0] * pair[1].grid[1])
        grids = tuple(grid_source(self.layout, tensor) for tensor, _ in maps)
        return FeatureMaps(tuple(tensor for tensor, _ in maps), tuple(positions for _, positions in maps), grids, story)

    def map_below(self, level: Level) -> TensorId | None:
        """The map that a class head is put on: the last one above it that something else is made from as well.

        Where nothing else is (one head predicts boxes and classes), the features that the head reads.
        """
        maps, others = self.maps_above(level), self._leads_elsewhere(level.tensor)
        return next((tensor for tensor in maps if tensor in others), maps[0] if maps else None)

    def maps_above(self, level: Level) -> list[TensorId]:
        """The maps on a class head's grid that all of it is made from, upwards: what its layer reads first."""
        chain = self.graph.dominators(self.layout.pictures, level.tensor)[1:]
        maps = [tensor for tensor in chain if self._is_map(tensor) and self._grid(tensor) == level.grid]
        made = self.head_of(level.tensor)
        if made is None:
            return maps
        features = self.graph.inputs_of(made.layer[0])[made.layer[1]]
        return [tensor for tensor in maps if tensor <= features]

    def _grid(self, tensor: TensorId) -> tuple[int, int]:
        positions = self.layout.positions(tensor)
        return (0, 0) if positions is None else positions.grid

    def _leads_elsewhere(self, head: TensorId) -> set[TensorId]:
        """The tensors from which an output can be reached past a head."""
        edges = self.graph.data_edges.copy()
        edges.remove_node(head)
        found: set[TensorId] = set()
        for place, node in enumerate(self.graph.ops):
            if node.get_type_name() == "Result":
                found |= nx.ancestors(edges, (place, 0))
        return found

    def _is_map(self, tensor: TensorId) -> bool:
        positions, output = self.layout.positions(tensor), self.graph.output(tensor)
        whole = positions is not None and positions.is_map and positions.ids.shape[0] == 1
        return bool(whole and output.get_element_type().is_real() and tensor not in self.layout.pictures)

    def _before_queries(self) -> FeatureMaps | NoHeads:
        """The deepest map whose positions reach the first output of floats, or tokens of several maps below it."""
        for result in self.original.model.get_results():
            tensor = self.original.id_of(result.input_value(0))
            if not self.graph.output(tensor).get_element_type().is_real():
                continue
            facts = self.analysis.get(ClassifierFacts, Scores(tensor, 0, 1))
            alive = facts.alive[:1] if facts.dominators else []
            joined = joined_before(self.layout, tensor, alive[0] if alive else (-1, 0))
            if joined is not None:
                maps = self._of_joined_tokens(joined)
                if maps is not None:
                    return maps
            if alive:
                story = (f"last map that the output is made from: {facts.describe(alive[0])}",)
                found = self._maps(alive, story)
                return (
                    found
                    if joined is None and not self._splits(alive[0], tensor)
                    else replace(found, notices=(_SPLIT,))
                )
        return NoHeads("no feature map that an output is made from has a grid of positions")

    def _of_joined_tokens(self, joined: JoinedTokens) -> FeatureMaps | None:
        if joined.maps is None:
            return None
        cells = [positions.grid[0] * positions.grid[1] for positions in joined.positions]
        order = sorted(range(len(cells)), key=lambda place: -cells[place])
        story = (f"last tokens of several maps that the output is made from: {self.describe(joined.tensor)}",)
        positions = tuple(joined.positions[place] for place in order)
        grids = (picture_source(self.layout),) * len(order)
        return FeatureMaps((joined.tensor,) * len(order), positions, grids, story, (), joined.maps, tuple(order))

    def _splits(self, feature: TensorId, output: TensorId) -> bool:
        """Whether maps of several other sizes are made of a feature map on the way to an output."""
        grid, grids = self._grid(feature), set[tuple[int, int]]()
        for place in self.graph.region(feature, output):
            if self._is_map((place, 0)):
                grids.add(self._grid((place, 0)))
        return len(grids - {grid}) > 0

    def feature_map_named(self, layer: str) -> FeatureMaps | NoHeads:
        """A feature map given by name."""
        tensor = self.graph.layer_named(layer)
        if isinstance(tensor, NoLayer):
            return NoHeads(tensor.reason)
        return self.maps_at([tensor], f"layer chosen by name: {self.describe(tensor)}")

    def maps_at(self, tensors: Sequence[TensorId], how: str) -> FeatureMaps | NoHeads:
        """Feature maps that are given; `how`: a line for the story."""
        for tensor in tensors:
            if not self._is_map(tensor):
                reason = f"layer {self._name(tensor)!r} does not make a map of positions"
                return NoHeads(reason, (self.describe(tensor),))
        return replace(self._maps(tensors, (how,)), found_by="")

    def _name(self, tensor: TensorId) -> str:
        return str(self.graph.ops[tensor[0]].get_friendly_name())

    def describe(self, tensor: TensorId) -> str:
        """Name, type and shape, as in the model itself."""
        output = self.original.output(tensor)
        node = output.get_node()
        return f"{node.get_friendly_name()} ({node.get_type_name()} {output.get_partial_shape()})"


def middle_of(grids: Sequence[tuple[int, int]]) -> int:
    """The place of the middle one of grids, the coarser of two."""
    order = np.argsort([-height * width for height, width in grids], kind="stable")
    return int(order[len(grids) // 2])


def largest_of(grids: Sequence[tuple[int, int]]) -> int:
    """The place of the grid with most cells, the first of several."""
    return max(range(len(grids)), key=lambda place: grids[place][0] * grids[place][1])
