"""Heads to build a branch from: each is cut when it is asked for, and once."""

from __future__ import annotations

from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.layout import analysis_clone

from ovxai_passes.head.classes import ChosenHead
from ovxai_passes.head.cut import Head
from ovxai_passes.head.variants import head_variants
from ovxai_passes.insert import insert
from ovxai_passes.options import Options
from tests.fixtures import graphs


def test_heads_are_cut_when_they_are_asked_for() -> None:
    model, cut = graphs.cnn(), list[Head]()
    site = insert(model, Options()).site

    def pick(head: Head) -> ChosenHead:
        cut.append(head)
        return ChosenHead(head, ())

    heads = head_variants(model, site, ModelGraph(analysis_clone(model)), pick)
    assert not cut
    first = next(iter(heads))
    assert cut == [first.head]
    assert len(list(heads)) == len(cut) == 3
    assert [one.head for one in heads] == cut, "the second time through cuts nothing"
