"""The target of a classifier, with the method and the mask that go with how it is read."""

from __future__ import annotations

from dataclasses import replace

from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.readout import ReadOut
from ovxai_patterns.classifier.request import TargetRequest
from ovxai_patterns.classifier.scores import NoScores, find_scores
from ovxai_patterns.classifier.site import NoSite, Site
from ovxai_patterns.classifier.target import TargetSearch
from ovxai_patterns.wording import worded

from ovxai_passes.errors import OptionError, TargetNotFoundError
from ovxai_passes.methods.registry import method_spec
from ovxai_passes.methods.spec import MethodSpec, Reads
from ovxai_passes.methods.target import FeatureMap, Target
from ovxai_passes.model_info.labels import check_top_k, labels_of, names_of, numbers_of
from ovxai_passes.options import Options
from ovxai_passes.passes.state import InsertionState
from ovxai_passes.passes.targets.gradients import for_gradients
from ovxai_passes.vocabulary import Mask, Method, Task


def locate_classifier(analysis: ModelAnalysis, state: InsertionState, part: int) -> None:
    """Leaves `search`, `method` and `target`. `part`: see Locate. Raises TargetNotFoundError, OptionError."""
    options = state.options
    options.check_task(Task.CLASSIFICATION)
    if len(options.target_layers) > 1:
        raise OptionError(
            worded("{target_layer} names several layers, as of a detector; this model classifies: name one")
        )
    method = next(iter(options.methods), None)
    given = None if method is None else method_spec(method)
    request = TargetRequest(
        layer=next(iter(options.target_layers), None),
        k=0 if method is Method.RECIPROCAM else options.k,
        features=given is not None and given.reads is Reads.FEATURE_MAP,
        partial=part,
        output=options.output,
        keep_quantization=options.keep_quantization,
        patterns=options.patterns,
    )
    if state.search is None:
        _check_counts(analysis, options)  # what the model's outputs tell, before what takes its time
        state.search = TargetSearch(analysis, request.output, request.keep_quantization)
    site = _site(state.search, request, method)
    state.method = given or _method_of(site)
    target = _target(analysis, site, state.method, options, state.search.analysed)
    state.target = for_gradients(target, state.search, request, state.method, options)


def _site(search: TargetSearch, request: TargetRequest, method: Method | None) -> Site:
    """The site that fits a request and the method. Raises TargetNotFoundError."""
    found = search.site(request)
    if method is Method.VITRECIPROCAM and isinstance(found, Site) and not found.k:
        found = search.site(replace(request, k=1)) if request.k is None else found
        if isinstance(found, Site) and not found.k:
            raise TargetNotFoundError(
                "vitreciprocam re-runs attention blocks, and at this layer there are none: use reciprocam"
            )
    if isinstance(found, NoSite):
        raise TargetNotFoundError(found.reason, found.near_misses, found.candidates)
    return found


def _method_of(site: Site) -> MethodSpec:
    """The method that goes with a read-out."""
    spec = method_spec(Method.VITRECIPROCAM if site.k else Method.RECIPROCAM)
    assert spec is not None, "both are methods of models"
    return spec


def _target(analysis: ModelAnalysis, site: Site, method: MethodSpec, options: Options, analysed: ModelGraph) -> Target:
    reads_tokens = site.k > 0 or site.readout is ReadOut.CLASS_TOKEN
    mask = options.mask or (Mask.GAUSSIAN if reads_tokens else Mask.ONE_HOT)
    chosen = None
    if options.classes is not None:
        chosen = numbers_of(options.classes, options.labels or labels_of(analysis.original.model), site.scores.classes)
    return Target(
        layer=site.target,
        scores=site.scores.tensor,
        readout=site.readout.value,
        grid=site.positions.grid,
        classes=site.scores.classes,
        chosen=chosen,
        top_k=options.top_k,
        dynamic=site.dynamic,
        site=site,
        mask=mask if method.needs_mask else None,
        analysed=analysed,
        feature=FeatureMap(site.target, site.positions, site.grid_source),
        pooled=(site.target, site.positions),
        story=site.story,
        notices=site.notices,
        found_by=site.found_by,
    )


def _check_counts(analysis: ModelAnalysis, options: Options) -> None:
    """Raises OptionError where classes, labels or top_k do not go with the number of classes."""
    if options.classes is None and options.labels is None and options.top_k is None:
        return
    scores = analysis.get(find_scores, options.output)
    if isinstance(scores, NoScores):
        return  # the search says more of it
    check_top_k(options.top_k, scores.classes)
    names_of(options.labels or (), scores.classes)
    numbers_of(options.classes or (), options.labels or labels_of(analysis.original.model), scores.classes)
