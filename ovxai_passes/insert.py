"""The whole insertion: a clone of a model with the output `saliency_map`."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

import openvino as ov
from openvino.passes import Manager, ModelPass
from ovxai_patterns.task import find_task

from ovxai_passes.errors import TargetNotFoundError, TooCostlyError
from ovxai_passes.insert_options import NAMED, InsertOptions
from ovxai_passes.model_info.clients import client_notices
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.model_info.read import model_given
from ovxai_passes.model_info.recorded import check_same_map
from ovxai_passes.option_spec import documented
from ovxai_passes.options import Method, Options
from ovxai_passes.passes.cut import Cut
from ovxai_passes.passes.detectors import ExplainDetector, LocateDetector
from ovxai_passes.passes.explain import Explain
from ovxai_passes.passes.graft import Graft
from ovxai_passes.passes.keep_map import KeepMap
from ovxai_passes.passes.locate import Locate
from ovxai_passes.passes.pool import Pool
from ovxai_passes.passes.record import Record
from ovxai_passes.passes.scale import Scale
from ovxai_passes.passes.task_given import check_task_given
from ovxai_passes.passes.trim import Trim
from ovxai_passes.report import Report
from ovxai_passes.vocabulary import Scaling, Task

if TYPE_CHECKING:
    from typing_extensions import Unpack

_log = logging.getLogger(__name__)

_CHEAP = 0.5  # of the model's own work, for a map of a part of the class scores


@dataclass(frozen=True)
class Insertion:
    """An insertion into a classifier with its intermediate results: `model` is the augmented clone."""

    model: ov.Model
    locate: Locate
    cut: Cut
    explain: Explain
    report: Report


@dataclass(frozen=True)
class DetectorInsertion:
    """An insertion into a detector with its intermediate results: `model` is the augmented clone."""

    model: ov.Model
    locate: LocateDetector
    explain: ExplainDetector
    report: Report


def is_augmented(model: ov.Model) -> bool:
    """Whether a model has a `saliency_map` output."""
    return any(OUTPUT_NAME in port.get_names() for port in model.outputs)


AnyInsertion = Insertion | DetectorInsertion


def insert_any(model: ov.Model, options: Options) -> AnyInsertion:
    """Run the passes for what a model does (`options.task`, or told from its outputs) over a clone of it.

    Raises TargetNotFoundError where no layer fits.
    """
    task = task_of(model, options)
    try:
        if task.name is Task.CLASSIFICATION:
            inserted: AnyInsertion = insert(model, options)
        else:
            inserted = insert_detector(model, options, task.name)
    except TargetNotFoundError as error:
        if not task.reason:
            raise
        raise _told_of(error, task) from error
    report = _with_task(inserted.report, task)
    added = len(inserted.model.outputs) - len(model.outputs)
    if not options.only_map:
        shape = inserted.model.output(OUTPUT_NAME).get_partial_shape()
        report = report.with_notices(*client_notices(model, added, shape))
    return replace(inserted, report=report)


def insert(model: ov.Model, options: Options) -> Insertion:
    """Run the passes for a classifier over a clone of `model`.

    Raises TargetNotFoundError where no layer fits.
    """
    started = time.perf_counter()
    clone = model.clone()
    explain = explained(clone, options)
    cut, locate = explain.cut, explain.cut.locate
    report = _finished(clone, options, explain, locate, Trim(cut) if options.trim else None)
    report = replace(report, seconds=round(time.perf_counter() - started, 3))
    return Insertion(clone, locate, cut, explain, report)


def insert_detector(model: ov.Model, options: Options, task: Task) -> DetectorInsertion:
    """Run the passes for a detector over a clone of `model`."""
    started = time.perf_counter()
    clone = model.clone()
    explain = explained_detector(clone, options, task)
    report = _finished(clone, options, explain, explain.locate)
    report = replace(report, seconds=round(time.perf_counter() - started, 3))
    return DetectorInsertion(clone, explain.locate, explain, report)


def _finished(
    clone: ov.Model,
    options: Options,
    explain: Explain | ExplainDetector,
    locate: Locate | LocateDetector,
    trim: Trim | None = None,
) -> Report:
    """The stages after the branch, run over the clone that it is put onto."""
    originals = len(clone.outputs)
    is_scaled = options.effective_scaling is not Scaling.NONE
    scale = Scale(explain, options.effective_scaling is Scaling.JOINT)
    pool = Pool(locate, scale if is_scaled else explain) if options.feature_vector else None
    graft = Graft(pool or (scale if is_scaled else explain))
    record = Record(explain, graft, trim)
    pipeline: tuple[ModelPass, ...] = (
        *((scale,) if is_scaled else ()),  # 0..255
        *((pool,) if pool else ()),  # the feature vector beside the map
        graft,  # the branch onto the clone
        *((trim,) if trim else ()),  # out of the clone, what nobody reads
        *((KeepMap(originals),) if options.only_map else ()),  # without the original outputs
        record,  # what was done, in rt_info
    )
    run_passes(clone, pipeline)
    return record.report


@dataclass(frozen=True)
class ChosenTask:
    """What a model does; `reason`: how that was told, or nothing where it was given."""

    name: Task
    reason: str


def task_of(model: ov.Model, options: Options) -> ChosenTask:
    """The task given, or told from the model's outputs. Raises TargetNotFoundError where the one given cannot be."""
    if not model.inputs:
        raise TargetNotFoundError(
            "the model has no input, so there is no picture to explain: give one that takes pictures"
        )
    if options.task is not Task.AUTO:
        check_task_given(model, options)
        return ChosenTask(options.task, "")
    found = find_task(model)
    return ChosenTask(Task(found.name), found.reason)


