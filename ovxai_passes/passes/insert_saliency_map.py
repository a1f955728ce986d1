"""InsertSaliencyMap: the whole insertion, in place."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from itertools import count

import openvino as ov
from openvino.passes import ModelPass
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.model_analysis import ModelAnalysis

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
from ovxai_passes.passes.targets.measured import with_measured
from ovxai_passes.passes.targets.task import task_of, with_task
from ovxai_passes.passes.tell import Tell
from ovxai_passes.passes.trim import Trim
from ovxai_passes.vocabulary import Defaults, Task

_log = logging.getLogger(__name__)

_CHEAP = 0.5  # of the model's own work, for a map of a part of the class scores


class InsertSaliencyMap(ModelPass):
    """Adds the output `saliency_map` to a classifier or a detector, in place: all stages in their default order.

    Before:  ... ─▶ target ─▶ head ─▶ outputs
    After:   ... ─▶ target ─┬─▶ head ─▶ outputs
                            └─▶ branch ─▶ saliency_map

    Of several methods the first makes `saliency_map`, a further one `saliency_map_METHOD`; the model is analysed once.
    After the run, `states` holds for each map what each stage has found and made; `state` is the first of them, with
    the report, and `options` those with measured defaults where they were asked for. A model that has such an output
    already stays as it is, with a logged notice, unless options ask for other maps than it has. Raises OptionError,
    TargetNotFoundError and TooCostlyError. On any exception the model is as it was: the stages that change it are run
    over a clone first.
    """

    def __init__(self, options: Options | None = None) -> None:
        super().__init__()
        self.options = options or Options()
        self.states = tuple(InsertionState(one) for one in self.options.of_each_map(self.options.task))

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
            self.options, self.states = self._inserted(wrapped, options, layout_before)
        return True

    @staticmethod
    def _inserted(
        wrapped: ov.Model, options: Options, layout_before: str
    ) -> tuple[Options, tuple[InsertionState, ...]]:
        options, states = settled_branches(wrapped, options, layout_before)
        changes: tuple[ModelPass, ...] = (
            Graft(*states),  # the branches onto the model
            *((Trim(*states),) if options.trim else ()),  # out of the model, what nobody reads
            *((KeepMap(states[0]),) if options.only_map else ()),  # without the original outputs
            Record(*states),  # what was done, in rt_info
            Tell(states[0]),  # what the model was told of itself
        )
        run_stages(wrapped.clone(), changes)  # whatever raises, raises here
        run_stages(wrapped, changes)
        return options, states


def with_branches(model: ov.Model, options: Options, layout_before: str = "") -> tuple[InsertionState, ...]:
    """The states of `settled_branches`."""
    return settled_branches(model, options, layout_before)[1]


def settled_branches(
    model: ov.Model, options: Options, layout_before: str = ""
) -> tuple[Options, tuple[InsertionState, ...]]:
    """The options with measured defaults where they ask for these, and the state of each map with its whole branch.

    `model` is only read; `layout_before`: see `layout_told`. A measured default that a model does not take, as one that
    costs too much, is left to the drop-in one, with a notice.

    What one method has found out about the model the next one knows. Where no layer explains all class scores at a
    bearable cost, layers that explain a part of them are tried: the first one that costs little is taken, else the
    cheapest. Raises what the search for a layer that explains all raised.
    """
    _check_names(model, [further_name(method) for method in options.methods[1:]])
    started, analysis = time.perf_counter(), ModelAnalysis(model)
    task = task_of(analysis, options)
    options.check_task(task.name)
    found = InsertionState(options.of_each_map(task.name)[0], task, analysis, started=started)
    settled = _settled(model, options, found)
    try:
        return settled, _with_branches(model, settled, found, layout_before)
    except OvxaiError as error:
        if settled == options:
            raise
        declined = replace(options, defaults=Defaults.DROP_IN)
        found.notices = (f"drop-in defaults, because the measured ones were refused: {error}",)
        return declined, _with_branches(model, declined, found, layout_before)


def _settled(model: ov.Model, options: Options, found: InsertionState) -> Options:
    """The options with measured defaults, those of the first method that makes a map of each class.

    `found`: of the first map; what is learned of the model stays in it.
    """
    if options.defaults is not Defaults.MEASURED:
        return options
    for one in options.of_each_map(left(found.task, "task", "Locate").name):
        state = InsertionState(one, found.task, found.analysis, found.search)
        try:
            run_stages(model, (Locate(state),))
        except TargetNotFoundError:  # told where the branch is made, or a layer is found for a part of the scores
            return options
        found.search = state.search
        method, target = left(state.method, "method", "Locate"), left(state.target, "target", "Locate")
        if method.per_class:
            return with_measured(options, method, target, ModelGraph(model))
    return options


def _with_branches(
    model: ov.Model, options: Options, found: InsertionState, layout_before: str
) -> tuple[InsertionState, ...]:
    """The states. `found`: what is known of the model, in a state that is not changed."""
    task = left(found.task, "task", "Locate")
    states: list[InsertionState] = []
    for one in options.of_each_map(task.name):
        search = states[0].search if states else found.search
        state = InsertionState(one, task, found.analysis, search, started=found.started)
        try:
            states.append(_with_branch(model, state))
        except TargetNotFoundError as error:
            if len(options.methods) < 2:
                raise
            method = options.methods[len(states)].value
            raise type(error)(f"{method}: {error.reason}", error.near_misses, error.candidates) from error
    target = left(states[0].target, "target", "Locate")
    background = target.grids.heads.background if target.grids else None
    for state in states:
        run_stages(model, (Scale(state), Resize(state), Threshold(state), Round(state)))
    first = states[0]  # pictures and features are of the first map alone
    run_stages(model, (Colour(first), Overlay(first), *((Pool(first),) if options.feature_vector else ())))
    first.notices = found.notices
    first.told = told_by(options, model, layout_before, target.classes, background)
    return tuple(states)


def _check_names(model: ov.Model, names: list[str]) -> None:
    """Raises OptionError where the model has an output of the name of a map to be added."""
    there = {name for port in model.outputs for name in port.get_names()}
    for name in names:
        if name in there:
            raise OptionError(f"the model has an output named {name} already: leave that method out")


def _with_branch(model: ov.Model, state: InsertionState) -> InsertionState:
    task = left(state.task, "task", "Locate")
    try:
        return _run(model, state)
    except TargetNotFoundError as error:
        part = _part(model, state) if task.name is Task.CLASSIFICATION else None
        if part is not None:
            return part
        if not task.reason:
            raise
        raise with_task(error, task) from error


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
