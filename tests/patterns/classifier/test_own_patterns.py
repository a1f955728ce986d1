"""Patterns of one's own for classifiers: which of their matches is the target, and why others are none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import openvino as ov
import pytest
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.request import TargetRequest
from ovxai_patterns.classifier.site import NoSite, Site
from ovxai_patterns.classifier.target import TargetSearch, find_site
from ovxai_patterns.matchers.pattern import GraphPattern, Match

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.options import Options
from tests.fixtures import graphs
from tests.fixtures.attention_graphs import two_branches
from tests.fixtures.own import patterns as own_patterns
from tests.fixtures.own.heads import gated_features, two_heads, weighed_positions
from tests.support.running import random_input, run


def found(model: ov.Model, *patterns: type[GraphPattern], k: int | None = None, partial: int = 0) -> Site | NoSite:
    return find_site(ModelAnalysis(model), TargetRequest(patterns=patterns, k=k, partial=partial))


def site(model: ov.Model, *patterns: type[GraphPattern], k: int | None = None) -> Site:
    one = found(model, *patterns, k=k)
    assert isinstance(one, Site), one
    return one


def refused(model: ov.Model, *patterns: type[GraphPattern], k: int | None = None) -> Sequence[str]:
    """The lines that say why."""
    one = found(model, *patterns, k=k)
    assert isinstance(one, NoSite)
    assert one.reason.endswith("leave patterns out to have a target found")
    assert one.candidates
    return one.near_misses


def test_the_target_is_what_is_bound() -> None:
    one = site(graphs.cnn(), own_patterns.MeanPooled)
    plain = find_site(ModelAnalysis(graphs.cnn()), TargetRequest())
    assert isinstance(plain, Site)
    assert (one.target, one.masked, one.k) == (plain.target, plain.masked, plain.k)
    assert (one.found_by, plain.found_by) == ("mean pooled", "LastFeatureMap")
    assert "named by pattern 'mean pooled'" in one.story[-1]


def test_a_layer_given_by_name_is_found_by_nothing() -> None:
    assert xai.plan(weighed_positions(), xai.Options(target_layer="features")).found_by == ""


def test_patterns_are_tried_in_order() -> None:
    assert site(graphs.cnn(), own_patterns.MaxPooled, own_patterns.MeanPooled).found_by == "mean pooled"
    assert site(graphs.cnn(), own_patterns.MeanPooled, own_patterns.Features).found_by == "mean pooled"
    assert site(graphs.cnn(), own_patterns.Features, own_patterns.MeanPooled).found_by == "features"


def test_of_several_matches_the_deepest_that_can_be_explained_is_taken() -> None:
    """The 4x4 map is deeper, and the scores read the 8x8 map past it."""
    one = site(two_heads(), own_patterns.MeanPooled)
    assert one.positions.grid == (8, 8)


def test_a_block_of_a_class_token_transformer() -> None:
    """Norms deeper than the last block's first one have dead positions."""
    plain = find_site(ModelAnalysis(graphs.vit()), TargetRequest())
    one = site(graphs.vit(), own_patterns.Normed)
    assert isinstance(plain, Site)
    assert (one.target, one.masked, one.k, one.readout) == (plain.target, plain.masked, 1, plain.readout)
    assert one.found_by == "normed tokens"


def test_another_layer_than_the_one_that_would_be_found() -> None:
    """The features above a gate: the map is that of the layer given by name, not the default one."""
    model, image = gated_features(), random_input(gated_features(), 1)
    options: tuple[dict[str, object], ...] = ({"patterns": own_patterns.Features}, {"target_layer": "features"}, {})
    models = [insert(model, Options.checked(embed_scaling=False, **one)).model for one in options]
    mine, named, plain = (run(one, image, name="saliency_map") for one in models)
    np.testing.assert_array_equal(mine, named)
    assert np.abs(mine - plain).max() > 1e-3


@pytest.mark.parametrize(
    ("model", "pattern", "said"),
    [
        (graphs.cnn, own_patterns.MaxPooled, "matches nowhere; nearest: ReduceMean"),
        (graphs.cnn, own_patterns.MaxPooled, "is not ReduceMax (1 operation above MatMul"),
        (graphs.vit, own_patterns.MeanPooled, "is not ReduceMean"),
        (graphs.cnn, own_patterns.Normed, "matches nowhere; no operation is like the one that it begins at"),
        (two_heads, own_patterns.FinePooled, "other paths lead past it to the class scores"),
        (graphs.cnn, own_patterns.Pooled, "its output has no grid of positions"),
        (graphs.cnn, own_patterns.Picture, "its output is the picture itself"),
        (graphs.cnn, own_patterns.Scores, "it is the class scores themselves"),
        (graphs.cnn, own_patterns.Sometimes, "matches, and binds no tensor by the name 'target' there"),
        (graphs.cnn, own_patterns.Failing, "failed: KeyError: 'no such tensor'"),
    ],
)
def test_why_there_is_none(model: Callable[[], ov.Model], pattern: type[GraphPattern], said: str) -> None:
    lines = refused(model(), pattern)
    assert any(line.startswith(f"pattern {pattern.name!r} ") and said in line for line in lines), lines


def test_dead_positions_are_said() -> None:
    class Last(own_patterns.Normed):
        """The norm before the classifier alone."""

        name = "last norm"

        @staticmethod
        def check(match: Match) -> str:
            last = match.root.get_friendly_name() == names[-1]
            return "" if last else "is not the last norm"

    model = graphs.vit()
    analysis = ModelAnalysis(model)
    names = [match.root.get_friendly_name() for match in own_patterns.Normed().find_in(model)]
    one = find_site(analysis, TargetRequest(patterns=(Last,)))
    assert isinstance(one, NoSite)
    assert "its positions do not reach the class scores" in one.near_misses[0]


def test_every_pattern_and_match_has_its_line() -> None:
    lines = refused(two_heads(), own_patterns.MaxPooled, own_patterns.FinePooled, own_patterns.Picture)
    assert [line.split("'")[1] for line in lines] == ["max pooled", "fine pooled", "picture"]


def test_a_number_of_blocks_that_does_not_go_with_the_target() -> None:
    assert "k=1 re-runs attention blocks, but none starts at" in refused(graphs.cnn(), own_patterns.MeanPooled, k=1)[0]


def test_parts_of_the_scores_are_not_looked_for() -> None:
    one = found(two_branches(), own_patterns.MeanPooled, partial=1)
    assert isinstance(one, NoSite)
    assert "not a part of them" in one.reason
    with pytest.raises(xai.TargetNotFoundError, match="no pattern given names a target"):
        xai.plan(two_branches(), xai.Options(patterns=(own_patterns.MeanPooled,)))
    assert xai.plan(two_branches(), xai.Options()).found_by == "dataflow"


def test_one_search_serves_requests_with_and_without() -> None:
    search = TargetSearch(ModelAnalysis(gated_features()))
    targets = [
        one.target
        for one in map(search.site, (TargetRequest(patterns=(own_patterns.Features,)), TargetRequest()))
        if isinstance(one, Site)
    ]
    assert len(set(targets)) == 2
