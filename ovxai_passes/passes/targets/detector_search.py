"""What a method reads of a detector: class heads, a feature map, or predicted masks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from ovxai_patterns.analysis.assumed import HOW_TO_STATE
from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.layout import picture_axes, without_picture
from ovxai_patterns.analysis.positions import Positions
from ovxai_patterns.detector.class_heads import ClassHeads, NoHeads
from ovxai_patterns.detector.detector import Detector, FeatureMaps, largest_of, middle_of
from ovxai_patterns.detector.instances import Masks, NoInstances, find_instances
from ovxai_patterns.detector.own_patterns import heads_of_patterns, maps_of_patterns
from ovxai_patterns.wording import Named, worded

from ovxai_passes.errors import OptionError, TargetNotFoundError
from ovxai_passes.methods.registry import method_spec, methods_of
from ovxai_passes.methods.spec import MethodSpec, Reads
from ovxai_passes.methods.target import FeatureMap, PredictedMasks, ScoredGrids, Target
from ovxai_passes.model_info.labels import names_of, numbers_of
from ovxai_passes.ops.sizes import Picture
from ovxai_passes.options import Options
from ovxai_passes.passes.targets.level_gradients import of_best_boxes
from ovxai_passes.vocabulary import LARGEST, MIDDLE, Method, Task

_MAP_RANK = 4
_MAP_SIZE = (23, 23)
_MASK_SIZE = (56, 56)


@dataclass(frozen=True)
class DetectorSearch:
    """A search for what methods read of one detector. `labels`: names of classes that the model says itself."""

    detector: Detector
    options: Options
    task: Task
    labels: tuple[str, ...]

    def found(self) -> tuple[MethodSpec, Target]:
        """The method asked for with what it reads, or the first one for which that is there."""
        named = Method.DETCLASSPROBABILITYMAP if self.options.names_target else None
        given = next(iter(self.options.methods), named)
        if given is not None:
            spec = method_spec(given)
            assert spec is not None, "options refuse methods that models cannot be given"
            return spec, self._for(spec)
        reasons: list[str] = []
        first: TargetNotFoundError | None = None
        for spec in methods_of(self.task):
            if spec.takes_gradients:
                continue  # only where it is asked for
            try:
                found = self._for(spec)
            except TargetNotFoundError as error:
                first = first or error
                reasons.append(worded("no {method}: {reason}", method=spec.name.value, reason=error.reason))
                continue
            return spec, replace(found, story=(*reasons, *found.story), notices=(*reasons, *found.notices))
        assert first is not None, "there is a method for every task"
        raise first

    def _for(self, spec: MethodSpec) -> Target:
        if spec.reads is Reads.INSTANCES:
            return self._instances(spec.name)
        self.options.check_chosen_method(spec.name, Task.DETECTION)
        if spec.takes_gradients:
            self._check_static(spec)
            return of_best_boxes(self._class_heads(), self.detector, self.options)
        return self._class_heads() if spec.reads is Reads.CLASS_HEADS else self._feature_map(spec)

    def _class_heads(self) -> Target:
        options = self.options
        heads = self._heads()
        if isinstance(heads, NoHeads):
            candidates = self.detector.dense_heads if options.names_target else ()
            raise TargetNotFoundError(heads.reason, (*heads.near_misses, *candidates))
        if options.background is not None:
            if not -1 <= options.background < heads.classes:
                given = Named("background", options.background)
                said = worded("{given}: classes are numbered from 0 to {last}", given=given, last=heads.classes - 1)
                raise OptionError(said)
            heads = replace(heads, background=options.background % heads.classes, background_assumed=False)
        if options.objectness and not all(level.objectness for level in heads.levels):
            raise OptionError(worded("{objectness}: this detector's class heads have none beside them, leave it out"))
        if self._dynamic:
            high, wide = _assumed(self.detector)
            notice = f"grids of levels are those of a picture of {high} x {wide}"
            heads = replace(heads, notices=(*heads.notices, notice))
            _check_grids(self.detector, heads)
        size, sized_by = self._size([level.grid for level in heads.levels])
        grids = ScoredGrids(
            heads, heads.levels, size, self._picture, sized_by=sized_by, objectness=bool(options.objectness)
        )
        found = Target(
            layer=heads.levels[0].tensor,
            scores=heads.scores,
            readout="class heads",
            grid=size,
            classes=heads.classes,
            story=heads.story,
            notices=heads.all_notices,
            found_by=heads.found_by,
        )
        chosen = self._chosen(heads.classes, heads.background)
        if heads.background is None or options.keep_background:
            return replace(found, chosen=chosen, grids=replace(grids, rows=chosen))
        background = heads.background
        kept = [number for number in range(heads.classes) if number != background]
        if chosen is not None and background in chosen:
            said = worded(
                "class {number} is the background: {keep_background=True} makes a map of it, too", number=background
            )
            raise OptionError(said)
        levels = tuple(replace(level, channels=tuple(level.channels[one] for one in kept)) for level in heads.levels)
        order = "" if options.top_k else ", in their order"
        notice = f"class {background} is the background: maps are of the others{order}"
        rows = None if chosen is None else tuple(kept.index(one) for one in chosen)
        return replace(
            found,
            grids=replace(grids, levels=levels, rows=rows),
            chosen=tuple(kept) if chosen is None else chosen,
            notices=(*found.notices, *((notice,) if chosen is None else ())),
        )

    def _heads(self) -> ClassHeads | NoHeads:
        options, detector = self.options, self.detector
        if options.patterns:
            return heads_of_patterns(detector, options.patterns, options.num_anchors or ())
        if options.target_layers:
            return detector.heads_named(options.target_layers, options.num_anchors or ())
        return detector.class_heads(trusted=options.task is not Task.AUTO)

    def _size(self, grids: list[tuple[int, int]]) -> tuple[tuple[int, int], int | None]:
        """The size of the map, and the place of the level that it is that of."""
        wanted = self.options.level_size
        if isinstance(wanted, tuple):
            return (wanted[0], wanted[1]), None
        if wanted is None:
            return _MAP_SIZE, None
        if self._dynamic:
            size = Named("saliency_map_size", wanted)
            said = worded("{size}: grids are known for pictures of static size; give height and width", size=size)
            raise OptionError(said)
        level = middle_of(grids) if wanted == MIDDLE else largest_of(grids)
        return grids[level], level

    def _feature_map(self, spec: MethodSpec) -> Target:
        options = self.options
        self._check_static(spec)
        maps = self.feature_maps(given=options.names_target)
        grids = [positions.grid for positions in maps.positions]
        level = 0 if options.saliency_map_size == LARGEST else middle_of(grids)
        place = maps.places[level] if maps.joined else 0
        return Target(
            layer=maps.tensors[level],
            scores=maps.tensors[level],
            readout="feature map",
            grid=grids[level],
            classes=0,
            feature=FeatureMap(maps.tensors[level], maps.positions[level], maps.grids[level], maps.joined, place),
            story=maps.story,
            notices=maps.notices,
            found_by=maps.found_by,
        )

    def _check_static(self, spec: MethodSpec) -> None:
        if self._dynamic:
            said = (
                "the picture's height or width is dynamic, which {method} does not take; give the model a static size "
            )
            raise TargetNotFoundError(worded(said + "first ({how})", method=spec.name.value, how=HOW_TO_STATE))

    def pooled(self) -> tuple[TensorId, Positions]:
        """What a feature vector is made of: the middle feature map, all tokens of it where several maps are joined."""
        maps = self.feature_maps()
        level = middle_of([positions.grid for positions in maps.positions])
        return maps.tensors[level], _all_tokens(maps) or maps.positions[level]

    def feature_maps(self, given: bool = False) -> FeatureMaps:
        """The feature maps, found, or those that the options name (`given`). Raises TargetNotFoundError."""
        detector, options = self.detector, self.options
        maps: FeatureMaps | NoHeads
        if not given:
            maps = detector.feature_maps(detector.class_heads())
        elif options.patterns:
            maps = maps_of_patterns(detector, options.patterns)
        else:
            maps = detector.feature_map_named(options.target_layers[0])
        if isinstance(maps, NoHeads) or not maps.tensors:
            reason = maps.reason if isinstance(maps, NoHeads) else "no feature map has a grid of positions"
            raise TargetNotFoundError(reason, maps.near_misses if isinstance(maps, NoHeads) else ())
        return maps

    def _instances(self, method: Method) -> Target:
        found = self.detector.analysis.get(find_instances)
        if isinstance(found, NoInstances):
            raise TargetNotFoundError(found.reason)
        wanted = self.options.level_size
        size = (wanted[0], wanted[1]) if isinstance(wanted, tuple) else _MASK_SIZE
        chosen = self._chosen(found.classes)
        layer = found.masks if isinstance(found, Masks) else found.detections
        return Target(
            layer=layer,
            scores=layer,
            readout="masks of instances",
            grid=size,
            classes=found.classes,
            chosen=chosen,
            masks=PredictedMasks(found, size, self._picture, chosen),
            story=(found.reason,),
        )

    def _chosen(self, classes: int, background: int | None = None) -> tuple[int, ...] | None:
        names_of(self.options.labels or (), classes, background)
        if self.options.classes is None:
            return None
        return numbers_of(self.options.classes, self.options.labels or self.labels, classes, background)

    @property
    def _picture(self) -> Picture:
        if not self.detector.layout.pictures:
            raise TargetNotFoundError(without_picture(self.detector.original.model))
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
                worded(
                    "the height or width of the picture is dynamic, and the grid of {layer} is not told by a map; give "
                    "the model a static size first ({how})",
                    layer=detector.describe(level.tensor),
                    how=HOW_TO_STATE,
                )
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
