"""BuildBranch: the map as a model of its own, from the target on."""

from __future__ import annotations

from dataclasses import replace

import openvino as ov
from openvino.passes import ModelPass
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.finish.ranking import ranked
from ovxai_passes.methods.spec import Budget, BuildRequest
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.cost import cost_of
from ovxai_passes.passes.state import InsertionState, left


class BuildBranch(ModelPass):
    """Builds the branch of the method, with the raw map as its result. The model is left as it is.

    Reads: `method`, `target`. Leaves: `built`, `branch`. Raises TooCostlyError, TargetNotFoundError.
    """

    def __init__(self, state: InsertionState) -> None:
        super().__init__()
        self.state = state

    def run_on_model(self, model: ov.Model) -> bool:
        """Build the branch."""
        wrapped, state, options = ov.Model(model), self.state, self.state.options
        method, target = left(state.method, "method", "Locate"), left(state.target, "target", "Locate")
        budget = Budget(options.max_cost, options.max_tensor_gib)
        built = method.build(
            BuildRequest(
                wrapped,
                target,
                budget,
                options.reference,
                options.effective_scaling.keeps_zero,
                options.effective_contrast,
                options.multi_label,
                options.differentiated,
            )
        )
        if built.times is None:
            built = replace(built, times=_times(wrapped, built.branch))
        state.built, state.branch = built, built.branch
        if target.site is not None and (target.top_k is not None or built.has_peak) and not built.is_ranked:
            shown = target.site.scores.shown
            output = ModelGraph(wrapped).output(shown)
            state.branch = ranked(built.branch, shown, output, target.classes, target.chosen)
        return False


def _times(model: ov.Model, branch: Branch) -> float:
    """The branch's multiply-adds over the model's; 0 where the picture has no static size."""
    if any(dim.is_dynamic for parameter in branch.model.get_parameters() for dim in list(parameter.partial_shape)[2:]):
        return 0.0
    return cost_of(branch.model).products / max(cost_of(model).products, 1)
