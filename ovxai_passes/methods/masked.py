"""The branch of a method that masks positions: the exact one, the naive one, or none that is worth its cost."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import openvino as ov
from ovxai_patterns.assumed import HOW_TO_STATE
from ovxai_patterns.graph import ModelGraph
from ovxai_patterns.layout import analysis_clone

from ovxai_passes.branch import Branch
from ovxai_passes.cost import Cost, cost_of
from ovxai_passes.errors import TargetNotFoundError, TooCostlyError
from ovxai_passes.head import Head
from ovxai_passes.mapping.values import NoRuleError
from ovxai_passes.methods.reciprocam import reciprocam
from ovxai_passes.methods.row_by_row import row_by_row
from ovxai_passes.methods.vit_reciprocam import vit_reciprocam
from ovxai_passes.options import Mask, Method, Options
from ovxai_passes.report import Choice

_log = logging.getLogger(__name__)

_WORTH_A_WORD = 3.0
_WOULD_COST_LESS = (
    "fewer classes (--top-k, --class), a deeper layer or a smaller grid (--target-layer), fewer blocks (--k)"
)


@dataclass(frozen=True)
class Built:
    """`branch`, its `cost`, how many times the model's multiply-adds that is, and `notices` for the report.

    `work`: the same with the tensors that are made, as an estimate of run time.
    """

    branch: Branch
    cost: Cost
    times: float
    work: float
    notices: tuple[str, ...] = ()


def built_branch(model: ov.Model, choice: Choice, head: Head, options: Options) -> Built:
    """The cheapest branch of `head`, which is cut from `model`. Raises TooCostlyError, TargetNotFoundError."""
    if choice.site.dynamic:
        return _of_dynamic_grid(model, choice, head, options)
    plain = cost_of(analysis_clone(model))
    build = vit_reciprocam if choice.method is Method.VITRECIPROCAM else reciprocam
    assert choice.mask is not None, "asked for the branch of a method without masks"
    refused: list[str] = []
    for reference in (True,) if options.reference else (False, True):
        try:
            branch = build(choice.site, head, choice.mask, reference)
        except NoRuleError as reason:
            _log.debug("no exact branch: %s", reason)
            refused.append(f"the head cannot be mapped over positions: {reason}")
            continue
        cost = cost_of(branch.model)
        times, work = cost.products / max(plain.products, 1), cost.work / max(plain.work, 1)
        built = Built(branch, cost, times, work, tuple(refused))
        problem = _beyond(built, options)
        if not problem or options.reference:
            return _with_warning(built)
        refused.append(f"the {'naive' if reference else 'exact'} branch {problem}")
    raise TooCostlyError(
        f"explaining this target costs too much; what would cost less: {_WOULD_COST_LESS}", tuple(refused)
    )


def _of_dynamic_grid(model: ov.Model, choice: Choice, head: Head, options: Options) -> Built:
    if choice.mask is not Mask.ONE_HOT or options.reference:
        raise TargetNotFoundError(
            "the height or width of the picture is dynamic, so masks (mask 'gaussian', the naive branch) cannot be "
            f"constants; leave the option out, or give the model a static size first {HOW_TO_STATE}"
        )
    branch = row_by_row(choice.site, head, ModelGraph(model).output(choice.site.target))
    return Built(branch, Cost(0, 0), 0.0, 0.0, ("height and width are dynamic: the cost is not estimated",))


def _beyond(built: Built, options: Options) -> str:
    """Why a branch is over the budget, or an empty string."""
    if built.times > options.max_cost:
        return f"takes {built.times:.1f} times the model's multiply-adds (--max-cost {options.max_cost:g})"
    if built.cost.largest > options.max_tensor_gib * (1 << 30):
        gib = built.cost.largest / (1 << 30)
        return f"makes a tensor of {gib:.1f} GiB (--max-tensor-gib {options.max_tensor_gib:g})"
    return ""


def _with_warning(built: Built) -> Built:
    if built.times <= _WORTH_A_WORD:
        return built
    warning = (
        f"the map takes {built.times:.1f} times the model's multiply-adds; what would cost less: {_WOULD_COST_LESS}"
    )
    return replace(built, notices=(*built.notices, warning))
