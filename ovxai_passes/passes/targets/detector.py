"""The target of a detector, by the best method for which there is one."""

from __future__ import annotations

from dataclasses import replace

from ovxai_patterns.analysis.assumed import ShapesError
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.detector.detector import Detector
from ovxai_patterns.wording import Named, worded

from ovxai_passes.errors import TargetNotFoundError, TooCostlyError
from ovxai_passes.methods.instance_masks import MOST_DETECTIONS
from ovxai_passes.methods.target import Target
from ovxai_passes.model_info.labels import labels_of
from ovxai_passes.ops.cost import beyond
from ovxai_passes.passes.state import InsertionState, left
from ovxai_passes.passes.targets.detector_search import DetectorSearch

_FLOAT = 4  # bytes


def locate_detector(analysis: ModelAnalysis, state: InsertionState) -> None:
    """Leaves `method` and `target`. Raises TargetNotFoundError, TooCostlyError, OptionError."""
    options, task = state.options, left(state.task, "task", "Locate").name
    options.check_task(task)
    try:
        search = DetectorSearch(analysis.get(Detector), options, task, tuple(labels_of(analysis.original.model)))
    except ShapesError as error:
        raise TargetNotFoundError(error.reason) from error
    method, target = search.found()
    _check_size(target, options.max_tensor_gib)
    if options.feature_vector:
        target = replace(target, pooled=search.pooled())
    state.method, state.target = method, target


def _check_size(target: Target, most: float) -> None:
    """Raises TooCostlyError where a map would be too large a tensor, before anything of its size is made."""
    rows = len(target.grids.levels[0].channels) if target.grids else 1
    if target.features:
        rows = target.top_k or len(target.chosen or ()) or rows
    if target.masks is not None:
        rows = max(target.masks.instances.classes, MOST_DETECTIONS)
    gib = _FLOAT * rows * target.grid[0] * target.grid[1] / (1 << 30)
    if gib > most:
        size = f"{target.grid[0]}x{target.grid[1]}"
        raise TooCostlyError(
            worded(
                "maps of {size} take a tensor of {gib} GiB, beyond {most}: give a smaller {saliency_map_size}",
                size=size,
                gib=beyond(gib, most),
                most=Named("max_tensor_gib", most),
            )
        )
