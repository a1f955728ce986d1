"""Record: what was done, as a report and in the model's rt_info."""

from __future__ import annotations

import time

import openvino as ov
from openvino.passes import ModelPass

from ovxai_passes.model_info.clients import client_notices
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.ops.cost import operation_count
from ovxai_passes.passes.state import InsertionState, left
from ovxai_passes.report import Report, record
from ovxai_passes.version import __version__


class Record(ModelPass):
    """Builds the report of an insertion and writes it into the model's rt_info, under "ovxai".

    Reads: what all stages before it have left. Leaves: `report`.
    """

    def __init__(self, state: InsertionState) -> None:
        super().__init__()
        self.state = state

    def run_on_model(self, model: ov.Model) -> bool:
        """Write rt_info."""
        wrapped = ov.Model(model)
        self.state.report = report_of(wrapped, self.state)
        record(wrapped, self.state.report, __version__)
        return True


def report_of(model: ov.Model, state: InsertionState) -> Report:
    """The report of an insertion into `model`, also of one that has come to the branch alone and changed nothing.

    Raises StageError where there is no branch.
    """
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
        multiplied_out=len(multiplied_out),
        cost=round(built.times or 0.0, 3),
        bin_growth=None,
        ops_growth=None if original is None else operation_count(model) - original.operations,
        trimmed=trimmed.sunk if trimmed else 0,
        seconds=round(time.perf_counter() - state.started, 3),
        notices=_notices(model, state, target.notices + built.notices),
        story=(
            f"task {task.name.value}: {task.reason or 'given'}",
            *target.story,
            *((f"overlay on {state.image.reason}",) if state.image else ()),
            *(f"multiplied out: {why}" for why in sorted({str(one) for one in multiplied_out})),
        ),
        levels=layers.levels,
        background=target.grids.heads.background if target.grids else None,
        found_by=target.found_by,
        options=state.options.asked(),
    )


def _notices(model: ov.Model, state: InsertionState, notices: tuple[str, ...]) -> tuple[str, ...]:
    """The notices with those of later stages, and those on clients of an augmented model."""
    notices += state.told.notices if state.told else ()
    if state.trimmed is not None:
        notices += state.trimmed.notices
    if state.original is None or state.options.only_map:
        return notices
    return notices + client_notices(model, state.original.outputs, model.output(OUTPUT_NAME).get_partial_shape())
