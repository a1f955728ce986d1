"""Read-out operations, and sites for a part of the class scores."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.facts import ClassifierFacts
from ovxai_patterns.classifier.readout_operations import ReadOutOperation
from ovxai_patterns.classifier.scores import Scores, find_scores

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.options import Options
from ovxai_passes.reference.comparing import worst_difference
from tests.fixtures import graphs
from tests.fixtures.attention_graphs import class_attention, learned_query, mean_query, two_branches, two_stages
from tests.fixtures.graphs import CLASSES, Weights, dense, integers, model_of, picture, scalar
from tests.support.running import looped, random_input, run


def read_outs(model: ov.Model) -> list[tuple[str, bool, tuple[int, int]]]:
    """Type of the operation, whether it is an attention, and the grid of what it reads, the deepest first."""
    analysis = ModelAnalysis(model)
    scores = find_scores(analysis)
    assert isinstance(scores, Scores)
    facts = ClassifierFacts(analysis, scores)

    def told(one: ReadOutOperation) -> tuple[str, bool, tuple[int, int]]:
        kind = facts.graph.ops[one.place].get_type_name()
        return str(kind), one.attention, facts.positions(one.source).grid

    return [told(one) for one in facts.read_outs]


def gated() -> ov.Model:
    """Squeeze and excitation before the pooling."""
    w, image = Weights(31), picture(1)
    x = ops.relu(graphs.conv(image, w, 3, 6, 2, stride=2))
    gate = ops.sigmoid(graphs.conv(ops.reduce_mean(x, integers(2, 3), True), w, 6, 6, 1))
    x = graphs.conv(ops.multiply(x, gate), w, 6, 6, 3)
    return model_of(dense(ops.reduce_mean(x, integers(2, 3), False), w, 6, CLASSES), image)


ATTENTION = ("ScaledDotProductAttention", True, (4, 4))


def test_a_pooled_network_has_one_read_out_and_a_gate_is_none() -> None:
    assert read_outs(graphs.cnn()) == [("ReduceMean", False, (4, 4))]
    assert read_outs(gated()) == [("ReduceMean", False, (4, 4))]


def test_an_ordinary_class_token_has_none() -> None:
    assert read_outs(graphs.vit()) == []


@pytest.mark.parametrize(("style", "others"), [("cait", 0), ("xcit", 0), ("volo", 1)])
def test_each_class_attention_is_a_read_out(style: str, others: int) -> None:
    found = read_outs(class_attention(style=style))
    assert found.count(ATTENTION) == 2
    assert [kind for kind, attention, _ in found if not attention] == ["ReduceMax"] * others


def test_learned_and_mean_queries() -> None:
    assert read_outs(learned_query()) == [ATTENTION]
    assert ATTENTION in read_outs(mean_query())


def test_branches_have_read_outs_of_their_own() -> None:
    assert sorted(grid for _, attention, grid in read_outs(two_branches()) if attention) == [(2, 2), (4, 4)]


def test_an_auxiliary_head_is_told_of() -> None:
    report = insert(class_attention(style="volo"), Options()).report
    assert any("positions are also read at" in notice for notice in report.notices)


def test_k_counts_class_attention_as_one_block() -> None:
    model = class_attention()
    assert insert(model, Options(k=1)).report.k == 1
    with pytest.raises(xai.TargetNotFoundError, match="class token"):
        xai.insert_xai(model, k=0)
    with pytest.raises(xai.TargetNotFoundError, match="attention blocks"):
        xai.insert_xai(model, k=2)


def test_the_finest_cheap_branch_is_taken_with_a_notice() -> None:
    report = insert(two_branches(), Options()).report
    assert report.grid == (4, 4)
    assert any("one of 2 branches" in notice for notice in report.notices)
    with pytest.raises(xai.TargetNotFoundError, match="several branches") as caught:
        xai.insert_xai(two_branches(), reference=True)
    assert "grids 4x4, 2x2" in str(caught.value) or "grids 2x2, 4x4" in str(caught.value)


def test_a_stage_is_explained_where_all_of_them_cost_too_much() -> None:
    model = two_stages()
    everything = insert(model, Options(max_cost=1e9))
    assert everything.report.grid == (4, 4)
    assert not any("no one layer" in notice for notice in everything.report.notices)
    budget = everything.report.cost / 2
    part = insert(model, Options(max_cost=budget, embed_scaling=False))
    assert part.report.grid == (2, 2)
    assert part.report.cost <= budget
    assert any("no one layer" in notice for notice in part.report.notices)
    image = random_input(model)
    masks = np.eye(4, dtype=np.float32).reshape(4, 1, 1, 2, 2)
    wanted = looped(lambda: graphs.with_mask(two_stages, [1, 1, 2, 2]), image, masks)
    found = run(part.model, image, name="saliency_map")
    assert worst_difference(found, wanted.reshape(found.shape)) <= 1
    with pytest.raises(xai.TooCostlyError):
        xai.insert_xai(model, max_cost=1e-9)
    with pytest.raises(xai.TargetNotFoundError):
        xai.insert_xai(model, max_cost=budget, target_layer=everything.report.target.name)


def brightest() -> ov.Model:
    """The scores are those of the token that is largest."""
    w, image = Weights(), picture(1)
    x = ops.add(graphs.patches(image, w, 8, 1, 0, False), w(1, 16, 8))
    largest = ops.topk(ops.reduce_sum(x, integers(2), False), scalar(1), 1, "max", "value").output(1)
    chosen = ops.gather(x, ops.squeeze(largest, integers(0, 1)), scalar(1))
    return model_of(dense(chosen, w, 8, CLASSES), image)


def test_an_unknown_read_out_is_explained_with_notices() -> None:
    report = insert(brightest(), Options()).report
    assert (report.readout, report.grid) == ("other", (4, 4))
    assert any("not recognised" in notice for notice in report.notices)
    assert any("no rule for TopK" in notice for notice in report.notices)
