"""What a model does: as it is given, or as its outputs tell."""

from __future__ import annotations

from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.scores import Scores, find_scores
from ovxai_patterns.task import CLASSIFICATION, find_task
from ovxai_patterns.wording import Named, worded

from ovxai_passes.errors import TargetNotFoundError
from ovxai_passes.options import Options
from ovxai_passes.passes.state import ChosenTask
from ovxai_passes.vocabulary import Task


def task_of(analysis: ModelAnalysis, options: Options) -> ChosenTask:
    """The task given, or found from the model's outputs. Raises TargetNotFoundError where the one given cannot be."""
    if not analysis.original.model.inputs:
        raise TargetNotFoundError(
            "the model has no input, so there is no picture to explain: give one that takes pictures"
        )
    if options.task is not Task.AUTO:
        check_task_given(analysis, options)
        return ChosenTask(options.task, "")
    found = analysis.get(find_task)
    return ChosenTask(Task(found.name), found.reason)


def with_task(error: TargetNotFoundError, task: ChosenTask) -> TargetNotFoundError:
    """The error, of its own type, that also says what the model was taken for."""
    if task.reason.endswith(error.reason):  # that it was taken so for want of another says no more
        return error
    taken = worded("this model {does}: {reason} ({task} says otherwise)", does=task.name.does, reason=task.reason)
    return type(error)(error.reason, (*error.near_misses, taken), error.candidates)


def check_task_given(analysis: ModelAnalysis, options: Options) -> None:
    """Raises TargetNotFoundError where a model is said to detect, and is a classifier.

    That is one that gives scores [N,K] and where nothing predicts boxes, neither grids nor regions nor queries. Its
    activation map would pass for a detector's. Class heads that are named (`target_layer`, `patterns`) are taken as
    they are.
    """
    if options.task in (Task.AUTO, Task.CLASSIFICATION) or options.names_target:
        return
    scores = analysis.get(find_scores)
    if not isinstance(scores, Scores) or analysis.get(find_task).name != CLASSIFICATION:
        return
    raise TargetNotFoundError(
        worded(
            "{given} was given, but the model is a classifier: output {output} holds a score for each of {count} "
            "classes, and nothing in it predicts boxes; leave {task} out",
            given=Named("task", options.task),
            output=scores.output,
            count=scores.classes,
        )
    )
