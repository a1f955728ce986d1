"""Each pattern of classifiers: a fixture that it matches, one that it must not match, and why it nearly did."""

from __future__ import annotations

from collections.abc import Callable

import openvino as ov
import pytest
from openvino.passes import Manager
from ovxai_patterns.matchers.attention import Attention, AttentionPooling, ClassAttention
from ovxai_patterns.matchers.backbone import FlattenedReadOut, LastFeatureMap, ScoresPooledLast
from ovxai_patterns.matchers.blocks import ParallelBlock, PostNormBlock, PreNormBlock, WindowedBlock
from ovxai_patterns.matchers.norms import LayerNorm
from ovxai_patterns.matchers.pattern import GraphPattern

from tests.fixtures import attention_graphs, block_graphs, graphs
from tests.fixtures.pooled.in_steps import columns, two_steps

Build = Callable[[], ov.Model]


def vit(style: str) -> Build:
    return lambda: graphs.vit(style=style)


def normed(kind: str) -> Build:
    return lambda: block_graphs.normed_vit(kind)


MATCHES: list[tuple[type[GraphPattern], Build, int, dict[str, tuple[str, list[int]]]]] = [
    (LastFeatureMap, graphs.cnn, 1, {"target": ("Relu", [1, 6, 4, 4]), "pooling": ("ReduceMean", [1, 6])}),
    (LastFeatureMap, graphs.max_cnn, 1, {"pooling": ("ReduceMax", [1, 6, 1, 1])}),
    (LastFeatureMap, graphs.nhwc_cnn, 1, {}),
    (LastFeatureMap, graphs.quantised_cnn, 1, {"target": ("FakeQuantize", [1, 6, 4, 4])}),
    (LastFeatureMap, graphs.windowed, 1, {"target": ("Add", [1, 4, 4, 8])}),
    (LastFeatureMap, two_steps, 1, {"target": ("Swish", [1, 6, 4, 4]), "pooling": ("ReduceMax", [1, 6, 1, 1])}),
    (LastFeatureMap, lambda: two_steps(axes=(2, 1), keep=False), 1, {"target": ("Transpose", [1, 4, 4, 6])}),
    (LastFeatureMap, lambda: two_steps(pooling="windows"), 1, {"target": ("Swish", [1, 6, 4, 4])}),
    (LastFeatureMap, lambda: two_steps(bent=True), 1, {"target": ("Swish", [1, 6, 4, 4])}),
    (ScoresPooledLast, graphs.scores_pooled, 1, {"classifier": ("Convolution", [1, 5, 4, 4])}),
    (FlattenedReadOut, graphs.flattened, 1, {"classifier": ("MatMul", [1, 9])}),
    (LayerNorm, vit("pre"), 5, {"norm": ("MVN", [1, 17, 8])}),
    (LayerNorm, normed("sqrt"), 5, {"norm": ("Divide", [1, 17, 8])}),
    (LayerNorm, normed("power"), 5, {"norm": ("Multiply", [1, 17, 8])}),
    (LayerNorm, normed("rms"), 5, {"norm": ("Divide", [1, 17, 8])}),
    (Attention, vit("pre"), 2, {}),
    (Attention, attention_graphs.learned_query, 1, {}),
    (AttentionPooling, attention_graphs.learned_query, 1, {"target": ("Add", [1, 16, 8])}),
    (ClassAttention, attention_graphs.class_attention, 2, {"target": ("Add", [1, 17, 8])}),
    (PreNormBlock, vit("pre"), 2, {"target": ("Add", [1, 17, 8]), "norm": ("Add", [1, 17, 8])}),
    (PreNormBlock, graphs.quantised_vit, 2, {}),
    (PreNormBlock, normed("sqrt"), 2, {"norm": ("Add", [1, 17, 8])}),
    (PreNormBlock, normed("power"), 2, {}),
    (PreNormBlock, normed("rms"), 2, {"norm": ("Multiply", [1, 17, 8])}),
    (WindowedBlock, block_graphs.windowed_block, 1, {"target": ("Transpose", [1, 4, 4, 8])}),
    (PostNormBlock, vit("post"), 2, {"target": ("Add", [1, 17, 8])}),
    (PostNormBlock, block_graphs.swin_v2_block, 1, {}),
    (ParallelBlock, vit("parallel"), 2, {"joined": ("Add", [1, 17, 8])}),
]

