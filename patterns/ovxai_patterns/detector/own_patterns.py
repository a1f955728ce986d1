"""Where a user's own patterns say that a detector is explained: each match binds a class head, or a feature map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.classifier.own_patterns import refusal, tensors_named_by
from ovxai_patterns.detector.class_heads import ClassHeads, NoHeads
from ovxai_patterns.detector.detector import Detector, FeatureMaps
from ovxai_patterns.matchers.pattern import GraphPattern

Found = TypeVar("Found", ClassHeads, FeatureMaps)


def heads_of_patterns(
    detector: Detector, patterns: Sequence[type[GraphPattern]], anchors: Sequence[int]
) -> ClassHeads | NoHeads:
    """The class heads that all matches of a pattern name together, the finest grid first; of the first that fits.

    `anchors`: how many each head has, in that order; one number for all, or none for one.
    """
    return _first(detector, patterns, lambda tensors, how: detector.heads_at(tensors, anchors, how))


def maps_of_patterns(detector: Detector, patterns: Sequence[type[GraphPattern]]) -> FeatureMaps | NoHeads:
    """The feature maps that all matches of a pattern name together; of the first pattern that fits."""
    return _first(detector, patterns, detector.maps_at)


def _first(
    detector: Detector,
    patterns: Sequence[type[GraphPattern]],
    look: Callable[[Sequence[TensorId], str], Found | NoHeads],
) -> Found | NoHeads:
    reasons: list[tuple[str, str]] = []
    for pattern in patterns:
        named = tensors_named_by(pattern, detector.graph)
        if named.problem:
            reasons.append((pattern.name, named.problem))
            continue
        tensors = sorted(named.tensors, key=lambda tensor: (-_cells(detector, tensor), tensor))
        listed = ", ".join(map(detector.describe, tensors))
        found = look(tensors, f"named by pattern {pattern.name!r}: {listed}")
        if not isinstance(found, NoHeads):
            return replace(found, found_by=pattern.name)
        reasons.append((pattern.name, f"names {listed}: {found.reason}"))
    reason, lines = refusal(reasons)
    return NoHeads(reason, lines)


def _cells(detector: Detector, tensor: TensorId) -> int:
    """How many places the grid of a tensor has."""
    positions, shape = detector.layout.positions(tensor), detector.graph.output(tensor).get_partial_shape()
    if positions is not None:
        return positions.grid[0] * positions.grid[1]
    return int(np.prod(shape.to_shape()[2:])) if shape.is_static else 0
