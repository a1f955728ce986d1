"""Explain: one method's branch for a classifier."""

from __future__ import annotations

from dataclasses import replace

import openvino as ov
from openvino.passes import ModelPass
from ovxai_patterns.analysis.graph import ModelGraph, TensorId

from ovxai_passes.finish.ranking import ranked
from ovxai_passes.head.classes import ChosenHead, with_best, with_classes
from ovxai_passes.head.cut import Head
from ovxai_passes.methods.activation_map import activation_map
from ovxai_passes.methods.masked import built_branch
from ovxai_passes.ops.branch import Branch
from ovxai_passes.options import Options
from ovxai_passes.passes.cut import Cut
from ovxai_passes.report import Choice, Report, make_report


class Explain(ModelPass):
    """Builds the branch of the method that Locate chose.

    After the run: `result` (Branch), `report`, `work` (an estimate of the branch's run time over the model's).
    """

    result: Branch
    report: Report
    work: float = 0.0

    def __init__(self, cut: Cut) -> None:
        super().__init__()
        self.cut = cut

    def run_on_model(self, model: ov.Model) -> bool:
        """Build the branch; the model is left as it is."""
        wrapped, choice, options = ov.Model(model), self.cut.locate.choice, self.cut.locate.options
        graph, scores = ModelGraph(wrapped), self.cut.locate.result.scores
        if choice.mask is None:
            self.result = activation_map(graph, choice.site.target, choice.site.positions, choice.site.grid_source)
            self.report = make_report(wrapped, choice, options)
            return False
        shown = scores.shown
        settled = self.cut.locate.settled
        built = built_branch(wrapped, choice, settled, lambda head: _of_classes(head, choice, options, shown), options)
        self.result, self.work = built.branch, built.work
        if options.top_k is not None:
            self.result = ranked(self.result, shown, graph.output(shown), scores.classes)
        report = replace(
            make_report(wrapped, choice, options),
            multiplied_out=len(built.branch.multiplied_out),
            cost=round(built.times, 3),
            story=(
                *choice.site.story,
                *(f"multiplied out: {why}" for why in sorted({str(one) for one in built.branch.multiplied_out})),
            ),
        )
        self.report = report.with_notices(*built.notices)
        return False


def _of_classes(head: Head, choice: Choice, options: Options, shown: TensorId) -> ChosenHead:
    """The head with the scores of those classes only that get a map; `shown`: the model's output of scores."""
    if options.top_k is not None:
        return with_best(head, options.top_k, shown)
    return ChosenHead(head, ()) if choice.classes is None else with_classes(head, choice.classes)
