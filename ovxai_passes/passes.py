"""The stages of an insertion as model passes, each to be registered in an `openvino.passes.Manager`.

    locate = Locate(options)      what to explain, and where               → locate.result   (Site)
    cut = Cut(locate)             the part from there to the class scores  → cut.result      (Head)
    explain = Explain(cut)        one method's branch                      → explain.result  (Branch)
    scale = Scale(explain)        maps to 0..255                           → scale.result    (Branch)
    graft = Graft(scale)          the branch onto the model, in place
    trim = Trim(cut)              leaves out of the model what nobody reads, in place; only if asked for
    record = Record(explain)      rt_info

A pass reads what an earlier one has left in `result`, so they must run in this order over the same model; Scale may be
left out (Graft(explain)). All but Graft, Trim and Record leave the model as it is. User errors are raised with their
own types; the manager and the passes must be kept alive during the run.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Protocol

import openvino as ov
from openvino import opset13 as ops
from openvino.passes import ModelPass
from ovxai_patterns.choosing import Wish
from ovxai_patterns.graph import ModelGraph, TensorId
from ovxai_patterns.positions import Positions
from ovxai_patterns.readout import ReadOut
from ovxai_patterns.scores import NoScores, find_scores
from ovxai_patterns.site import NoSite, Site
from ovxai_patterns.target import Search

from ovxai_passes.branch import Branch, joined
from ovxai_passes.classes import ChosenHead, with_best, with_classes
from ovxai_passes.errors import OptionError, TargetNotFoundError
from ovxai_passes.fence import put_fence, shares_transpose, unfenced
from ovxai_passes.finish.ranking import ranked
from ovxai_passes.finish.scale import scaled
from ovxai_passes.head import Head, cut
from ovxai_passes.labels import labels_of, names_of, numbers_of
from ovxai_passes.mapping.narrow import mixed_elements
from ovxai_passes.methods.activation_map import activation_map
from ovxai_passes.methods.feature_vector import feature_vector
from ovxai_passes.methods.masked import built_branch
from ovxai_passes.options import Mask, Method, Options, Task
from ovxai_passes.report import Choice, Report, make_report, operation_count, record
from ovxai_passes.rewrites.trim import trim
from ovxai_passes.rt_info import write_as_newest
from ovxai_passes.sizes import opened
from ovxai_passes.tapping import firmly_fed, repeats_reader, soft_sources
from ovxai_passes.version import __version__

OUTPUT_NAME = "saliency_map"
CLASSES_NAME = "saliency_classes"
FEATURES_NAME = "feature_vector"

_log = logging.getLogger(__name__)


class HasBranch(Protocol):
    """A pass that leaves a branch."""

    result: Branch


class HasPooled(Protocol):
    """A pass that leaves the tensor that a feature vector is made of, and its positions."""

    @property
    def pooled(self) -> tuple[TensorId, Positions]:
        """Tensor and positions."""
        ...


class Locate(ModelPass):
    """Finds the class scores, their read-out and the target. Raises TargetNotFoundError.

    `partial`: 0 for a layer that explains all class scores, or the number, from 1 on, of one that explains a part of
    them, for networks that have none that is worth its cost. `search`: that of an earlier Locate over the same model.
    After the run: `result` (Site), `choice` (the site with the method and the mask), `search`.
    """

    result: Site
    choice: Choice

    def __init__(self, options: Options, partial: int = 0, search: Search | None = None) -> None:
        super().__init__()
        self.options = options
        self.partial = partial
        self.search = search

    def run_on_model(self, model: ov.Model) -> bool:
        """Look; the model is left as it is."""
        options, wrapped = self.options, ov.Model(model)
        options.check_task(Task.CLASSIFICATION)
        if len(options.target_layers) > 1:
            raise OptionError(
                "a classifier is explained at one target layer; several are the class heads of a detector"
            )
        wish = Wish(
            layer=next(iter(options.target_layers), None),
            k=0 if options.method is Method.RECIPROCAM else options.k,
            features=options.method is Method.ACTIVATIONMAP,
            partial=self.partial,
            output=options.output,
            keep_quantization=options.keep_quantization,
        )
        if self.search is None:
            _check_counts(wrapped, options)  # what the model's outputs tell, before what takes its time
        search = self.search or Search(wrapped, wish.output, wish.keep_quantization)
        self.search = search
        found = search.site(wish)
        wants_block = options.method is Method.VITRECIPROCAM and options.k is None
        if wants_block and isinstance(found, Site) and not found.k:
            found = search.site(replace(wish, k=1))
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
        self.choice = Choice(found, *_method_and_mask(found, options), _classes(wrapped, found, options))
        return False

    @property
    def pooled(self) -> tuple[TensorId, Positions]:
        """The target and its positions."""
        return self.result.target, self.result.positions

    @property
    def settled(self) -> ModelGraph:
        """The model with the static shapes that it was analysed at."""
        assert self.search is not None, "asked after the run"
        return self.search.settled


def _method_and_mask(site: Site, options: Options) -> tuple[Method, Mask | None]:
    method = options.method or (Method.VITRECIPROCAM if site.k else Method.RECIPROCAM)
    if method is Method.ACTIVATIONMAP:
        return method, None
    reads_tokens = site.k > 0 or site.readout is ReadOut.CLASS_TOKEN
    return method, options.mask or (Mask.GAUSSIAN if reads_tokens else Mask.ONE_HOT)


def _check_counts(model: ov.Model, options: Options) -> None:
    """Raises OptionError where classes, labels or top_k do not go with the number of classes."""
    if options.classes is None and options.labels is None and options.top_k is None:
        return
    scores = find_scores(ModelGraph(model), options.output)
    if isinstance(scores, NoScores):
        return  # the search says more of it
    check_top_k(options.top_k, scores.classes)
    names_of(options.labels or (), scores.classes)
    numbers_of(options.classes or (), options.labels or labels_of(model), scores.classes)


def check_top_k(top_k: int | None, classes: int) -> None:
    """Raises OptionError where there are not that many classes."""
    if top_k is not None and top_k > classes:
        raise OptionError(f"top_k is {top_k}, but the model has {classes} classes: give that many, or fewer")


def _classes(model: ov.Model, site: Site, options: Options) -> tuple[int, ...] | None:
    if options.classes is None:
        return None
    return numbers_of(options.classes, options.labels or labels_of(model), site.scores.classes)


class Cut(ModelPass):
    """Cuts a clone of the model at the target. After the run: `result` (Head).

    `names`: the unique names of the model's operations in topological order, by which they are found again later.
    """

    result: Head
    names: tuple[str, ...]

    def __init__(self, locate: Locate) -> None:
        super().__init__()
        self.locate = locate

    def run_on_model(self, model: ov.Model) -> bool:
        """Cut a clone; the model is left as it is."""
        wrapped = ov.Model(model)
        self.names = tuple(op.get_name() for op in wrapped.get_ordered_ops())
        self.result = cut(wrapped, self.locate.result, self.locate.settled)
        return False


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
            story=(*choice.site.story, *(f"multiplied out: {why}" for why in sorted(set(built.branch.multiplied_out)))),
        )
        self.report = report.with_notices(*built.notices)
        return False


def _of_classes(head: Head, choice: Choice, options: Options, shown: TensorId) -> ChosenHead:
    """The head with the scores of those classes only that get a map; `shown`: the model's output of scores."""
    if options.top_k is not None:
        return with_best(head, options.top_k, shown)
    return ChosenHead(head, ()) if choice.classes is None else with_classes(head, choice.classes)


