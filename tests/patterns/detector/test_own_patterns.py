"""Patterns of one's own for detectors: every match binds a class head, or a feature map."""

from __future__ import annotations

import numpy as np
import pytest
from ovxai_patterns.matchers.pattern import GraphPattern

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.options import Options
from tests.fixtures import detector_graphs
from tests.fixtures.own import patterns as own_patterns
from tests.support.running import random_input, run

METHOD = xai.Method.ACTIVATIONMAP


def test_matches_are_the_levels_of_class_heads() -> None:
    known = detector_graphs.yolox()
    report = xai.plan(known.model, xai.Options(patterns=(own_patterns.BiasedConvolution,)))
    assert tuple(level.name for level in report.levels) == known.heads
    assert report.found_by == "class head"
    assert "named by pattern 'class head': cls0" in report.story[-1]
    assert xai.plan(known.model, xai.Options()).found_by == "ConvClassHead"
    assert xai.plan(known.model, xai.Options(target_layer=known.heads)).found_by == ""


def test_one_match_may_name_several_levels() -> None:
    known = detector_graphs.yolox()
    report = xai.plan(known.model, xai.Options(patterns=(own_patterns.TwoHeads,)))
    assert tuple(level.name for level in report.levels) == known.heads
    assert report.found_by == "two heads"


def test_the_map_is_that_of_the_heads_given_by_name() -> None:
    known = detector_graphs.yolox()
    image = random_input(known.model, 2)
    mine, named = (
        insert(known.model, Options.checked(embed_scaling=False, num_anchors=1, **given)).model
        for given in ({"patterns": own_patterns.BiasedConvolution}, {"target_layer": known.heads})
    )
    np.testing.assert_array_equal(run(mine, image, name="saliency_map"), run(named, image, name="saliency_map"))


def test_matches_are_feature_maps() -> None:
    known = detector_graphs.yolox()
    grids = {
        size: xai.plan(
            known.model, xai.Options(patterns=(own_patterns.Features,), method=METHOD, saliency_map_size=size)
        )
        for size in (None, "largest")
    }
    assert {size: report.grid for size, report in grids.items()} == {None: (8, 8), "largest": (16, 16)}
    assert {report.found_by for report in grids.values()} == {"features"}
    name = grids[None].target.name
    assert xai.plan(known.model, xai.Options(target_layer=name, method=METHOD)).found_by == ""
    assert xai.plan(known.model, xai.Options(method=METHOD)).found_by == "ConvClassHead"


@pytest.mark.parametrize(
    ("pattern", "options", "said"),
    [
        (own_patterns.MeanPooled, {}, "'mean pooled' matches nowhere"),
        (own_patterns.BiasedConvolution, {"num_anchors": 2}, "which are not 2 anchors of as many classes"),
        (own_patterns.BiasedConvolution, {"num_anchors": (1, 1, 1)}, "3 numbers of anchors for 2 layers"),
        (own_patterns.Picture, {"method": METHOD}, "does not make a map of positions"),
    ],
)
def test_why_there_is_none(pattern: type[GraphPattern], options: dict[str, object], said: str) -> None:
    with pytest.raises(xai.TargetNotFoundError, match="no pattern given names a target") as caught:
        xai.plan(detector_graphs.yolox().model, xai.Options.checked(patterns=pattern, **options))
    assert any(said in line for line in caught.value.near_misses), caught.value


def test_the_next_pattern_is_tried() -> None:
    patterns = (own_patterns.MeanPooled, own_patterns.BiasedConvolution)
    assert xai.plan(detector_graphs.yolox().model, xai.Options(patterns=patterns)).found_by == "class head"
