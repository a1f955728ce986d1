"""Which tensor tells the grid at another size: one that the positions come from, laid out on two axes of its sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

import ovxai_passes as xai
from ovxai_passes.reference.comparing import worst_difference
from tests.fixtures import graphs
from tests.fixtures.graphs import CLASSES, Weights, dense, integers, model_of
from tests.support.running import run
from tests.whole.test_reshape import SIZES, outcomes


def _with_context(batch: int = 1) -> ov.Model:
    """Tokens, and a context from a grid of fixed size that is as large as theirs."""
    w, image = Weights(), graphs.picture(batch)
    x = graphs.conv(image, w, 3, 6, 2, stride=2)
    context = ops.relu(graphs.conv(ops.adaptive_avg_pool(ops.relu(x), integers(4, 4)), w, 6, 6, 1))
    tokens = ops.transpose(ops.reshape(x, integers(0, 6, -1), True), integers(0, 2, 1))
    tokens = ops.gelu(
        ops.add(tokens, ops.unsqueeze(ops.reduce_mean(context, integers(2, 3), False), integers(1))), "erf"
    )
    return model_of(dense(ops.reduce_mean(tokens, integers(1), False), w, 6, CLASSES), image)


def _columns(batch: int = 1) -> ov.Model:
    """The mean of each column, flattened: one row of positions, on a tensor that has one axis for them."""
    w, image = Weights(), graphs.picture(batch)
    x = ops.reduce_mean(ops.relu(graphs.conv(image, w, 3, 6, 2, stride=2)), integers(2), False)
    return model_of(dense(ops.reshape(x, integers(0, -1), True), w, 24, CLASSES), image)


def _shuffled(batch: int = 1) -> ov.Model:
    """A map whose positions are shuffled by an operation that a plugin fuses with the next."""
    w, image = Weights(), graphs.picture(batch)
    x = ops.relu(ops.depth_to_space(graphs.conv(image, w, 3, 8, 2, stride=2), "depth_first", 2))
    return model_of(dense(ops.reduce_mean(x, integers(2, 3), False), w, 2, CLASSES), image)


@pytest.mark.sampled(4)
@pytest.mark.parametrize("size", [*SIZES, (2, 4, 16)], ids=str)
@pytest.mark.parametrize("options", [{}, {"explain_method": "activationmap"}, {"reference": True}], ids=str)
def test_a_context_of_fixed_size_tells_nothing(size: tuple[int, int, int], options: dict[str, Any]) -> None:
    assert outcomes(_with_context(), size, False, **options) == "follows"


@pytest.mark.sampled(2)
@pytest.mark.parametrize("build", [_columns, _shuffled])
@pytest.mark.parametrize("options", [{}, {"explain_method": "activationmap"}, {"classes": [3, 1]}], ids=str)
def test_with_a_feature_vector(build: Any, options: dict[str, Any]) -> None:
    model = build()
    image = np.random.default_rng(0).standard_normal((1, 3, 8, 8)).astype(np.float32)
    alone = run(xai.insert_xai(model, embed_scaling=False, **options), image, name="saliency_map")
    both = xai.insert_xai(model, embed_scaling=False, feature_vector=True, **options)
    assert worst_difference(run(both, image, name="saliency_map"), alone) <= 1
    assert run(both, image, name="feature_vector").shape[0] == 1
    np.testing.assert_array_equal(run(both, image), run(model, image))


def _attended(batch: int = 1) -> ov.Model:
    """A learned query attends to the positions of a map, spelled out."""
    w, image = Weights(), graphs.picture(batch)
    x = ops.swish(graphs.conv(image, w, 3, 6, 2, stride=2))
    tokens = ops.transpose(ops.reshape(x, integers(0, 6, -1), True), integers(0, 2, 1))
    shares = ops.softmax(ops.matmul(w(1, 1, 6), tokens, False, True), 2)
    pooled = ops.reshape(ops.matmul(shares, tokens, False, False), integers(0, 6), True)
    return model_of(dense(pooled, w, 6, CLASSES), image)


@pytest.mark.parametrize("shape", [(1, 3, 8, 16), (2, 3, 4, 16), (1, 3, 12, 8)])
def test_a_fenced_feature_vector_follows_the_shape(shape: tuple[int, ...]) -> None:
    model, reshaped = _attended(), _attended()
    reshaped.reshape(list(shape))
    late, early = (
        xai.insert_xai(one, explain_method="activationmap", feature_vector=True, embed_scaling=False)
        for one in (model, reshaped)
    )
    late.reshape(list(shape))
    image = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    for name in ("feature_vector", "saliency_map"):
        np.testing.assert_allclose(run(late, image, name=name), run(early, image, name=name), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("config", [{"INFERENCE_PRECISION_HINT": "f32"}, {}], ids=str)
def test_a_learned_query_is_an_attention(batch: int, config: dict[str, str]) -> None:
    model = _attended(batch)
    augmented = xai.insert_xai(model)
    for seed in range(6):
        image = np.random.default_rng(seed).standard_normal((batch, 3, 8, 8)).astype(np.float32)
        np.testing.assert_array_equal(run(augmented, image, config=config), run(model, image, config=config))