class Pool(ModelPass):
    """Extends a branch by the feature vector: the class token of the target, or the mean of its positions.

    After the run: `result` (Branch).
    """

    result: Branch

    def __init__(self, locate: HasPooled, branch: HasBranch) -> None:
        super().__init__()
        self.locate = locate
        self.branch = branch

    def run_on_model(self, model: ov.Model) -> bool:
        """Extend the branch; the model is left as it is."""
        target, positions = self.locate.pooled
        output = ModelGraph(ov.Model(model)).output(target)
        shape = output.get_partial_shape()
        channels = [shape[axis] for axis, size in enumerate(positions.ids.shape) if axis and size == 1]
        if any(dim.is_dynamic for dim in channels):
            raise OptionError(
                "feature_vector takes a target of a known number of channels; give the model a static size "
                "(model.reshape, --shape)"
            )
        if any(FEATURES_NAME in port.get_names() for port in ov.Model(model).outputs):
            raise OptionError(f"the model has an output named {FEATURES_NAME} already: leave the option out")
        self.result = joined(self.branch.result, feature_vector(target, positions, output))
        return False


class Scale(ModelPass):
    """Scales every map of a branch, or (`joint`) all of an image together, to 0..255, u8.

    After the run: `result` (Branch).
    """

    result: Branch

    def __init__(self, branch: HasBranch, joint: bool = False) -> None:
        super().__init__()
        self.branch = branch
        self.joint = joint

    def run_on_model(self, model: ov.Model) -> bool:
        """Extend the branch; the model is left as it is."""
        self.result = scaled(self.branch.result, self.joint)
        return False


