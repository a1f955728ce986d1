"""The weights that masks give to positions: those of the masks themselves, large ones of bells made of two matrices."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.analysis.folding import Folding
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.movement import Labels

from ovxai_passes.head.masks import grid_masks
from ovxai_passes.mapping.context import Context
from ovxai_passes.mapping.values import Positionwise
from ovxai_passes.mapping.weights import bell_weights
from ovxai_passes.vocabulary import Mask
from tests.support.running import run

GRID, MASKS = (10, 13), 130


@pytest.mark.parametrize("kept", [0, 2])
@pytest.mark.parametrize("grid", [(3, 4), (5, 2)])
def test_bells_are_made_of_two_small_matrices(grid: tuple[int, int], kept: int) -> None:
    cells = grid_masks(Mask.GAUSSIAN, grid).reshape(grid[0] * grid[1], -1)
    tokens = np.ones((len(cells), kept), np.float32)
    for level in (None, *np.unique(cells).tolist()):
        made = bell_weights(grid, kept, level)
        part = cells if level is None else (cells == np.float32(level)).astype(np.float32)
        np.testing.assert_array_equal(run(ov.Model([made], [])), np.concatenate([tokens * (level is None), part], 1))
        assert _largest_constant(made) <= max(grid) ** 2


def _largest_constant(node: ov.Node) -> int:
    model = ov.Model([node], [])
    return max(np.size(op.get_data()) for op in model.get_ops() if op.get_type_name() == "Constant")


PLACES = np.arange(MASKS, dtype=np.int32)
ORDERS: dict[str, Labels] = {
    "raster": PLACES,
    "kept tokens in front": np.concatenate([[-1, -1], PLACES]),
    "kept token at the end": np.concatenate([PLACES, [-1]]),
    "another order": PLACES[::-1].copy(),
    "the first rows alone": PLACES[:-1],
}


@pytest.mark.parametrize("mask", list(Mask))
@pytest.mark.parametrize("order", ORDERS)
def test_weights_are_those_of_the_masks(order: str, mask: Mask) -> None:
    """Of a tensor whose positions lie along the middle axis, in any order."""
    ids = ORDERS[order].astype(np.int32).reshape(1, -1, 1)
    source = ops.parameter([1, ids.size, 3], np.float32)
    graph = ModelGraph(ov.Model([ops.result(source)], [source]))
    cells = grid_masks(mask, GRID).reshape(MASKS, -1)
    context = Context(cells, GRID, graph, Folding(graph), graph, Folding(graph))
    whole = np.where(ids >= 0, cells[:, np.maximum(ids, 0)], np.float32(1))
    for weights in ((0.0, 1.0), context.levels):
        tensor = Positionwise(ids, weights, (source.output(0),) * len(weights))
        wanted = [whole] if len(weights) == 2 else [whole == np.float32(level) for level in weights[1:]]
        made = context.weights(tensor, source.output(0))
        assert len(made) == len(wanted)
        for node, one in zip(made, wanted, strict=True):
            np.testing.assert_array_equal(run(ov.Model([node], [])), one)
