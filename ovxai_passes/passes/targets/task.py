"""What a model does: as it is given, or as its outputs tell."""

from __future__ import annotations

from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.task import find_task

from ovxai_passes.errors import TargetNotFoundError
from ovxai_passes.options import Options
from ovxai_passes.passes.state import ChosenTask
from ovxai_passes.passes.task_given import check_task_given
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
    taken = f"taken for task {task.name.value} (--task): {task.reason}"
    return type(error)(error.reason, (*error.near_misses, taken), error.candidates)