class Graft(ModelPass):
    """Feeds a branch from the model's tensors and adds its result as the output `saliency_map`, in place.

    A second result is the classes of the maps, the output `saliency_classes`; a feature vector is the last one.

    Before:  ... ─▶ target ─▶ head ─▶ outputs
    After:   ... ─▶ target ─┬─▶ head ─▶ outputs
                            └─▶ fence? ─▶ branch ─▶ saliency_map

    After the run: `before`, the number of operations that the model had.
    """

    before: int

    def __init__(self, branch: HasBranch) -> None:
        super().__init__()
        self.branch = branch

    def run_on_model(self, model: ov.Model) -> bool:
        """Add the branch to the model."""
        wrapped = ov.Model(model)
        graph = ModelGraph(wrapped)
        branch = _firmly_fed(graph, self.branch.result)
        added = branch.model.clone()
        fed = list(zip(added.get_parameters(), branch.sources, strict=True))
        open_to_tail = {parameter.get_name() for parameter in unfenced(added)}
        for parameter, source in fed:
            output = graph.output(source)
            shared = shares_transpose(parameter, output) or repeats_reader(parameter, output)
            if parameter.get_name() in open_to_tail or (shared and output.get_element_type().is_real()):
                put_fence(parameter)
        for parameter, source in fed:
            output = graph.output(source)
            for reader in list(parameter.output(0).get_target_inputs()):
                reader.replace_source_output(output)
        features = int(self.branch.result.has_features)
        names = (OUTPUT_NAME, CLASSES_NAME)[: len(added.get_results()) - features] + (FEATURES_NAME,) * features
        ends = [result.input_value(0) for result in added.get_results()]
        self.before = operation_count(wrapped)
        model.add_results([ops.result(end, name=name) for end, name in zip(ends, names, strict=True)])
        wrapped = ov.Model(model)
        write_as_newest(wrapped)
        wrapped.validate_nodes_and_infer_types()
        for output, name in zip(wrapped.outputs[-len(names) :], names, strict=True):
            output.get_tensor().set_names({name})  # last: a new Result adds a name of its own
        return True


def _firmly_fed(graph: ModelGraph, branch: Branch) -> Branch:
    """See `firmly_fed`; with dimensions as dynamic as the model takes them, so that the branch follows a reshape."""
    if not soft_sources(graph, branch):
        return branch
    model = opened(graph.model, True) or opened(graph.model, False) or graph.model
    return firmly_fed(ModelGraph(model), branch)


class KeepMap(ModelPass):
    """Leaves out the original outputs, and what only they need, in place; to run after Graft.

    `original`: how many outputs the model had. Clients that refuse further outputs run the original model beside it.
    """

    def __init__(self, original: int) -> None:
        super().__init__()
        self.original = original

    def run_on_model(self, model: ov.Model) -> bool:
        """Remove the first results of the model."""
        wrapped = ov.Model(model)
        for result in wrapped.get_results()[: self.original]:
            model.remove_result(result)
        return True


class Trim(ModelPass):
    """Leaves out of the network, in place, the rows that nothing reads; original outputs change by rounding.

    To run after Graft. After the run: `trimmed`, through how many operations a Slice of rows has passed up; `notices`.
    """

    trimmed: int
    notices: tuple[str, ...]

    def __init__(self, cut: Cut) -> None:
        super().__init__()
        self.cut = cut

    def run_on_model(self, model: ov.Model) -> bool:
        """Trim the model."""
        head = self.cut.result
        nodes = head.model.get_ordered_ops()
        names = {nodes[place].get_name() for place, _ in mixed_elements(self.cut.locate.result, head)}
        done = trim(ov.Model(model), {self.cut.names[head.origins[name]] for name in names if name in head.origins})
        self.trimmed = done.sunk
        self.notices = tuple(f"trimming ended: {reason}" for reason in sorted(done.declined))
        if self.trimmed:
            self.notices += ("trimmed: original outputs are equal to 1e-5 of the scores, not to the bit",)
        else:
            self.notices += ("nothing to trim: all that the network computes after the target is read",)
        return bool(self.trimmed)


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
