"""The stages of an insertion into a detector as model passes; Scale, Graft and Record of `passes.py` follow them.

    locate = LocateDetector(options)      class heads, feature maps, masks    → locate.result
    explain = ExplainDetector(locate)     one method's branch                 → explain.result  (Branch), explain.report

Both leave the model as it is. User errors are raised with their own types.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np
import openvino as ov
from openvino.passes import ModelPass
from ovxai_patterns.analysis.assumed import ShapesError
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.layout import picture_axes
from ovxai_patterns.analysis.positions import Positions
from ovxai_patterns.detector.class_heads import ClassHeads, Level, NoHeads
from ovxai_patterns.detector.detector import Detector, FeatureMaps, largest_of, middle_of
from ovxai_patterns.detector.instances import Masks, NoInstances, Prototypes, find_instances

from ovxai_passes.errors import OptionError, TargetNotFoundError, TooCostlyError
from ovxai_passes.methods.activation_map import activation_map
from ovxai_passes.methods.class_probability import Wanted, class_probability_map
from ovxai_passes.methods.instance_masks import MOST_DETECTIONS, Canvas, instance_masks
from ovxai_passes.methods.tokens import token_map
from ovxai_passes.model_info.labels import labels_of, names_of, numbers_of
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.cost import beyond, cost_of
from ovxai_passes.ops.picture import Picture
from ovxai_passes.options import METHODS, Method, Options
from ovxai_passes.report import LevelLayer, Report, layer_at
from ovxai_passes.vocabulary import LARGEST, MIDDLE, Task

_log = logging.getLogger(__name__)

_FLOAT = 4  # bytes
_MAP_RANK = 4
_MAP_SIZE = (23, 23)
_MASK_SIZE = (56, 56)


@dataclass(frozen=True)
class Found:
    """What was found, of which `method` uses one: class heads, feature maps, instances.

    `size`: (h, w) of the map. `levels`: of the class heads, without the background where it gets no map; `rows`: the
    places among their classes that get one, None for all; `chosen`: the numbers of the classes that have maps, None for
    all. `level`: the place of the feature map that is explained. `sized_by`: the place of the level that the map is as
    large as, of whatever picture.
    """

    method: Method
    size: tuple[int, int]
    picture: Picture
    heads: ClassHeads | None = None
    levels: tuple[Level, ...] = ()
    rows: tuple[int, ...] | None = None
    maps: FeatureMaps | None = None
    level: int = 0
    instances: Masks | Prototypes | None = None
    sized_by: int | None = None
    chosen: tuple[int, ...] | None = None
    story: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


class LocateDetector(ModelPass):
    """Finds what a method needs of a detector. Raises TargetNotFoundError, OptionError.

    After the run: `result`; with the option `feature_vector`, `pooled`, what that is made of.
    """

    result: Found
    pooled: tuple[TensorId, Positions]

    def __init__(self, options: Options, task: Task) -> None:
        super().__init__()
        self.options = options
        self.task = task

    def run_on_model(self, model: ov.Model) -> bool:
        """Look; the model is left as it is."""
        self.options.check_task(self.task)
        wrapped = ov.Model(model)
        try:
            search = _Search(Detector(wrapped), self.options, self.task, tuple(labels_of(wrapped)))
        except ShapesError as error:
            raise TargetNotFoundError(str(error)) from error
        self.result = search.found()
        self._check_size(self.result)
        if self.options.feature_vector:
            maps = search.feature_maps()
            level = middle_of([positions.grid for positions in maps.positions])
            self.pooled = (maps.tensors[level], _all_tokens(maps) or maps.positions[level])
        for line in self.result.story:
            _log.debug("%s", line)
        return False

    def _check_size(self, found: Found) -> None:
        """Raises TooCostlyError where a map would be too large a tensor, before anything of its size is made."""
        rows = len(found.levels[0].channels) if found.levels else 1
        if found.instances is not None:
            rows = max(found.instances.classes, MOST_DETECTIONS)
        gib = _FLOAT * rows * found.size[0] * found.size[1] / (1 << 30)
        most = self.options.max_tensor_gib
        if gib > most:
            size = f"{found.size[0]}x{found.size[1]}"
            raise TooCostlyError(
                f"maps of {size} take a tensor of {beyond(gib, most)} GiB (--max-tensor-gib {most:g}): "
                "give a smaller saliency_map_size (--map-size)"
            )


@dataclass(frozen=True)
class _Search:
    detector: Detector
    options: Options
    task: Task
    labels: tuple[str, ...]

    def found(self) -> Found:
        """What the method asked for needs, or the best method for which it is there."""
        if self.options.method is not None:
            return self._for(self.options.method)
        if self.options.target_layer is not None:
            return self._for(Method.DETCLASSPROBABILITYMAP)
        reasons: list[str] = []
        first: TargetNotFoundError | None = None
        for method in METHODS[self.task]:
            try:
                found = self._for(method)
            except TargetNotFoundError as error:
                first = first or error
                reasons.append(f"no {method.value}: {error.reason}")
                continue
            return replace(found, story=(*reasons, *found.story), notices=(*reasons, *found.notices))
        assert first is not None, "there is a method for every task"
        raise first

    def _for(self, method: Method) -> Found:
        self.options.check_chosen_method(method)
        if method is Method.INSTANCEMASKS:
            return self._instances()
        return self._class_heads() if method is Method.DETCLASSPROBABILITYMAP else self._feature_map()

    def _class_heads(self) -> Found:
        options = self.options
        layers = options.target_layers
        trusted = options.task is not Task.AUTO
        heads = (
            self.detector.heads_at(layers, options.num_anchors or ()) if layers else self.detector.class_heads(trusted)
        )
        if isinstance(heads, NoHeads):
            candidates = self.detector.dense_heads if layers else ()
            raise TargetNotFoundError(heads.reason, (*heads.near_misses, *candidates))
        if options.background is not None:
            if not -1 <= options.background < heads.classes:
                raise OptionError(
                    f"background {options.background}: classes are numbered from 0 to {heads.classes - 1}"
                )
            heads = replace(heads, background=options.background % heads.classes)
            heads = replace(heads, notices=tuple(line for line in heads.notices if "background" not in line))
        if options.objectness and not all(level.objectness for level in heads.levels):
            raise OptionError("option 'objectness': the class heads have none beside them")
        if self._dynamic:
            high, wide = _assumed(self.detector)
            notice = f"grids of levels are those of a picture of {high} x {wide}"
            heads = replace(heads, notices=(*heads.notices, notice))
            _check_grids(self.detector, heads)
        size, sized_by = self._size([level.grid for level in heads.levels])
        found = Found(
            Method.DETCLASSPROBABILITYMAP,
            size,
            self._picture,
            heads,
            heads.levels,
            sized_by=sized_by,
            story=heads.story,
            notices=heads.notices,
        )
        chosen = self._chosen(heads.classes, heads.background)
        if heads.background is None or options.keep_background:
            return replace(found, chosen=chosen, rows=chosen)
        kept = [number for number in range(heads.classes) if number != heads.background]
        if chosen is not None and heads.background in chosen:
            raise OptionError(f"class {heads.background} is the background: it has a map with keep_background only")
        levels = tuple(replace(level, channels=tuple(level.channels[one] for one in kept)) for level in heads.levels)
        notice = f"class {heads.background} is the background: maps are of the others, in their order"
        return replace(
            found,
            levels=levels,
            rows=None if chosen is None else tuple(kept.index(one) for one in chosen),
            chosen=tuple(kept) if chosen is None else chosen,
            notices=(*found.notices, *((notice,) if chosen is None else ())),
        )

    def _size(self, grids: list[tuple[int, int]]) -> tuple[tuple[int, int], int | None]:
        """The size of the map, and the place of the level that it is that of."""
        wanted = self.options.saliency_map_size
        if isinstance(wanted, tuple):
            return (wanted[0], wanted[1]), None
        if wanted is None:
            return _MAP_SIZE, None
        if self._dynamic:
            raise OptionError(f"saliency_map_size {wanted!r}: grids are known for pictures of static size; give (h, w)")
        level = middle_of(grids) if wanted == MIDDLE else largest_of(grids)
        return grids[level], level

    def _feature_map(self) -> Found:
        wanted, layers = self.options.saliency_map_size, self.options.target_layers
        if isinstance(wanted, tuple):
            raise OptionError(
                f"activationmap is as large as a feature map: saliency_map_size {MIDDLE!r} or {LARGEST!r} chooses which"
            )
        if len(layers) > 1:
            raise OptionError("activationmap explains one target layer")
        if self._dynamic:
            raise TargetNotFoundError(
                "the height or width of the picture is dynamic, which activationmap does not take; "
                "give the model a static size first (model.reshape)"
            )
        maps = self.feature_maps(*layers)
        grids = [positions.grid for positions in maps.positions]
        level = 0 if wanted == LARGEST else middle_of(grids)
        return Found(
            Method.ACTIVATIONMAP,
            grids[level],
            self._picture,
            maps=maps,
            level=level,
            story=maps.story,
            notices=maps.notices,
        )

    def feature_maps(self, layer: str | None = None) -> FeatureMaps:
        """The feature maps, or the one given by name. Raises TargetNotFoundError."""
        detector = self.detector
        maps = detector.feature_maps(detector.class_heads()) if layer is None else detector.feature_map_at(layer)
        if isinstance(maps, NoHeads) or not maps.tensors:
            reason = maps.reason if isinstance(maps, NoHeads) else "no feature map has a grid of positions"
            raise TargetNotFoundError(reason, maps.near_misses if isinstance(maps, NoHeads) else ())
        return maps

    def _instances(self) -> Found:
        if self.options.target_layer is not None:
            raise OptionError("instancemasks reads the model's outputs: target_layer does not go with it")
        found = find_instances(self.detector)
        if isinstance(found, NoInstances):
            raise TargetNotFoundError(found.reason)
        wanted = self.options.saliency_map_size
        if isinstance(wanted, str):
            raise OptionError("instancemasks has no levels: give saliency_map_size as (h, w)")
        size = _MASK_SIZE if wanted is None else (wanted[0], wanted[1])
        chosen = self._chosen(found.classes)
        return Found(Method.INSTANCEMASKS, size, self._picture, instances=found, chosen=chosen, story=(found.reason,))

    def _chosen(self, classes: int, background: int | None = None) -> tuple[int, ...] | None:
        names_of(self.options.labels or (), classes, background)
        if self.options.classes is None:
            return None
        return numbers_of(self.options.classes, self.options.labels or self.labels, classes, background)

    @property
    def _picture(self) -> Picture:
        if not self.detector.layout.pictures:
            raise TargetNotFoundError("no picture input: positions start at a float or 8-bit input of rank 4")
        tensor = self.detector.layout.pictures[0]
        return Picture(tensor, picture_axes(self.detector.original.ops[tensor[0]]) or (2, 3))

    @property
    def _dynamic(self) -> bool:
        picture = self._picture
        shape = self.detector.original.output(picture.tensor).get_partial_shape()
        return any(shape[axis].is_dynamic for axis in picture.axes)


def _check_grids(detector: Detector, heads: ClassHeads) -> None:
    """Of a picture of any size, the grid of every level has to be readable at inference."""
    for level in heads.levels:
        if len(detector.graph.output(level.tensor).get_partial_shape()) < _MAP_RANK and level.maps is None:
            raise TargetNotFoundError(
                f"the height or width of the picture is dynamic, and the grid of {detector.describe(level.tensor)} is "
                "not told by a map; give the model a static size first (model.reshape)"
            )


def _all_tokens(maps: FeatureMaps) -> Positions | None:
    """Where maps are the tokens of one tensor, the positions of all of them."""
    if not maps.joined:
        return None
    count = maps.positions[0].ids.size
    return Positions(np.arange(count, dtype=np.int32).reshape(1, count, 1), (1, count))


def _assumed(detector: Detector) -> tuple[int, int]:
    """Height and width of the picture that the analysis assumes."""
    node = detector.graph.ops[detector.layout.pictures[0][0]]
    rows, columns = picture_axes(node) or (2, 3)
    shape = node.get_output_shape(0)
    return shape[rows], shape[columns]


class ExplainDetector(ModelPass):
    """Builds the branch of the method that LocateDetector chose. After the run: `result` (Branch), `report`."""

    result: Branch
    report: Report

    def __init__(self, locate: LocateDetector) -> None:
        super().__init__()
        self.locate = locate

    def run_on_model(self, model: ov.Model) -> bool:
        """Build the branch; the model is left as it is."""
        found, options = self.locate.result, self.locate.options
        wrapped = ov.Model(model)
        graph = ModelGraph(wrapped)
        if found.heads is not None:
            size = found.size if found.sized_by is None else found.sized_by
            wanted = Wanted(size, options.objectness, found.rows)
            self.result = class_probability_map(graph, found.levels, found.picture, wanted)
            target, scores, readout = found.levels[0].tensor, found.heads.scores, "class heads"
        elif found.maps is not None:
            target = scores = found.maps.tensors[found.level]
            positions, grid = found.maps.positions[found.level], found.maps.grids[found.level]
            if found.maps.joined:
                self.result = token_map(graph, target, found.maps.joined, found.maps.places[found.level])
            else:
                self.result = activation_map(graph, target, positions, grid)
            readout = "feature map"
        else:
            assert found.instances is not None, "one of three was found"
            self.result = instance_masks(graph, found.instances, found.picture, Canvas(found.size, found.chosen))
            target = scores = self.result.sources[0]
            readout = "masks of instances"
        self.report = self._report(wrapped, graph, target, scores, readout)
        return False

    def _report(self, model: ov.Model, graph: ModelGraph, target: TensorId, scores: TensorId, readout: str) -> Report:
        found, options = self.locate.result, self.locate.options
        heads, instances = found.heads, found.instances
        classes = heads.classes if heads else instances.classes if instances else 0
        levels = tuple(_layer_of_level(graph, level) for level in heads.levels) if heads else ()
        return Report(
            input=model.get_friendly_name(),
            task=self.locate.task.value,
            method=found.method.value,
            readout=readout,
            target=layer_at(graph, target),
            grid=found.size,
            dynamic=False,
            mask=None,
            k=None,
            kept_tokens=0,
            scores=graph.ops[scores[0]].get_friendly_name(),
            classes=classes,
            chosen=found.chosen,
            top_k=None,
            scaling=options.effective_scaling.value,
            multiplied_out=0,
            cost=_cost(model, self.result),
            bin_growth=None,
            ops_growth=None,
            trimmed=0,
            seconds=0.0,
            notices=found.notices,
            story=found.story,
            levels=levels,
            background=heads.background if heads else None,
            options=options.asked(),
        )


def _cost(model: ov.Model, branch: Branch) -> float:
    """The branch's multiply-adds over the model's; 0 where the picture has no static size."""
    if any(dim.is_dynamic for parameter in branch.model.get_parameters() for dim in list(parameter.partial_shape)[2:]):
        return 0.0
    return round(cost_of(branch.model).products / max(cost_of(model).products, 1), 3)


def _layer_of_level(graph: ModelGraph, level: Level) -> LevelLayer:
    layer = layer_at(graph, level.tensor)
    return LevelLayer(layer.name, layer.type, layer.shape, level.grid, len(level.channels[0]))
