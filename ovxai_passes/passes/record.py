"""Record: what was done, in the model's rt_info."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import openvino as ov
from openvino.passes import ModelPass

from ovxai_passes.passes.graft import Graft
from ovxai_passes.passes.trim import Trim
from ovxai_passes.report import Report, operation_count, record
from ovxai_passes.version import __version__


class Reports(Protocol):
    """A pass that leaves a report."""

    report: Report


class Record(ModelPass):
    """Writes the report into the model's rt_info, under "ovxai". After the run: `report`, that of all passes."""

    report: Report

    def __init__(self, explain: Reports, graft: Graft | None = None, trim: Trim | None = None) -> None:
        super().__init__()
        self.explain = explain
        self.graft = graft
        self.trim = trim

    def run_on_model(self, model: ov.Model) -> bool:
        """Write rt_info; with the Graft, how many operations it added; with the Trim, what it did."""
        wrapped, report = ov.Model(model), self.explain.report
        if self.trim is not None:
            report = replace(report, trimmed=self.trim.trimmed).with_notices(*self.trim.notices)
        if self.graft is not None:
            report = replace(report, ops_growth=operation_count(wrapped) - self.graft.before)
        self.report = report
        record(wrapped, report, __version__)
        return True
