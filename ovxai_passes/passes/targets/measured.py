"""Measured defaults: what options that were left out become, by how the model is read.

Chosen on one half of the pictures and reported on the other, the worst network first (`ovxai evaluate`; tables and
commands in ovxai_passes/README.md). A read-out of which no trained network was measured gets no contrast.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.classifier.readout import ReadOut

from ovxai_passes.methods.spec import MethodSpec, Reads, required
from ovxai_passes.methods.target import Target
from ovxai_passes.options import Options
from ovxai_passes.vocabulary import LARGEST, Contrast, Defaults, Mask, Scaling


def with_measured(options: Options, method: MethodSpec, target: Target, graph: ModelGraph) -> Options:
    """The options with what measures best in place of what was left out; the same ones where nothing was.

    `method`, `target`: as the options find them in the model of `graph`. With a scaling that was given there is no
    contrast but one that was given, too, and none in the naive branch. Maps of gradients have a zero of their own, so
    their scaling is positive whatever `defaults` says, and those of detectors are of scores times objectness.
    """
    if method.takes_gradients:
        return _of_gradients(options, target, graph)
    if options.defaults is not Defaults.MEASURED or not method.per_class:
        return options
    chosen: dict[str, Any] = _of_heads(target, graph) if method.reads is Reads.CLASS_HEADS else {}
    if method.needs_mask:
        chosen |= _of_masks(options, target)
    if options.scaling is None and options.embed_scaling and options.objectness is not False:
        chosen["scaling"] = Scaling.POSITIVE
    return replace(options, **{name: value for name, value in chosen.items() if getattr(options, name) is None})


def _of_gradients(options: Options, target: Target, graph: ModelGraph) -> Options:
    chosen: dict[str, Any] = _of_heads(target, graph) if target.grids else {}
    if options.defaults is not Defaults.MEASURED:
        chosen.pop("saliency_map_size", None)
    if options.embed_scaling:
        chosen["scaling"] = Scaling.POSITIVE
    return replace(options, **{name: value for name, value in chosen.items() if getattr(options, name) is None})


def _of_masks(options: Options, target: Target) -> dict[str, Any]:
    as_asked = options.scaling is not None or not options.embed_scaling or options.reference
    site = required(target.site)
    has_rivals = target.classes > 1 and site.readout.pools and not site.k  # a share asks of one place everywhere
    chosen: dict[str, Any] = {"contrast": Contrast.SHARE if has_rivals and not as_asked else Contrast.NONE}
    if site.readout is ReadOut.CLASS_TOKEN:
        chosen["mask"] = Mask.ONE_HOT
    return chosen


def _of_heads(target: Target, graph: ModelGraph) -> dict[str, Any]:
    """Objectness where all levels have it, and the size of the finest level where that is finer than the default's."""
    grids = required(target.grids)
    chosen: dict[str, Any] = {}
    if all(level.objectness for level in grids.levels):
        chosen["objectness"] = True
    shape = graph.output(grids.picture.tensor).get_partial_shape()
    finest = max(prod(level.grid) for level in grids.levels)
    if finest > prod(grids.size) and all(shape[axis].is_static for axis in grids.picture.axes):
        chosen["saliency_map_size"] = LARGEST
    return chosen
