"""What a method that takes gradients explains of a detector: the map that the class head of each level reads."""

from __future__ import annotations

from dataclasses import replace

from ovxai_patterns.detector.class_heads import NoHeads
from ovxai_patterns.detector.detector import Detector
from ovxai_patterns.detector.level_features import level_features

from ovxai_passes.errors import TargetNotFoundError
from ovxai_passes.methods.spec import required
from ovxai_passes.methods.target import FeatureMap, Target
from ovxai_passes.model_info.labels import check_top_k
from ovxai_passes.options import Options


def of_best_boxes(target: Target, detector: Detector, options: Options) -> Target:
    """The target of a method that takes gradients, from that of the class heads.

    Without classes that are given there are maps of the best ones of each image; the background is none of them.
    Raises TargetNotFoundError, OptionError.
    """
    grids = required(target.grids)
    found = level_features(detector, grids.heads.levels)
    if isinstance(found, NoHeads):
        raise TargetNotFoundError(found.reason, found.near_misses)
    check_top_k(options.top_k, len(grids.levels[0].channels))
    maps = tuple(FeatureMap(one.tensor, one.positions, one.grid) for one in found)
    lines = (f"gradients are taken for {detector.describe(one.tensor)}" for one in maps)
    return replace(
        target,
        layer=maps[0].tensor,
        chosen=None if options.classes is None else target.chosen,
        top_k=options.top_k,
        features=maps,
        story=(*target.story, *lines),
    )