MUST_NOT: list[tuple[type[GraphPattern], Build, str]] = [
    (LastFeatureMap, graphs.scores_pooled, "is not Convolution or GroupConvolution or MatMul"),
    (LastFeatureMap, vit("pre"), "is not"),
    (LastFeatureMap, block_graphs.gated_cnn, "is not"),
    (LastFeatureMap, lambda: columns("flat"), "does not reduce over all axes of positions"),
    (ScoresPooledLast, graphs.cnn, "is not"),
    (FlattenedReadOut, graphs.cnn, "is not Reshape or Squeeze"),
    (FlattenedReadOut, lambda: columns("flat"), "reads what a pooling over one axis leaves"),
    (LayerNorm, graphs.cnn, ""),
    (LayerNorm, lambda: block_graphs.one_norm("tokens"), "is not over the channels"),
    (LayerNorm, lambda: block_graphs.one_norm("itself"), "is not made of constants"),
    (Attention, graphs.cnn, ""),
    (AttentionPooling, vit("pre"), "is not"),
    (ClassAttention, vit("pre"), "has as many queries as keys"),
    (ClassAttention, attention_graphs.learned_query, "is not Concat"),
    (PreNormBlock, vit("post"), "is not"),
    (PreNormBlock, vit("parallel"), "is not"),
    (WindowedBlock, vit("pre"), "is not Transpose"),
    (WindowedBlock, lambda: block_graphs.windowed_block(attends=False), "is not"),
    (PostNormBlock, vit("pre"), "is not"),
    (ParallelBlock, vit("pre"), "is not the tensor that is read elsewhere"),
]


@pytest.mark.parametrize(("kind", "build", "count", "bound"), MATCHES, ids=lambda value: getattr(value, "name", None))
def test_a_pattern_names_what_it_matches(
    kind: type[GraphPattern], build: Build, count: int, bound: dict[str, tuple[str, list[int]]]
) -> None:
    matches = kind().find_in(build())
    assert [match.pattern for match in matches] == [kind.name] * count
    for name, (operation, shape) in bound.items():
        tensor = matches[-1][name]
        assert (tensor.get_node().get_type_name(), list(tensor.get_shape())) == (operation, shape), name


@pytest.mark.parametrize(("kind", "build", "reason"), MUST_NOT, ids=lambda value: getattr(value, "name", None))
def test_a_pattern_that_does_not_match_says_what_failed(kind: type[GraphPattern], build: Build, reason: str) -> None:
    model = build()
    assert kind().find_in(model) == []
    watched = kind(watched=True)
    assert watched.find_in(model) == []
    if reason:
        assert watched.near_miss is not None
        assert reason in watched.near_miss.reason, str(watched.near_miss)


@pytest.mark.parametrize("kind", list(dict.fromkeys(row[0] for row in MATCHES)))
def test_passes_give_their_matches_in_a_manager_of_ones_own(kind: type[GraphPattern]) -> None:
    build, count = next((build, count) for other, build, count, _ in MATCHES if other is kind)
    model, manager, own = build(), Manager(), kind()
    before = [node.get_name() for node in model.get_ordered_ops()]
    manager.register_pass(own)
    manager.run_passes(model)
    assert len(own.matches) == count
    assert [node.get_name() for node in model.get_ordered_ops()] == before


def test_watched_patterns_match_the_same() -> None:
    for kind, build, count, _ in MATCHES:
        assert len(kind(watched=True).find_in(build())) == count, kind.name
