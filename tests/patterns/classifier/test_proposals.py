"""What patterns propose for classifiers, against what dataflow finds without them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import openvino as ov
import pytest
from hypothesis import given, settings
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.facts import ClassifierFacts
from ovxai_patterns.classifier.proposals import PATTERNS, is_right, proposals_of
from ovxai_patterns.classifier.request import TargetRequest
from ovxai_patterns.classifier.scores import Scores, find_scores
from ovxai_patterns.classifier.site import NoSite, Site
from ovxai_patterns.classifier.target import TargetSearch

from tests.fixtures import attention_graphs, block_graphs, graphs, heads, position_heads
from tests.fixtures.pooled.in_steps import columns, two_steps

Build = Callable[[], ov.Model]

FOUND_BY: dict[str, tuple[Build, str]] = {
    "cnn": (graphs.cnn, "LastFeatureMap"),
    "max_cnn": (graphs.max_cnn, "LastFeatureMap"),
    "nhwc_cnn": (graphs.nhwc_cnn, "LastFeatureMap"),
    "transposed_pooling": (graphs.transposed_pooling, "LastFeatureMap"),
    "quantised_cnn": (graphs.quantised_cnn, "LastFeatureMap"),
    "flattened": (graphs.flattened, "FlattenedReadOut"),
    "scores_pooled": (graphs.scores_pooled, "ScoresPooledLast"),
    "windowed": (graphs.windowed, "LastFeatureMap"),
    "windowed_block": (block_graphs.windowed_block, "LastFeatureMap"),
    "swin_v2_block": (block_graphs.swin_v2_block, "LastFeatureMap"),
    "pre": (lambda: graphs.vit(style="pre"), "PreNormBlock"),
    "two tokens": (lambda: graphs.vit(kept=2), "PreNormBlock"),
    "mean of tokens": (lambda: graphs.vit(kept=0), "LastFeatureMap"),
    "post": (lambda: graphs.vit(style="post"), "PostNormBlock"),
    "parallel": (lambda: graphs.vit(style="parallel"), "ParallelBlock"),
    "quantised_vit": (graphs.quantised_vit, "PreNormBlock"),
    "spelled norm": (lambda: block_graphs.normed_vit("sqrt"), "PreNormBlock"),
    "power norm": (lambda: block_graphs.normed_vit("power"), "PreNormBlock"),
    "rms norm": (lambda: block_graphs.normed_vit("rms"), "PreNormBlock"),
    "cait": (attention_graphs.class_attention, "ClassAttention"),
    "xcit": (lambda: attention_graphs.class_attention(style="xcit"), "ClassAttention"),
    "volo": (lambda: attention_graphs.class_attention(style="volo"), "ClassAttention"),
    "learned_query": (attention_graphs.learned_query, "AttentionPooling"),
    "mean beside token": (block_graphs.mean_beside_token, "LastFeatureMap"),
    "mean_query": (attention_graphs.mean_query, "dataflow"),
    "two steps": (two_steps, "LastFeatureMap"),
    "two steps, bent": (lambda: two_steps(bent=True, keep=False), "LastFeatureMap"),
    "flat columns": (lambda: columns("flat"), "dataflow"),
    "gated_cnn": (block_graphs.gated_cnn, "dataflow"),
}
"""Fixtures, and what finds their target: the name of a pattern, or dataflow alone."""


def sites(model: ov.Model, **request: object) -> tuple[Site | NoSite, Site | NoSite]:
    """What is found with the patterns, and without."""
    asked = TargetRequest(**request)  # type: ignore[arg-type]
    return tuple(TargetSearch(ModelAnalysis(model), patterns=given).site(asked) for given in (PATTERNS, ()))  # type: ignore[return-value]


def assert_alike(model: ov.Model) -> str:
    """Asserts that patterns change nothing but the name; returns it."""
    named, alone = sites(model)
    if isinstance(named, NoSite) or isinstance(alone, NoSite):
        assert isinstance(named, NoSite)
        assert isinstance(alone, NoSite)
        assert named.reason == alone.reason
        return ""
    assert (named.target, named.masked, named.k) == (alone.target, alone.masked, alone.k)
    assert (named.readout, named.positions.grid, named.dynamic) == (alone.readout, alone.positions.grid, alone.dynamic)
    assert (named.notices, named.grid_source) == (alone.notices, alone.grid_source)
    assert alone.found_by == "dataflow"
    return named.found_by


def false_proposals(model: ov.Model) -> dict[str, int]:
    """Of each pattern, how many of its proposals are not what it says."""
    analysis = ModelAnalysis(model)
    scores = analysis.get(find_scores)
    assert isinstance(scores, Scores)
    facts = analysis.get(ClassifierFacts, scores)
    counted = {}
    for kind, says in PATTERNS:
        wrong = sum(not is_right(facts, one) for one in proposals_of(facts, kind, says))
        if wrong:
            counted[kind.name] = wrong
    return counted


@pytest.mark.parametrize("name", FOUND_BY)
def test_the_pattern_names_what_dataflow_finds_alone(name: str) -> None:
    build, found_by = FOUND_BY[name]
    assert assert_alike(build()) == found_by


def test_false_proposals_are_few() -> None:
    counted = {name: false_proposals(build()) for name, (build, _) in FOUND_BY.items()}
    assert {name: wrong for name, wrong in counted.items() if wrong} == {}


def test_a_model_of_two_branches_has_no_target_and_a_pattern_makes_none() -> None:
    assert assert_alike(attention_graphs.two_branches()) == ""


@given(plan=heads.plans())
@settings(max_examples=15, deadline=None)
def test_any_head_has_the_target_that_it_has_without_patterns(plan: heads.HeadPlan) -> None:
    assert_alike(heads.build(plan))


@given(plan=position_heads.position_plans())
@settings(max_examples=15, deadline=None)
def test_any_movement_of_positions_has_the_target_that_it_has_without_patterns(
    plan: position_heads.PositionPlan,
) -> None:
    assert_alike(position_heads.build_positions(plan))


def test_the_story_says_which_pattern_proposed() -> None:
    named, alone = sites(graphs.cnn())
    assert isinstance(named, Site)
    assert isinstance(alone, Site)
    assert any("'LastFeatureMap'" in line for line in named.story)
    assert not any("pattern" in line for line in alone.story)


def test_further_blocks_keep_the_name() -> None:
    named, alone = sites(graphs.vit(), k=2)
    assert isinstance(named, Site)
    assert isinstance(alone, Site)
    assert (named.target, named.found_by) == (alone.target, "PreNormBlock")


def _zoo() -> list[Path]:
    return sorted(Path(os.environ.get("OVXAI_ZOO", "")).rglob("*.xml")) if "OVXAI_ZOO" in os.environ else []


@pytest.mark.slow
@pytest.mark.skipif(not _zoo(), reason="OVXAI_ZOO names no folder of converted classifiers")
def test_the_zoo_has_the_targets_that_it_has_without_patterns_and_nine_of_ten_are_named() -> None:
    core = ov.Core()
    names = [found_by for found_by in (assert_alike(core.read_model(path)) for path in _zoo()) if found_by]
    assert names.count("dataflow") <= 0.1 * len(names)
