"""The branch of a method that masks positions: the exact one, the naive one, or none that is worth its cost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import openvino as ov
from ovxai_patterns.analysis.assumed import HOW_TO_STATE
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.errors import TargetNotFoundError, TooCostlyError
from ovxai_passes.head.classes import ChosenHead
from ovxai_passes.head.cut import Head
from ovxai_passes.head.opened import Opened, opened_heads
from ovxai_passes.mapping.values import AnyGridError, NoRuleError
from ovxai_passes.methods.reciprocam import reciprocam
from ovxai_passes.methods.vit_reciprocam import vit_reciprocam
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.cost import Cost, beyond, cost_of
from ovxai_passes.ops.tapping import firmly_fed
from ovxai_passes.options import Method, Options
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


def built_branch(
    model: ov.Model, choice: Choice, settled: ModelGraph, pick: Callable[[Head], ChosenHead], options: Options
) -> Built:
    """The cheapest branch of a choice in `model`, which is only read. Raises TooCostlyError, TargetNotFoundError.

    `settled`: the model with the static shapes that it was analysed at. `pick`: chooses the classes of a head.
    """
    plain = cost_of(settled.model)
    heads = tuple(opened_heads(model, choice.site, settled, pick))
    refused: list[str] = []
    for reference in (True,) if options.reference else (False, True):
        try:
            branch, reasons = _made(model, choice, heads, reference)
        except NoRuleError as reason:
            _log.debug("no branch: %s", reason)
            refused.append(f"the head cannot be mapped over positions: {reason}")
            continue
        cost = cost_of(at_sizes(branch, settled))
        times, work = cost.products / max(plain.products, 1), cost.work / max(plain.work, 1)
        notices = tuple(f"scores of all classes are computed for each position: {why}" for why in reasons)
        built = Built(branch, cost, times, work, (*refused, *notices))
        problem = _beyond(built, options)
        if not problem or options.reference:
            return _with_warning(built)
        refused.append(f"the {'naive' if reference else 'exact'} branch {problem}")
    if choice.site.dynamic:
        raise TargetNotFoundError(
            "the height or width of the picture is dynamic, and this head is explained at one size only; give the "
            f"model a static one first {HOW_TO_STATE}",
            tuple(refused),
        )
    raise TooCostlyError(
        f"explaining this target costs too much; what would cost less: {_WOULD_COST_LESS}", tuple(refused)
    )


def _made(model: ov.Model, choice: Choice, heads: Sequence[Opened], reference: bool) -> tuple[Branch, tuple[str, ...]]:
    """The branch of the head that takes most shapes, or one that multiplies less out; and its head's reasons.

    Raises NoRuleError where no head can be mapped.
    """
    build = vit_reciprocam if choice.method is Method.VITRECIPROCAM else reciprocam
    assert choice.mask is not None, "asked for the branch of a method without masks"
    best: tuple[Branch, Opened] | None = None
    refusal = NoRuleError("height and width are dynamic, and no head takes any")
    for one in heads:
        try:
            branch = build(choice.site, one.head, choice.mask, reference)
        except AnyGridError as reason:
            _log.debug("not for any grid: %s", reason)
            if choice.site.dynamic:
                refusal = NoRuleError(str(reason))
            continue
        except NoRuleError as reason:
            refusal = reason
            continue
        if best is None or len(branch.multiplied_out) < len(best[0].multiplied_out):
            best = branch, one
        if reference or not (branch.multiplied_out and one.head.any_grid):
            break
    if best is None:
        raise refusal
    branch, taken = best
    return taken.guard(firmly_fed(ModelGraph(taken.model), branch), model), taken.chosen.reasons


def at_sizes(branch: Branch, settled: ModelGraph) -> ov.Model:
    """The branch for one image, with static shapes: those at which the model was analysed."""
    model = branch.model.clone()
    for parameter, source in zip(model.get_parameters(), branch.sources, strict=True):
        shape, known = parameter.get_partial_shape(), settled.output(source).get_shape()
        sizes = known if len(known) == len(shape) else [1] * len(shape)
        dims = [dim if dim.is_static else ov.Dimension(size) for dim, size in zip(shape, sizes, strict=True)]
        parameter.set_partial_shape(ov.PartialShape(dims))
    model.validate_nodes_and_infer_types()
    return model


def _beyond(built: Built, options: Options) -> str:
    """Why a branch is over the budget, or an empty string."""
    if built.times > options.max_cost:
        times = beyond(built.times, options.max_cost)
        return f"takes {times} times the model's multiply-adds (--max-cost {options.max_cost:g})"
    if built.cost.largest > options.max_tensor_gib * (1 << 30):
        gib = beyond(built.cost.largest / (1 << 30), options.max_tensor_gib)
        return f"makes a tensor of {gib} GiB (--max-tensor-gib {options.max_tensor_gib:g})"
    return ""


def _with_warning(built: Built) -> Built:
    if built.times <= _WORTH_A_WORD:
        return built
    warning = (
        f"the map takes {built.times:.1f} times the model's multiply-adds; what would cost less: {_WOULD_COST_LESS}"
    )
    return replace(built, notices=(*built.notices, warning))
