"""Tokens of several maps in one tensor: what an encoder of queries' features makes (Deformable DETR)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.grid_maps import GridMap
from ovxai_patterns.analysis.layout import PositionLayout
from ovxai_patterns.analysis.positions import NOWHERE, Positions
from ovxai_patterns.detector.dense_heads import joined_levels, maps_above

_TOKENS = 3  # axes


@dataclass(frozen=True)
class JoinedTokens:
    """`tensor`: [N,T,C], the tokens of maps one after the other; `positions`: for each map, the others kept.

    `maps`: what tells the grids at inference; None where one is not at hand.
    """

    tensor: TensorId
    positions: tuple[Positions, ...]
    maps: tuple[GridMap, ...] | None


def joined_before(layout: PositionLayout, output: TensorId, above: TensorId) -> JoinedTokens | None:
    """The deepest tokens of several maps that all of an output is made from, if they are below a tensor `above`."""
    graph = layout.graph
    for tensor in graph.dominators(layout.pictures, output)[1:]:
        if tensor <= above:
            return None
        result = graph.output(tensor)
        shape = result.get_partial_shape()
        if shape.is_dynamic or len(shape) != _TOKENS or not result.get_element_type().is_real():
            continue
        pieces = joined_levels(layout, tensor)
        grids = [known.grid for known in map(layout.positions, pieces) if known is not None]
        if grids:
            return JoinedTokens(tensor, _positions(grids), maps_above(layout, pieces))
    return None


def _positions(grids: list[tuple[int, int]]) -> tuple[Positions, ...]:
    counts = [height * width for height, width in grids]
    found = []
    for place, (grid, count) in enumerate(zip(grids, counts, strict=True)):
        ids = np.full((1, sum(counts), 1), NOWHERE, np.int32)
        first = sum(counts[:place])
        ids[0, first : first + count, 0] = np.arange(count)
        found.append(Positions(ids, grid))
    return tuple(found)
