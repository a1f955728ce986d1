"""The branch of a method that masks positions: the exact one, the naive one, or none that is worth its cost."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from ovxai_patterns.analysis.assumed import HOW_TO_STATE
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.classifier.site import Site
from ovxai_patterns.wording import Named, worded

from ovxai_passes.errors import OptionError, TargetNotFoundError, TooCostlyError
from ovxai_passes.head.classes import ChosenHead, with_best, with_classes
from ovxai_passes.head.cut import Head
from ovxai_passes.head.variants import HeadVariant, head_variants
from ovxai_passes.mapping.contrast import Contrasted, contrasted
from ovxai_passes.mapping.empty import beyond, empty_scores
from ovxai_passes.mapping.filled import filled_scores
from ovxai_passes.mapping.repeat import repeated_head
from ovxai_passes.mapping.values import AnyGridError, NoRuleError
from ovxai_passes.mapping.walk import mapped_head
from ovxai_passes.methods.budget import at_sizes, beyond_budget
from ovxai_passes.methods.spec import BuildRequest, Built, required
from ovxai_passes.ops.branch import Branch
from ovxai_passes.ops.cost import cost_of
from ovxai_passes.ops.tapping import fed_from_safe_taps
from ovxai_passes.vocabulary import Contrast, Mask

_log = logging.getLogger(__name__)

_WORTH_A_WORD = 3.0
_WOULD_COST_LESS = worded(
    "fewer classes ({top_k}, {classes}), a deeper layer or a smaller grid ({target_layer}), fewer blocks ({k})"
)


def built_branch(request: BuildRequest) -> Built:
    """The cheapest branch of a masked head. Raises TooCostlyError, TargetNotFoundError."""
    model, target = request.model, request.target
    site, analysed = required(target.site), required(target.analysed)
    if request.contrast is not Contrast.NONE:
        _check_classes(request)
    plain = cost_of(analysed.model)
    heads = head_variants(model, site, analysed, lambda head: _of_classes(head, request))
    refused: list[str] = []
    is_mapped = False
    for reference in (True,) if request.reference else (False, True):
        try:
            branch, reasons = _made(request, heads, reference)
        except NoRuleError as reason:
            _log.debug("no branch: %s", reason)
            refused.append(f"the head cannot be mapped over positions: {reason}")
            continue
        is_mapped = True
        cost = cost_of(at_sizes(branch, analysed))
        times, work = cost.products / max(plain.products, 1), cost.work / max(plain.work, 1)
        notices = tuple(f"scores of all classes are computed for each position: {why}" for why in reasons)
        peak, ranked = request.has_peak, request.contrast is not Contrast.NONE
        built = Built(branch, times, work, (*refused, *notices), peak, ranked)
        problem = beyond_budget(cost, times, request.budget)
        if not problem or request.reference:
            return _with_warning(built)
        which = "naive" if reference else "exact"
        refused.append(worded("the {which} branch {problem}", which=which, problem=problem))
    if _asks_about_places(request) and not is_mapped:
        raise TargetNotFoundError(
            worded(
                "{contrast=share} asks the head about every position as a picture of a batch, which this head does not "
                "take; use {contrast=finer} or {contrast=mean}, or give the model a dynamic batch first"
            ),
            tuple(dict.fromkeys(refused)),
        )
    if target.dynamic:
        raise TargetNotFoundError(
            worded(
                "the height or width of the picture is dynamic, and this head is explained at one size only; give the "
                "model a static one first ({how})",
                how=HOW_TO_STATE,
            ),
            tuple(refused),
        )
    raise TooCostlyError(
        worded("explaining this target costs too much; what would cost less: {what}", what=_WOULD_COST_LESS),
        tuple(refused),
    )


def _check_classes(request: BuildRequest) -> None:
    """Raises OptionError where there is no other class; one alone has a share against its own absence only."""
    kind = request.contrast
    alone = kind is Contrast.SHARE and request.has_independent_classes
    if request.target.classes == 1 and not alone:
        given = Named("contrast", kind)
        raise OptionError(worded("{given} is between classes, and the model scores one: leave it out", given=given))


def _made(request: BuildRequest, heads: Iterable[HeadVariant], reference: bool) -> tuple[Branch, tuple[str, ...]]:
    """The branch of the head that takes most shapes, or one that multiplies less out; and its head's reasons.

    Raises NoRuleError where no head can be mapped.
    """
    model, target = request.model, request.target
    build = repeated_head if reference else mapped_head
    site, mask = required(target.site), required(target.mask)
    if _asks_about_places(request):
        build = _filled
    best: tuple[Branch, HeadVariant] | None = None
    refusal = NoRuleError("height and width are dynamic, and no head takes any")
    for one in heads:
        try:
            branch = build(site, one.head, mask)
        except AnyGridError as reason:
            _log.debug("not for any grid: %s", reason)
            if target.dynamic:
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
    graph = ModelGraph(taken.model)
    fed = fed_from_safe_taps(graph, branch)
    empty = fed_from_safe_taps(graph, empty_scores(site, taken.head)) if request.from_zero else None
    if request.contrast is not Contrast.NONE:
        fed = contrasted(fed, empty, _wanted(request))
    elif empty is not None:
        fed = beyond(fed, empty)
    return taken.guard(fed, model), taken.chosen.reasons


def _asks_about_places(request: BuildRequest) -> bool:
    """Whether the head is asked what it says of each position everywhere, in place of masked positions."""
    return request.contrast is Contrast.SHARE and required(request.target.site).readout.pools


def _filled(site: Site, head: Head, mask: Mask) -> Branch:  # one of several ways to build
    return filled_scores(site, head)


def _wanted(request: BuildRequest) -> Contrasted:
    target = request.target
    scores = required(target.site).scores
    return Contrasted(
        request.contrast,
        scores.shown,
        ModelGraph(request.model).output(scores.shown),
        scores.classes,
        request.has_independent_classes,
        target.chosen,
        target.top_k,
        request.has_peak,
    )


def _of_classes(head: Head, request: BuildRequest) -> ChosenHead:
    """The head with the scores of those classes only that get a map, or that decide on its scale."""
    target = request.target
    if request.contrast is not Contrast.NONE or (target.top_k is None and target.chosen is None):
        return ChosenHead(head, ())
    shown = required(target.site).scores.shown
    if target.chosen is None:
        return with_best(head, required(target.top_k), shown)
    if request.from_zero:
        return with_best(head, len(target.chosen) + 1, shown)
    return with_classes(head, target.chosen)


def _with_warning(built: Built) -> Built:
    if built.times is None or built.times <= _WORTH_A_WORD:
        return built
    warning = worded(
        "the map takes {times:.1f} times the model's multiply-adds; what would cost less: {what}",
        times=built.times,
        what=_WOULD_COST_LESS,
    )
    return replace(built, notices=(*built.notices, warning))
