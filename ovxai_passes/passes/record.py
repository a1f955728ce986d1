"""Record: what was done, as a report and in the model's rt_info."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import openvino as ov
from openvino.passes import ModelPass
from ovxai_patterns.wording import worded

from ovxai_passes.model_info.clients import client_notices
from ovxai_passes.model_info.outputs import OUTPUT_NAME, further_name
from ovxai_passes.ops.cost import operation_count
from ovxai_passes.passes.state import InsertionState, left
from ovxai_passes.report import Report, record
from ovxai_passes.version import __version__
from ovxai_passes.vocabulary import Defaults, Method


class Record(ModelPass):
    """Builds the report of an insertion and writes it into the model's rt_info, under "ovxai".

    Reads: what all stages before it have left. Leaves: `report`, in each state that of its map.
    """

    def __init__(self, *states: InsertionState) -> None:
        super().__init__()
        self.states = states

    def run_on_model(self, model: ov.Model) -> bool:
        """Write rt_info."""
        wrapped = ov.Model(model)
        whole = report_of(wrapped, self.states)
        for state, report in zip(self.states, (whole, *whole.further), strict=True):
            state.report = report
        record(wrapped, whole, __version__)
        return True


def report_of(model: ov.Model, states: Sequence[InsertionState]) -> Report:
    """The report of an insertion into `model`, also of one that has come to the branches alone and changed nothing.

    `states`: of each map. Raises StageError where there is no branch.
    """
    first = _report(model, states[0])
    further = []
    for state in states[1:]:
        one = _report(model, state)
        name = further_name(left(state.method, "method", "Locate").name)
        further.append(replace(one, output=name, story=one.story[1:], ops_growth=None, total_cost=0.0))
    total = round(sum(one.cost for one in (first, *further)), 3)
    asked = {name: value for state in states[::-1] for name, value in state.options.asked().items()}
    asked |= {"method": [one.method for one in (first, *further)]} if further else {}
    notices = first.notices + _of_the_model(model, states)
    return replace(first, further=tuple(further), total_cost=total, options=asked, notices=notices)


def _report(model: ov.Model, state: InsertionState) -> Report:
    """What is said of one map."""
    task, method = left(state.task, "task", "Locate"), left(state.method, "method", "Locate")
    target, built = left(state.target, "target", "Locate"), left(state.built, "branch", "BuildBranch")
    layers, site, original, trimmed = left(state.layers, "target", "Locate"), target.site, state.original, state.trimmed
    multiplied_out = built.branch.multiplied_out
    masked = site if method.needs_mask else None
    return Report(
        input=model.get_friendly_name(),
        task=task.name.value,
        method=method.name.value,
        readout=target.readout,
        target=layers.target,
        grid=target.grid,
        dynamic=target.dynamic,
        mask=target.mask.value if target.mask else None,
        k=masked.k if masked else None,
        kept_tokens=site.positions.kept if site else 0,
        scores=layers.scores,
        classes=target.classes,
        chosen=target.chosen,
        top_k=target.top_k,
        scaling=state.options.effective_scaling.value,
        contrast=state.options.effective_contrast.value,
        multiplied_out=len(multiplied_out),
        cost=round(built.times or 0.0, 3),
        bin_growth=None,
        ops_growth=None if original is None else operation_count(model) - original.operations,
        trimmed=trimmed.sunk if trimmed else 0,
        seconds=round(time.perf_counter() - state.started, 3),
        notices=state.notices + target.notices + built.notices,
        chosen_as=Method.BEST.value if state.is_best else None,
        defaults=(state.options.defaults or Defaults.DROP_IN).value,
        gradient_of=state.options.differentiated.value if method.takes_gradients else None,
        level=target.level,
        story=(
            worded("task {name}: {reason}", name=task.name.value, reason=task.reason or "given"),
            *target.story,
            *((f"overlay on {state.image.reason}",) if state.image else ()),
            *(f"multiplied out: {why}" for why in sorted({str(one) for one in multiplied_out})),
        ),
        levels=layers.levels,
        background=target.grids.heads.background if target.grids else None,
        found_by=target.found_by,
        options=state.options.asked(),
    )


def _of_the_model(model: ov.Model, states: Sequence[InsertionState]) -> tuple[str, ...]:
    """Notices that are not of one map: on what it was told, on trimming, and on clients of an augmented model."""
    first = states[0]
    notices = first.told.notices if first.told is not None else ()
    if first.trimmed is not None:
        notices += first.trimmed.notices
    if first.original is None or first.options.only_map:
        return notices
    names = [OUTPUT_NAME, *(further_name(left(state.method, "method", "Locate").name) for state in states[1:])]
    return notices + client_notices(model, first.original.outputs, names)
