"""InsertSaliencyMap: the whole insertion, in place."""

from __future__ import annotations

import logging
from itertools import count

import openvino as ov
from openvino.passes import ModelPass
from ovxai_patterns.analysis.model_analysis import ModelAnalysis

from ovxai_passes.errors import TargetNotFoundError, TooCostlyError
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.model_info.recorded import check_same_map, is_augmented
from ovxai_passes.model_info.told import layout_told, told_by
from ovxai_passes.options import Options
from ovxai_passes.passes.build_branch import BuildBranch
from ovxai_passes.passes.cut import Cut
from ovxai_passes.passes.finishing.colour import Colour
from ovxai_passes.passes.finishing.overlay import Overlay
from ovxai_passes.passes.finishing.pool import Pool
from ovxai_passes.passes.finishing.resize import Resize
from ovxai_passes.passes.finishing.round import Round
from ovxai_passes.passes.finishing.scale import Scale
from ovxai_passes.passes.finishing.threshold import Threshold
from ovxai_passes.passes.graft import Graft
from ovxai_passes.passes.keep_map import KeepMap
from ovxai_passes.passes.locate import Locate
from ovxai_passes.passes.record import Record
from ovxai_passes.passes.state import InsertionState, left, run_stages
from ovxai_passes.passes.targets.task import task_of, with_task
from ovxai_passes.passes.tell import Tell
from ovxai_passes.passes.trim import Trim
from ovxai_passes.vocabulary import Task

_log = logging.getLogger(__name__)

_CHEAP = 0.5  # of the model's own work, for a map of a part of the class scores


class InsertSaliencyMap(ModelPass):
    """Adds the output `saliency_map` to a classifier or a detector, in place: all stages in their default order.

    Before:  ... ─▶ target ─▶ head ─▶ outputs
    After:   ... ─▶ target ─┬─▶ head ─▶ outputs
                            └─▶ branch ─▶ saliency_map

    After the run, `state` holds what each stage has found and made, and the report. A model that has such an output
    already stays as it is, with a logged notice, unless options ask for another map than it has. Raises OptionError,
    TargetNotFoundError and TooCostlyError. On any exception the model is as it was: the stages that change it are run
    over a clone first.
    """

    def __init__(self, options: Options | None = None) -> None:
        super().__init__()
        self.state = InsertionState(options or Options())

    def run_on_model(self, model: ov.Model) -> bool:
        """Insert the map."""
        wrapped, options = ov.Model(model), self.state.options
        if is_augmented(wrapped):
            check_same_map(wrapped, options)
            _log.warning("the model has an output named %s already and stays as it is", OUTPUT_NAME)
            return False
        with layout_told(wrapped, options) as layout_before:
            self.state = self._inserted(wrapped, layout_before)
        return True

    def _inserted(self, wrapped: ov.Model, layout_before: str) -> InsertionState:
        options = self.state.options
        state = with_branch(wrapped, options, layout_before)
        changes: tuple[ModelPass, ...] = (
            Graft(state),  # the branch onto the model
            *((Trim(state),) if options.trim else ()),  # out of the model, what nobody reads
            *((KeepMap(state),) if options.only_map else ()),  # without the original outputs
            Record(state),  # what was done, in rt_info
            Tell(state),  # what the model was told of itself
        )
        run_stages(wrapped.clone(), changes)  # whatever raises, raises here
        run_stages(wrapped, changes)
        return state


def with_branch(model: ov.Model, options: Options, layout_before: str = "") -> InsertionState:
    """The state after the stages that lead to the whole branch. `model` is only read.

    `layout_before`: see `layout_told`.

    Where no layer explains all class scores at a bearable cost, layers that explain a part of them are tried: the first
    one that costs little is taken, else the cheapest. Raises what the search for a layer that explains all raised.
    """
    state = _with_branch(model, options)
    target = left(state.target, "target", "Locate")
    background = target.grids.heads.background if target.grids else None
    finishing = (Scale, Resize, Threshold, Round, Colour, Overlay, *((Pool,) if options.feature_vector else ()))
    run_stages(model, tuple(stage(state) for stage in finishing))
    state.told = told_by(options, model, layout_before, target.classes, background)
    return state


def _with_branch(model: ov.Model, options: Options) -> InsertionState:
    state = InsertionState(options)
    state.analysis = ModelAnalysis(model)
    state.task = task_of(state.analysis, options)
    try:
        return _run(model, state)
    except TargetNotFoundError as error:
        part = _part(model, state) if state.task.name is Task.CLASSIFICATION else None
        if part is not None:
            return part
        if not state.task.reason:
            raise
        raise with_task(error, state.task) from error


def _run(model: ov.Model, state: InsertionState, part: int = 0) -> InsertionState:
    run_stages(
        model,
        (
            Locate(state, part),  # what to explain: class scores, read-out, target layer
            Cut(state),  # the head: a model of its own, from the target to the scores
            BuildBranch(state),  # the branch: a model of its own, from the target to the map
        ),
    )
    return state


def _part(model: ov.Model, failed: InsertionState) -> InsertionState | None:
    """The state of a map for a part of the class scores, or None where there is no such layer."""
    if failed.options.names_target or failed.options.reference or failed.search is None:
        return None
    found: list[InsertionState] = []
    for number in count(1):
        state = InsertionState(failed.options, failed.task, failed.analysis, failed.search, started=failed.started)
        try:
            found.append(_run(model, state, number))
        except TooCostlyError as error:
            _log.debug("part %s of the class scores: %s", number, error)
        except TargetNotFoundError:
            break
        if found and _work(found[-1]) <= _CHEAP:
            return found[-1]
    return min(found, key=_work, default=None)


def _work(state: InsertionState) -> float:
    return left(state.built, "branch", "BuildBranch").work
