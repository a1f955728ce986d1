"""--trim: the rows that nobody reads are not computed; values stay, up to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from openvino.passes import Manager
from ovxai_patterns.analysis.graph import ModelGraph

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.mapping.narrow import mixed_elements
from ovxai_passes.options import Options
from ovxai_passes.reference.comparing import SCORE_TOLERANCE, worst_difference
from ovxai_passes.rewrites.trim import trim
from tests.fixtures import graphs
from tests.support.running import random_input, run

TRIMMED: dict[str, dict[str, Any]] = {
    "class token": {},
    "baked batch": {"baked": True},
    "post-norm": {"style": "post"},
    "parallel": {"style": "parallel"},
}


def _names_of_mixed(model: ov.Model) -> set[str]:
    """Unique names of the operations of a model behind which positions are mixed."""
    found = insert(model, Options(reference=True))
    head = found.head
    nodes, originals = head.model.get_ordered_ops(), ModelGraph(model).ops
    names = {nodes[place].get_name() for place, _ in mixed_elements(found.site, head)}
    return {originals[head.origins[name]].get_name() for name in names if name in head.origins}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", TRIMMED)
@pytest.mark.parametrize("batch", [1, 3])
def test_values_stay(name: str, batch: int) -> None:
    model = graphs.vit(batch=batch, **TRIMMED[name])
    plain, trimmed = (insert(model, Options(trim=flag, embed_scaling=False)) for flag in (False, True))
    image = random_input(model)
    wanted, found = run(model, image), run(trimmed.model, image)
    assert np.abs(found - wanted).max() <= SCORE_TOLERANCE * np.abs(wanted).max()
    first, second = (run(one.model, image, name="saliency_map") for one in (trimmed, plain))
    assert worst_difference(first, second) <= 1
    assert trimmed.report.trimmed > 0
    assert any("not to the bit" in notice for notice in trimmed.report.notices)
    assert trimmed.model.get_rt_info(["ovxai", "trimmed"]).astype(str) == str(trimmed.report.trimmed)


@pytest.mark.parametrize("kept", [1, 2])
def test_graph_after(kept: int) -> None:
    """Keys and values of every token; the query, the attention, the MLP and the norm of those that are read."""
    model = graphs.vit(kept=kept)
    tokens, mixed = kept + 16, _names_of_mixed(model)
    before = _products(model)
    trim(model, mixed)
    after = _products(model)
    assert len(after) == len(before)
    assert all(tokens in shape for shape in before[-5:])
    for old, new in zip(before[-5:], after[-5:], strict=True):
        assert new == [kept if size == tokens and place == len(old) - 2 else size for place, size in enumerate(old)]
    assert after[:-5] == before[:-5], "keys and values need every token, and so does what is above them"


def _products(model: ov.Model) -> list[list[int]]:
    """Shapes of the matrix products on tokens, the classifiers left out."""
    found = [op.get_output_shape(0) for op in model.get_ordered_ops() if op.get_type_name() == "MatMul"]
    return [list(shape) for shape in found if len(shape) > 2]


def test_once_is_enough() -> None:
    model = graphs.vit()
    mixed = _names_of_mixed(model)
    assert trim(model, mixed).sunk > 0
    operations = len(model.get_ops())
    assert trim(model, mixed).sunk == 0
    assert len(model.get_ops()) == operations


def test_pooled_networks_have_nothing_to_trim() -> None:
    model = graphs.cnn()
    found = insert(model, Options(trim=True))
    assert found.report.trimmed == 0
    assert any("nothing to trim" in notice for notice in found.report.notices)
    image = random_input(model)
    np.testing.assert_array_equal(run(found.model, image), run(model, image))


def test_tokens_that_are_an_output_are_all_computed() -> None:
    model = graphs.vit()
    tokens = [op for op in model.get_ordered_ops() if list(op.get_output_partial_shape(0).to_shape()) == [1, 17, 8]]
    model.add_results([ops.result(tokens[-1], name="tokens")])
    found = insert(model, Options(trim=True, output=0))
    image = random_input(model)
    np.testing.assert_array_equal(run(found.model, image, name=1), run(model, image, name=1))
    assert found.report.trimmed == 0


def test_in_a_manager_of_ones_own() -> None:
    model = graphs.vit()
    wanted = run(model, random_input(model))
    state = xai.InsertionState(xai.Options(trim=True))
    manager = Manager()
    for stage in (xai.Locate, xai.Cut, xai.BuildBranch, xai.Graft, xai.Trim, xai.Record):
        manager.register_pass(stage(state))
    manager.run_passes(model)
    assert state.trimmed is not None
    assert state.trimmed.sunk > 0
    np.testing.assert_allclose(run(model, random_input(model)), wanted, rtol=1e-4, atol=1e-5)