def _told_of(error: TargetNotFoundError, task: ChosenTask) -> TargetNotFoundError:
    """The error, of its own type, that also says what the model was taken for."""
    taken = f"taken for task {task.name.value} (--task): {task.reason}"
    return type(error)(error.reason, (*error.near_misses, taken), error.candidates)


def _with_task(report: Report, task: ChosenTask) -> Report:
    line = f"task {task.name.value}: {task.reason or 'given'}"
    return replace(report, story=(line, *report.story))


def plan(model: ov.Model, options: Options) -> Report:
    """What `insert_any` would do, and why; `model` is only read. Raises as that does."""
    task = task_of(model, options)
    try:
        if task.name is Task.CLASSIFICATION:
            return _with_task(explained(model, options).report, task)
        return _with_task(explained_detector(model, options, task.name).report, task)
    except TargetNotFoundError as error:
        if not task.reason:
            raise
        raise _told_of(error, task) from error


def explained_detector(model: ov.Model, options: Options, task: Task) -> ExplainDetector:
    """The first two stages for a detector, after their run over `model`, which is only read."""
    locate = LocateDetector(options, task)
    explain = ExplainDetector(locate)
    run_passes(model, (locate, explain))  # what to explain; the branch
    return explain


def explained(model: ov.Model, options: Options) -> Explain:
    """The first three stages, after their run over `model`, which is only read.

    Where no layer explains all class scores at a bearable cost, layers that explain a part of them are tried: the first
    one that costs little is taken, else the cheapest. Raises what the search for a layer that explains all raised.
    """
    locate = Locate(options)
    try:
        return _explained(model, locate)
    except TargetNotFoundError as error:
        if options.target_layer is not None or options.reference:
            raise
        refusal = error
    parts: list[Explain] = []
    for number in count(1):
        try:
            parts.append(_explained(model, Locate(options, number, locate.search)))
        except TooCostlyError as error:
            _log.debug("part %s of the class scores: %s", number, error)
        except TargetNotFoundError:
            break
        if parts and parts[-1].work <= _CHEAP:
            return parts[-1]
    if not parts:
        raise refusal
    return min(parts, key=lambda part: part.work)


def _explained(model: ov.Model, locate: Locate) -> Explain:
    cut = Cut(locate)
    explain = Explain(cut)
    stages: tuple[ModelPass, ...] = (
        locate,  # what to explain: class scores, read-out, target layer
        cut,  # the head: a stand-alone model from the target to the scores
        explain,  # the branch: a stand-alone model from the target to the map
    )
    run_passes(model, stages)
    return explain


def run_passes(model: ov.Model, passes: tuple[ModelPass, ...]) -> None:
    """Run passes in order over a model."""
    manager = Manager()
    for one in passes:
        manager.register_pass(one)
    manager.run_passes(model)


@documented(Options, NAMED)
def insert_xai(
    model: ov.Model | str | os.PathLike[str],
    task: Task | str = Task.AUTO,
    explain_method: Method | str | None = None,
    target_layer: str | Sequence[str] | None = None,
    embed_scaling: bool = True,
    **options: Unpack[InsertOptions],
) -> ov.Model:
    """A new model that computes what `model` computes and one output more, `saliency_map`.

    Parameters
    ----------
    model
        An `ov.Model`, which is not modified, or a path that `openvino.Core().read_model` reads.
    task
        What the model does: classification, detection or instance segmentation; AUTO tells from its outputs.
    explain_method
        Of classifiers ReciproCAM, ViT-ReciproCAM or ActivationMap; of detectors DetClassProbabilityMap or
        ActivationMap; of instance segmentation InstanceMasks or those of detectors. None chooses.
    target_layer
        Friendly name of the layer to explain, or names of a detector's class heads; None finds them.
    embed_scaling
        True: u8, maps scaled to 0..255: each by itself, or with `scaling="joint"` all classes of an image by one range.
        False: f32 class scores.
    **options
        {options}

    Returns
    -------
    The augmented model. `saliency_map` is [N,K,h,w] ([N,k,h,w] for some classes; with `top_k`, the output
    `saliency_classes` [N,k] i64 says which), or [N,h,w] for ActivationMap; InstanceMasks of a model that takes one
    picture [1,K,h,w]. A model that has such an output already is returned as it is, with a logged notice, unless
    options ask for another map than it has (OptionError).

    Raises
    ------
    ModelReadError, OptionError, TargetNotFoundError, TooCostlyError
    """
    asked = Options.checked(
        task=task, method=explain_method, target_layer=target_layer, embed_scaling=embed_scaling, **options
    )
    original = model_given(model)
    if is_augmented(original):
        check_same_map(original, asked)
        _log.warning("the model has an output named %s already and is returned as it is", OUTPUT_NAME)
        return original
    insertion = insert_any(original, asked)
    for notice in insertion.report.notices:
        _log.warning("%s", notice)
    return insertion.model
