"""Locate: what to explain in a classifier, and where."""

from __future__ import annotations

import logging
from dataclasses import replace

import openvino as ov
from openvino.passes import ModelPass
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.positions import Positions
from ovxai_patterns.classifier.readout import ReadOut
from ovxai_patterns.classifier.request import Wish
from ovxai_patterns.classifier.scores import NoScores, find_scores
from ovxai_patterns.classifier.site import NoSite, Site
from ovxai_patterns.classifier.target import Search

from ovxai_passes.errors import OptionError, TargetNotFoundError
from ovxai_passes.model_info.labels import labels_of, names_of, numbers_of
from ovxai_passes.options import Method, Options
from ovxai_passes.report import Choice
from ovxai_passes.vocabulary import Mask, Task

_log = logging.getLogger(__name__)


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
