"""The stages of an insertion as model passes, each to be registered in an `openvino.passes.Manager`.

    locate = Locate(options)      what to explain, and where               → locate.result   (Site)
    cut = Cut(locate)             the part from there to the class scores  → cut.result      (Head)
    explain = Explain(cut)        one method's branch                      → explain.result  (Branch)
    scale = Scale(explain)        maps to 0..255                           → scale.result    (Branch)
    graft = Graft(scale)          the branch onto the model, in place
    record = Record(explain)      rt_info

A pass reads what an earlier one has left in `result`, so they must run in this order over the same model; Scale may be
left out (Graft(explain)). All but Graft and Record leave the model as it is. User errors are raised with their own
types; the manager and the passes must be kept alive during the run.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Protocol

import openvino as ov
from openvino import opset13 as ops
from openvino.passes import ModelPass
from ovxai_patterns.graph import ModelGraph
from ovxai_patterns.readout import ReadOut
from ovxai_patterns.site import NoSite, Site
from ovxai_patterns.target import Wish, find_site

from ovxai_passes.branch import Branch
from ovxai_passes.errors import TargetNotFoundError
from ovxai_passes.fence import put_fence, shares_transpose, unfenced
from ovxai_passes.finish.scale import scaled
from ovxai_passes.head import Head, cut
from ovxai_passes.mapping.values import NoRuleError
from ovxai_passes.methods.activation_map import activation_map
from ovxai_passes.methods.reciprocam import reciprocam
from ovxai_passes.methods.vit_reciprocam import vit_reciprocam
from ovxai_passes.options import Mask, Method, Options
from ovxai_passes.report import Choice, Report, make_report, operation_count, record
from ovxai_passes.version import __version__

OUTPUT_NAME = "saliency_map"

_NOT_COMPUTED = ("Constant", "Parameter", "Result")

_log = logging.getLogger(__name__)


class HasBranch(Protocol):
    """A pass that leaves a branch."""

    result: Branch


class Locate(ModelPass):
    """Finds the class scores, their read-out and the target. Raises TargetNotFoundError.

    After the run: `result` (Site), `choice` (the site with the method and the mask).
    """

    result: Site
    choice: Choice

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.options = options

    def run_on_model(self, model: ov.Model) -> bool:
        """Look; the model is left as it is."""
        options, wrapped = self.options, ov.Model(model)
        wish = Wish(
            layer=options.target_layer,
            k=0 if options.method is Method.RECIPROCAM else options.k,
            features=options.method is Method.ACTIVATIONMAP,
            output=options.output,
            keep_quantization=options.keep_quantization,
        )
        found = find_site(wrapped, wish)
        wants_block = options.method is Method.VITRECIPROCAM and options.k is None
        if wants_block and isinstance(found, Site) and not found.k:
            found = find_site(wrapped, replace(wish, k=1))
        if options.method is Method.VITRECIPROCAM and isinstance(found, Site) and not found.k:
            reason = (
                "vitreciprocam re-runs attention blocks; with k=0, or at this layer, there are none: use reciprocam"
            )
            raise TargetNotFoundError(reason)
        if isinstance(found, NoSite):
            raise TargetNotFoundError(found.reason, found.near_misses, found.candidates)
        for line in found.story:
            _log.debug("%s", line)
        self.result = found
        self.choice = Choice(found, *_method_and_mask(found, options))
        return False


def _method_and_mask(site: Site, options: Options) -> tuple[Method, Mask | None]:
    method = options.method or (Method.VITRECIPROCAM if site.k else Method.RECIPROCAM)
    if method is Method.ACTIVATIONMAP:
        return method, None
    reads_tokens = site.k > 0 or site.readout is ReadOut.CLASS_TOKEN
    return method, options.mask or (Mask.GAUSSIAN if reads_tokens else Mask.ONE_HOT)


class Cut(ModelPass):
    """Cuts a clone of the model at the target. After the run: `result` (Head)."""

    result: Head

    def __init__(self, locate: Locate) -> None:
        super().__init__()
        self.locate = locate

    def run_on_model(self, model: ov.Model) -> bool:
        """Cut a clone; the model is left as it is."""
        self.result = cut(ov.Model(model), self.locate.result)
        return False


class Explain(ModelPass):
    """Builds the branch of the method that Locate chose. After the run: `result` (Branch), `report`."""

    result: Branch
    report: Report

    def __init__(self, cut: Cut) -> None:
        super().__init__()
        self.cut = cut

    def run_on_model(self, model: ov.Model) -> bool:
        """Build the branch; the model is left as it is."""
        wrapped, choice, head = ov.Model(model), self.cut.locate.choice, self.cut.result
        repeated = 0
        notices: tuple[str, ...] = ()
        if choice.mask is None:
            self.result = activation_map(choice.site, ModelGraph(wrapped).output(choice.site.target))
        else:
            build = vit_reciprocam if choice.method is Method.VITRECIPROCAM else reciprocam
            try:
                self.result = build(choice.site, head, choice.mask, self.cut.locate.options.reference)
            except NoRuleError as reason:
                _log.debug("the head is repeated for each position: %s", reason)
                notices = (f"the head is repeated for each position, which costs time: {reason}",)
                self.result = build(choice.site, head, choice.mask, True)
            if notices or self.cut.locate.options.reference:
                repeated = sum(op.get_type_name() not in _NOT_COMPUTED for op in head.model.get_ops())
        report = make_report(wrapped, choice, self.cut.locate.options, repeated)
        self.report = report.with_notices(*notices)
        return False


class Scale(ModelPass):
    """Scales every map of a branch to 0..255, u8. After the run: `result` (Branch)."""

    result: Branch

    def __init__(self, branch: HasBranch) -> None:
        super().__init__()
        self.branch = branch

    def run_on_model(self, model: ov.Model) -> bool:
        """Extend the branch; the model is left as it is."""
        self.result = scaled(self.branch.result)
        return False


class Graft(ModelPass):
    """Feeds a branch from the model's tensors and adds its result as the output `saliency_map`, in place.

    Before:  ... ─▶ target ─▶ head ─▶ outputs
    After:   ... ─▶ target ─┬─▶ head ─▶ outputs
                            └─▶ fence? ─▶ branch ─▶ saliency_map

    After the run: `ops_growth`, the number of operations added.
    """

    ops_growth: int

    def __init__(self, branch: HasBranch) -> None:
        super().__init__()
        self.branch = branch

    def run_on_model(self, model: ov.Model) -> bool:
        """Add the branch to the model."""
        wrapped, added = ov.Model(model), self.branch.result.model.clone()
        graph = ModelGraph(wrapped)
        fed = list(zip(added.get_parameters(), self.branch.result.sources, strict=True))
        open_to_tail = {parameter.get_name() for parameter in unfenced(added)}
        for parameter, source in fed:
            if parameter.get_name() in open_to_tail or shares_transpose(parameter, graph.output(source)):
                put_fence(parameter)
        for parameter, source in fed:
            output = graph.output(source)
            for reader in list(parameter.output(0).get_target_inputs()):
                reader.replace_source_output(output)
        saliency = added.get_results()[0].input_value(0)
        result = ops.result(saliency, name=OUTPUT_NAME)
        before = operation_count(wrapped)
        model.add_results([result])
        wrapped = ov.Model(model)
        wrapped.validate_nodes_and_infer_types()
        wrapped.outputs[-1].get_tensor().set_names({OUTPUT_NAME})  # last: a new Result adds a name of its own
        self.ops_growth = operation_count(wrapped) - before
        return True


class Record(ModelPass):
    """Writes the report into the model's rt_info, under "ovxai"."""

    def __init__(self, explain: Explain, graft: Graft | None = None) -> None:
        super().__init__()
        self.explain = explain
        self.graft = graft

    def run_on_model(self, model: ov.Model) -> bool:
        """Write rt_info; with the Graft, how many operations it added."""
        report = self.explain.report
        if self.graft is not None:
            report = replace(report, ops_growth=self.graft.ops_growth)
        record(ov.Model(model), report, __version__)
        return True
