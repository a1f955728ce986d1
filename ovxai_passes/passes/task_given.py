"""A task that is given, held against what a model says."""

from __future__ import annotations

import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.classifier.scores import Scores, find_scores
from ovxai_patterns.task import CLASSIFICATION, find_task

from ovxai_passes.errors import TargetNotFoundError
from ovxai_passes.options import Options
from ovxai_passes.vocabulary import Task


def check_task_given(model: ov.Model, options: Options) -> None:
    """Raises TargetNotFoundError where a model is said to detect, and is a classifier.

    That is one that gives scores [N,K] and where nothing speaks of boxes, neither grids nor regions nor queries. Its
    activation map would pass for a detector's. Class heads that are named (`target_layer`) are taken as they are.
    """
    if options.task in (Task.AUTO, Task.CLASSIFICATION) or options.target_layer is not None:
        return
    scores = find_scores(ModelGraph(model))
    if not isinstance(scores, Scores) or find_task(model).name != CLASSIFICATION:
        return
    raise TargetNotFoundError(
        f"task {options.task.value!r} was given, but the model is a classifier: output {scores.output} holds a "
        f"score for each of {scores.classes} classes, and nothing in it speaks of boxes; leave the task (--task) out"
    )
