"""What a branch takes of the budget that a user gives."""

from __future__ import annotations

import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.wording import Named, worded

from ovxai_passes.errors import TooCostlyError
from ovxai_passes.methods.spec import Budget, BuildRequest, Built
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.cost import Cost, beyond, cost_of
from ovxai_passes.ops.nodes import sizes_known


def check_budget(branch: Branch, request: BuildRequest, would_cost_less: str) -> Built:
    """The branch with what it costs. Raises TooCostlyError where that is over the budget."""
    analysed = request.target.analysed or ModelGraph(request.model)
    plain, cost = cost_of(analysed.model), cost_of(at_sizes(branch, analysed))
    times = cost.products / max(plain.products, 1)
    problem = beyond_budget(cost, times, request.budget)
    if problem:
        raise TooCostlyError(
            worded("explaining this target costs too much; what would cost less: {what}", what=would_cost_less),
            (worded("the branch {problem}", problem=problem),),
        )
    return Built(branch, times, cost.work / max(plain.work, 1))


def at_sizes(branch: Branch, analysed: ModelGraph) -> ov.Model:
    """The branch for one image, with the static shapes at which the model was analysed, 1 where it has none."""
    model = branch.model.clone()
    for parameter, source in zip(model.get_parameters(), branch.sources, strict=True):
        shape, known = parameter.get_partial_shape(), sizes_known(analysed.output(source), 1)
        sizes = known if len(known) == len(shape) else [1] * len(shape)
        dims = [dim if dim.is_static else ov.Dimension(size) for dim, size in zip(shape, sizes, strict=True)]
        parameter.set_partial_shape(ov.PartialShape(dims))
    model.validate_nodes_and_infer_types()
    return model


def beyond_budget(cost: Cost, times: float, budget: Budget) -> str:
    """Why a branch is over the budget, or an empty string. `times`: its multiply-adds over the model's."""
    if times > budget.max_cost:
        return worded(
            "takes {times} times the model's multiply-adds, beyond {most}",
            times=beyond(times, budget.max_cost),
            most=Named("max_cost", budget.max_cost),
        )
    if cost.largest > budget.max_tensor_gib * (1 << 30):
        gib = beyond(cost.largest / (1 << 30), budget.max_tensor_gib)
        return worded(
            "makes a tensor of {gib} GiB, beyond {most}", gib=gib, most=Named("max_tensor_gib", budget.max_tensor_gib)
        )
    return ""
