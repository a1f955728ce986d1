"""InsertSaliencyMap: the whole insertion, in place."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import openvino as ov
from openvino.passes import ModelPass
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.wording import worded

from ovxai_passes.errors import OptionError, OvxaiError, TargetNotFoundError, TooCostlyError
from ovxai_passes.model_info.outputs import OUTPUT_NAME, further_name
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
from ovxai_passes.passes.targets.best import ways_of_best
from ovxai_passes.passes.targets.gradients import FOR_BEST_CLASS, of_few_classes
from ovxai_passes.passes.targets.task import task_of, with_task
from ovxai_passes.passes.tell import Tell
from ovxai_passes.passes.trim import Trim
from ovxai_passes.vocabulary import Contrast, Defaults, Task

_log = logging.getLogger(__name__)

_CHEAP = 0.5  # of the model's own work, for a map of a part of the class scores


class InsertSaliencyMap(ModelPass):
    """Adds the output `saliency_map` to a classifier or a detector, in place: all stages in their default order.

    Before:  ... ─▶ target ─▶ head ─▶ outputs
    After:   ... ─▶ target ─┬─▶ head ─▶ outputs
                            └─▶ branch ─▶ saliency_map

    Of several methods the first makes `saliency_map`, a further one `saliency_map_METHOD`; the model is analysed once.
    After the run, `states` holds for each map what each stage has found and made, and its options with measured
    defaults where these were asked for; `state` is the first of them, with the report. A model that has such an output
    already stays as it is, with a logged notice, unless options ask for other maps than it has. Raises OptionError,
    TargetNotFoundError and TooCostlyError. On any exception the model is as it was: the stages that change it are run
    over a clone first.
    """

    def __init__(self, options: Options | None = None, each: Sequence[Options] | None = None) -> None:
        """`each`: the options of each map by itself; None: those that of `options` each method takes."""
        super().__init__()
        self.options, self.each = options or Options(), each
        self.states = tuple(InsertionState(one) for one in each or self.options.of_each_map(self.options.task))

    @property
    def state(self) -> InsertionState:
        """The state of the first map."""
        return self.states[0]

    def run_on_model(self, model: ov.Model) -> bool:
        """Insert the maps."""
        wrapped, options = ov.Model(model), self.options
        if is_augmented(wrapped):
            check_same_map(wrapped, options)
            _log.warning("the model has an output named %s already and stays as it is", OUTPUT_NAME)
            return False
        with layout_told(wrapped, options) as layout_before:
            self.states = self._inserted(wrapped, options, layout_before)
        return True

    def _inserted(self, wrapped: ov.Model, options: Options, layout_before: str) -> tuple[InsertionState, ...]:
        states = with_branches(wrapped, options, layout_before, self.each)
        changes: tuple[ModelPass, ...] = (
            Graft(*states),  # the branches onto the model
            *((Trim(*states),) if options.trim else ()),  # out of the model, what nobody reads
            *((KeepMap(states[0]),) if options.only_map else ()),  # without the original outputs
            Record(*states),  # what was done, in rt_info
            Tell(states[0]),  # what the model was told of itself
        )
        run_stages(wrapped.clone(), changes)  # whatever raises, raises here
        run_stages(wrapped, changes)
        return states


def with_branches(
    model: ov.Model, options: Options, layout_before: str = "", each: Sequence[Options] | None = None
) -> tuple[InsertionState, ...]:
    """The state of each map after the stages that lead to its whole branch.

    `model` is only read; `layout_before`: see `layout_told`; `each`: the options of each map, where they are known.

    What one method has found out about the model the next one knows. Where no layer explains all class scores at a
    bearable cost, layers that explain a part of them are tried: the first one that costs little is taken, else the
    cheapest. Measured defaults that a model does not take, as ones that cost too much, are left out, with a notice.
    Raises what the search for a layer that explains all raised.
    """
    _check_names(model, [further_name(method) for method in options.methods[1:]])
    started, analysis = time.perf_counter(), ModelAnalysis(model)
    task = task_of(analysis, options)
    options.check_task(task.name)
    if options.is_best:
        return _of_best(model, ways_of_best(options, task.name, analysis), layout_before)
    states: list[InsertionState] = []
    few = of_few_classes(options)
    for one in each or few.of_each_map(task.name):
        search = states[0].search if states else None
        try:
            states.append(_with_branch(model, InsertionState(one, task, analysis, search, started=started)))
        except TargetNotFoundError as error:
            if len(options.methods) < 2:
                raise
            method = options.methods[len(states)].value
            reason = worded("{method}: {reason}", method=method, reason=error.reason)
            raise type(error)(reason, error.near_misses, error.candidates) from error
    target = left(states[0].target, "target", "Locate")
    background = target.grids.heads.background if target.grids else None
    for state in states:
        run_stages(model, (Scale(state), Resize(state), Threshold(state), Round(state)))
    first = states[0]  # pictures and features are of the first map alone
    first.notices += (FOR_BEST_CLASS,) if few != options and each is None else ()
    run_stages(model, (Colour(first), Overlay(first), *((Pool(first),) if options.feature_vector else ())))
    first.told = told_by(options, model, layout_before, target.classes, background)
    return tuple(states)


def _of_best(model: ov.Model, ways: Sequence[Options], layout_before: str) -> tuple[InsertionState, ...]:
    """The state of the map of the first way that is not refused."""
    notices: tuple[str, ...] = ()
    for place, options in enumerate(ways):
        try:
            (state,) = with_branches(model, options, layout_before)
        except TargetNotFoundError as error:
            if place == len(ways) - 1:
                raise
            notices += tuple(
                worded("best would be {method}, which was refused: {reason}", method=one.value, reason=error.reason)
                for one in options.methods
            )
            continue
        state.is_best = True
        state.notices += notices
        return (state,)
    raise AssertionError("the last way is made or raises")


def _check_names(model: ov.Model, names: list[str]) -> None:
    """Raises OptionError where the model has an output of the name of a map to be added."""
    there = {name for port in model.outputs for name in port.get_names()}
    for name in names:
        if name in there:
            raise OptionError(f"the model has an output named {name} already: leave that method out")


def _with_branch(model: ov.Model, state: InsertionState) -> InsertionState:
    task, asked = left(state.task, "task", "Locate"), state.options
    refused: OvxaiError | None = None
    for options in (asked, *_with_less(asked)):
        one = _again(state, options, refused)
        try:
            return _run(model, one)
        except OvxaiError as error:
            state.search, refused = one.search, refused or error
            if one.options == options:  # nothing was left out that may be refused by itself
                break
    assert refused is not None, "the first way was refused"
    if isinstance(refused, TargetNotFoundError) and task.name is Task.CLASSIFICATION:
        part = _part(model, state, asked)
        if part is not None:
            return part
    if not isinstance(refused, TargetNotFoundError) or not task.reason:
        raise refused
    raise with_task(refused, task) from refused


def _with_less(options: Options) -> tuple[Options, ...]:
    """The options with ever less of the measured defaults."""
    if options.defaults is not Defaults.MEASURED:
        return ()
    without = () if options.contrast is not None else (replace(options, contrast=Contrast.NONE),)
    return (*without, replace(options, defaults=Defaults.DROP_IN))


def _again(state: InsertionState, options: Options, refused: OvxaiError | None = None) -> InsertionState:
    """A state to begin with, of the same map; `refused`: what was raised with more of the measured defaults."""
    made = InsertionState(options, state.task, state.analysis, state.search, started=state.started)
    if refused is not None:
        what = "no contrast" if options.defaults is Defaults.MEASURED else "drop-in defaults"
        reason = refused.reason if isinstance(refused, TargetNotFoundError) else refused.wording
        made.notices = (
            worded("{what}, because the measured defaults were refused: {reason}", what=what, reason=reason),
        )
    return made


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


def _part(model: ov.Model, failed: InsertionState, asked: Options) -> InsertionState | None:
    """The state of a map for a part of the class scores, or None where there is no such layer."""
    if asked.names_target or asked.level or asked.reference or failed.search is None:
        return None
    refused: OvxaiError | None = None
    for options in (asked, *_with_less(asked)):
        found: list[InsertionState] = []
        for number in count(1):
            state = _again(failed, options, refused)
            try:
                found.append(_run(model, state, number))
            except TooCostlyError as error:
                _log.debug("part %s of the class scores: %s", number, error)
                refused = refused or error
            except TargetNotFoundError as error:
                if state.built is None and state.target is not None:
                    refused = refused or error  # there is such a layer
                break
            if found and _work(found[-1]) <= _CHEAP:
                return found[-1]
        if found:
            return min(found, key=_work)
    return None


def _work(state: InsertionState) -> float:
    return left(state.built, "branch", "BuildBranch").work
