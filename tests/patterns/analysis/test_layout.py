"""Position labels: which element is about which place."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.layout import PositionLayout, analysis_clone, movement_chain
from ovxai_patterns.analysis.positions import Positions, merge, on_lattice

from tests.fixtures import graphs
from tests.fixtures.graphs import Weights, integers, picture, scalar


def labelled(node: ov.Node, image: ov.Node) -> tuple[PositionLayout, Positions | None]:
    model = ov.Model([node], [image])
    layout = PositionLayout(ModelGraph(analysis_clone(model)))
    return layout, layout.positions(layout.graph.id_of(layout.graph.model.get_results()[0].input_value(0)))


def full(positions: Positions | None, shape: tuple[int, ...]) -> np.ndarray:
    assert positions is not None
    return np.broadcast_to(positions.ids, shape)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(1, 5), st.permutations([1, 2, 3]), st.integers(0, 3))
def test_tokens_keep_their_places_through_layouts(height: int, width: int, order: list[int], kept: int) -> None:
    if height * width == 1:
        return
    image = ops.parameter([1, 3, height, width], np.float32)
    x = ops.transpose(image, integers(0, *order))
    back = [0] + [1 + order.index(axis) for axis in (2, 3, 1)]
    tokens = ops.reshape(ops.transpose(x, integers(*back)), integers(1, height * width, 3), False)
    if kept:
        tokens = ops.concat([ops.constant(np.ones((1, kept, 3), np.float32)), tokens], 1)
    _, positions = labelled(tokens, image)
    assert positions is not None
    assert positions.ids.reshape(-1).tolist() == [-1] * kept + list(range(height * width))
    assert (positions.kept, positions.is_map, positions.grid) == (kept, True, (height, width))


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([2, 4]), st.integers(1, 3), st.integers(-3, 3))
def test_rolled_windows_are_followed_exactly(window: int, windows: int, shift: int) -> None:
    side = window * windows
    image = ops.parameter([1, side, side, 3], np.float32)
    image.set_layout(ov.Layout("NHWC"))
    x = ops.roll(image, integers(shift, shift), integers(1, 2))
    x = ops.transpose(
        ops.reshape(x, integers(1, windows, window, windows, window, 3), False), integers(0, 1, 3, 2, 4, 5)
    )
    x = ops.reshape(x, integers(windows * windows, window * window, 3), False)
    if windows == 1 and window == 1:
        return
    _, positions = labelled(ops.multiply(x, ops.constant(np.float32(2))), image)
    grid = np.roll(np.arange(side * side).reshape(side, side), (shift, shift), (0, 1))
    wanted = grid.reshape(windows, window, windows, window).swapaxes(1, 2).reshape(windows**2, window**2, 1)
    np.testing.assert_array_equal(full(positions, (windows**2, window**2, 1)), wanted)


def test_patch_merging_makes_a_coarser_grid() -> None:
    w, image = graphs.Weights(), ops.parameter([1, 8, 6, 3], np.float32)
    x = ops.reshape(image, integers(1, 4, 2, 3, 2, 3), False)
    x = ops.reshape(ops.transpose(x, integers(0, 1, 3, 2, 4, 5)), integers(1, 4, 3, 12), False)
    _, positions = labelled(ops.matmul(x, w(12, 5), False, False), image)
    assert positions is not None
    assert positions.grid == (4, 3)
    np.testing.assert_array_equal(positions.ids.reshape(4, 3), np.arange(12).reshape(4, 3))


def test_convolution_lays_out_a_new_grid_and_keeps_axes() -> None:
    w, image = graphs.Weights(), picture(1)
    _, positions = labelled(graphs.conv(image, w, 3, 6, 2, stride=2), image)
    assert positions is not None
    assert positions.grid == (4, 4)
    np.testing.assert_array_equal(positions.ids.reshape(4, 4), np.arange(16).reshape(4, 4))
    assert positions.lattice == (2, 3)


def test_attention_keeps_the_queries_places() -> None:
    image = picture(1)
    x = graphs.patches(image, graphs.Weights(), 8, 1, 1, False)
    _, positions = labelled(graphs.attention(x, graphs.Weights(), 8, 17, 1, False), image)
    assert positions is not None
    assert positions.ids.reshape(-1).tolist() == list(range(-1, 16))


@pytest.mark.parametrize("mixed", ["pooled", "token mixing", "flattened and mixed"])
def test_places_end_where_all_positions_meet(mixed: str) -> None:
    w, image = graphs.Weights(), picture(1)
    x = graphs.conv(image, w, 3, 6, 2, stride=2)
    ended = {
        "pooled": lambda: ops.reduce_mean(x, integers(2, 3), True),
        "token mixing": lambda: ops.matmul(ops.reshape(x, integers(1, 6, 16), False), w(16, 16), False, False),
        "flattened and mixed": lambda: ops.matmul(ops.reshape(x, integers(1, 96), False), w(96, 16), False, False),
    }[mixed]()
    assert labelled(ended, image)[1] is None


def test_a_residual_restores_the_places_after_token_mixing() -> None:
    w, image = graphs.Weights(), picture(1)
    x = ops.reshape(graphs.conv(image, w, 3, 6, 2, stride=2), integers(1, 6, 16), False)
    _, positions = labelled(ops.add(x, ops.matmul(x, w(16, 16), False, False)), image)
    assert positions is not None
    assert positions.ids.tolist() == [[list(range(16))]]


def test_padding_and_moved_channels_do_not_lose_the_grid() -> None:
    w, image = Weights(), picture(1)
    for mode in ("constant", "reflect", "edge"):
        padded = ops.pad(image, integers(0, 0, 1, 1), integers(0, 0, 1, 1), mode)
        _, positions = labelled(graphs.conv(padded, w, 3, 6, 2, stride=2), image)
        assert positions is not None, mode
        assert (positions.grid, positions.lattice) == ((5, 5), (2, 3))
    stem = graphs.conv(ops.space_to_depth(image, "blocks_first", 2), w, 12, 6, 1)
    _, positions = labelled(stem, image)
    assert positions is not None
    assert positions.grid == (4, 4)


def test_a_gate_that_knows_rows_only_does_not_coarsen_the_grid() -> None:
    image = picture(1)
    gate = ops.sigmoid(ops.reduce_mean(image, integers(2), True))
    for first, second in ((gate, image), (image, gate)):
        _, positions = labelled(ops.multiply(first, second), image)
        assert positions is not None
        assert positions.grid == (8, 8)


def test_unknown_operations_end_the_places() -> None:
    image = picture(1)
    turned = ops.reverse_sequence(image, ops.constant(np.array([8], np.int64)), 0, 3)
    assert labelled(turned, image)[1] is None
    _, positions = labelled(ops.add(turned, image), image)
    assert positions is not None


def test_merge_declines_sets_that_are_no_blocks() -> None:
    positions = on_lattice(4, 1, 2, (4, 4))
    stripes = Positions(positions.ids.reshape(1, 4, 4)[:, :, [0, 2, 1, 3]].reshape(1, 8, 2), (4, 4))
    assert merge(stripes, (2,)) is None
    pairs = Positions(positions.ids.reshape(1, 8, 2), (4, 4))
    merged = merge(pairs, (-1,))
    assert merged is not None
    assert (merged.grid, merged.ids.reshape(-1).tolist()) == ((4, 2), list(range(8)))


def test_integer_and_token_inputs_are_no_pictures() -> None:
    text = ops.parameter([1, 16], np.int64)
    table = ops.constant(np.ones((9, 4), np.float32))
    layout = PositionLayout(ModelGraph(ov.Model([ops.gather(table, text, scalar(0))], [text])))
    assert layout.pictures == []


def test_layout_of_an_input_is_believed() -> None:
    image = ops.parameter([1, 8, 8, 4], np.float32)
    image.set_layout(ov.Layout("NCHW"))
    layout, positions = labelled(ops.relu(image), image)
    assert positions is not None
    assert positions.lattice == (2, 3)
    assert len(layout.pictures) == 1


def test_dynamic_batches_are_analysed_with_one_picture_at_the_same_places() -> None:
    model = graphs.vit(-1)
    clone = analysis_clone(model)
    kinds = [[op.get_type_name() for op in ModelGraph(one).ops] for one in (model, clone)]
    assert kinds[0] == kinds[1]
    assert list(clone.inputs[0].get_shape()) == [1, 3, 8, 8]
    assert model.inputs[0].get_partial_shape()[0].is_dynamic


def test_tapping_above_a_transpose_that_feeds_the_pooling() -> None:
    w, image = graphs.Weights(), picture(1)
    x = ops.relu(graphs.conv(image, w, 3, 6, 2, stride=2))
    layout, _ = labelled(ops.transpose(x, integers(0, 2, 3, 1)), image)
    moved = layout.graph.id_of(layout.graph.model.get_results()[0].input_value(0))
    above = movement_chain(layout, moved)
    assert layout.graph.ops[above[0]].get_type_name() == "Relu"
    assert movement_chain(layout, above) == above


@pytest.mark.parametrize(("side", "step", "start"), [(14, 2, 0), (7, 2, 0), (9, 3, 1)])
def test_every_nth_row_and_column_is_a_grid_of_its_own(side: int, step: int, start: int) -> None:
    image = ops.parameter([1, side, side, 3], np.float32)
    image.set_layout(ov.Layout("NHWC"))
    steps = [integers(start, start), integers(side, side), integers(step, step), integers(1, 2)]
    _, positions = labelled(ops.relu(ops.slice(image, *steps)), image)
    assert positions is not None
    count = len(range(start, side, step))
    assert positions.grid == (count, count)
    assert positions.is_map


def test_a_crop_stays_a_part_of_its_grid() -> None:
    image = picture(1, side=8)
    cropped = ops.slice(image, integers(2, 2), integers(6, 6), integers(1, 1), integers(2, 3))
    _, positions = labelled(ops.relu(cropped), image)
    assert positions is not None
    assert (positions.grid, positions.is_map) == ((8, 8), False)


def test_padding_that_shifts_keeps_the_grid() -> None:
    w, image = Weights(), picture(1, side=8)
    zero = ops.constant(np.float32(0))
    shifted = ops.pad(image, integers(0, 0, -1, -1), integers(0, 0, 1, 1), "constant", zero)
    x = ops.avg_pool(shifted, [2, 2], [0, 0], [0, 0], [1, 1], True)
    _, positions = labelled(graphs.conv(x, w, 3, 4, 3), image)
    assert positions is not None
    assert (positions.grid, positions.is_map) == ((4, 4), True)


def test_windows_within_patches_that_lie_in_the_batch() -> None:
    """TNT: 2x2 patches of 4x4 pixels, each convolved to 2x2 cells."""
    w, image = Weights(), picture(1, side=8)
    patches = ops.transpose(ops.reshape(image, integers(3, 2, 4, 2, 4), False), integers(1, 3, 0, 2, 4))
    x = graphs.conv(ops.reshape(patches, integers(4, 3, 4, 4), False), w, 3, 5, 2, stride=2)
    _, positions = labelled(ops.relu(x), image)
    assert positions is not None
    assert positions.grid == (4, 4)
    cells = positions.ids.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(-1)
    assert cells.tolist() == list(range(16))
