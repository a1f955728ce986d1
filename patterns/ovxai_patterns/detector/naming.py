"""Names of patterns for what dataflow finds of a detector.

Patterns decide nothing here: dataflow finds, and what it finds has the name of the first pattern that binds the same
tensors. They are looked for in the graph that was analysed.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.analysis.op_traits import ROI_TYPES, SCORE_INPUTS
from ovxai_patterns.detector.dense_heads import layout_of
from ovxai_patterns.matchers.head_parts import levels_of
from ovxai_patterns.matchers.heads import (
    ConvClassHead,
    DenseTokenHead,
    DetectionOutput,
    FusedAnchorHead,
    NmsScores,
    RegionYolo,
)
from ovxai_patterns.matchers.pattern import DATAFLOW, GraphPattern
from ovxai_patterns.matchers.region_heads import MaskPrototypes, RoiHead, prototypes_of

Bound = frozenset[TensorId]

CLASS_HEADS: tuple[type[GraphPattern], ...] = (
    DetectionOutput,
    NmsScores,
    RegionYolo,
    ConvClassHead,
    FusedAnchorHead,
    DenseTokenHead,
)
"""Patterns that bind class scores, those that name first first: what says most of a detector."""
BY_LEVEL: tuple[type[GraphPattern], ...] = (FusedAnchorHead, RegionYolo)
"""Of these, patterns with a match a level."""

_NEEDED = MappingProxyType(
    {
        RegionYolo: frozenset({"RegionYolo"}),
        DetectionOutput: frozenset({"DetectionOutput"}),
        NmsScores: frozenset(SCORE_INPUTS) - {"DetectionOutput"},
        DenseTokenHead: frozenset({"TopK"}),
        RoiHead: ROI_TYPES,
    }
)
"""Types of which a pattern needs one; a model without any is not searched, nor is the pattern drawn."""


def find_types(analysis: ModelAnalysis) -> frozenset[str]:
    """The types of the operations of a model."""
    return frozenset(node.get_type_name() for node in layout_of(analysis).graph.ops)


def find_bound(analysis: ModelAnalysis, pattern: type[GraphPattern]) -> tuple[Bound, ...]:
    """What each match of a pattern binds, each once: levels, or outputs of instances."""
    if pattern in _NEEDED and not _NEEDED[pattern] & analysis.get(find_types):
        return ()
    graph = layout_of(analysis).graph
    found: dict[Bound, None] = {}
    for match in pattern().find_in(graph.model):
        tensors = levels_of(match)
        if pattern is MaskPrototypes:
            bases = prototypes_of(match)
            tensors = [match.root.input_value(0), *([] if bases is None else [bases])]
        found[frozenset(map(graph.id_of, tensors))] = None
    return tuple(found)


def name_of_class_heads(analysis: ModelAnalysis, levels: Iterable[TensorId]) -> str:
    """The first pattern that binds exactly the class scores of some levels."""
    return _first(analysis, frozenset(levels), CLASS_HEADS)


def name_of_regions(analysis: ModelAnalysis, maps: Iterable[TensorId]) -> str:
    """The pattern that binds exactly the maps that regions are pooled from."""
    return _first(analysis, frozenset(maps), (RoiHead,))


def name_of_instances(analysis: ModelAnalysis, outputs: Iterable[TensorId]) -> str:
    """The pattern that binds exactly the outputs that masks are made from, or are."""
    return _first(analysis, frozenset(outputs), (MaskPrototypes,))


def _first(analysis: ModelAnalysis, wanted: Bound, patterns: Iterable[type[GraphPattern]]) -> str:
    for pattern in patterns:
        bound = analysis.get(find_bound, pattern)
        by_level = frozenset[TensorId]().union(*bound) if pattern in BY_LEVEL else frozenset()
        if wanted in bound or (by_level and wanted == by_level):
            return pattern.name
    return DATAFLOW
