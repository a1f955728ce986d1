"""EigenCAM against numpy's singular value decomposition, and where that leaves something open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openvino import opset13 as ops

import ovxai_passes as xai
from ovxai_passes.insert import Insertion, insert
from ovxai_passes.methods.eigencam import projected
from ovxai_passes.model_info.read import read_model
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.options import Options
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.resizing import resize_picture
from ovxai_passes.reference.comparing import worst_difference
from ovxai_passes.reference.eigencam import definition, principal
from ovxai_passes.reference.given import Given
from tests.fixtures import graphs
from tests.passes.methods.test_methods import BATCHES, LAYOUTS, Layout
from tests.patterns.detector.test_joined_tokens import detector as joined_detector
from tests.support.extras import needs_pictures
from tests.support.running import Array, random_input, run

SURE = 0.98
"""Of the second singular value over the first: below it the component has to be numpy's."""

RANGE = 1e-3
"""Of a map: how far it may be off."""


def decomposed(rows: Array) -> tuple[Array, float]:
    """Rows [P,C] on the first right singular vector, and the second singular value over the first."""
    _, values, right = np.linalg.svd(np.asarray(rows, np.float64), full_matrices=False)
    scores = rows @ right[0]
    if np.cov(scores, rows.mean(1))[0, 1] < 0:
        scores = -scores
    return scores, float(values[1] / values[0])


def in_graph(rows: Array, places: int) -> Array:
    """What the graph makes of rows [N,P,C], for about so many places."""
    given = ops.parameter(ov.PartialShape([-1, -1, rows.shape[2]]), ov.Type.f32)
    return run(ov.Model([ops.result(projected(given, places))], [given], "rows"), rows.astype(np.float32))[:, :, 0]


def rows_of(layout: Layout, feature: Array, kept: int) -> Array:
    """The positions [N,P,C] of a fixture's target."""
    if feature.ndim == 3:
        return feature[:, kept:]
    return (feature if feature.shape[1:3] == (4, 4) else feature.transpose(0, 2, 3, 1)).reshape(len(feature), 16, -1)


def explained(model: ov.Model, **options: Any) -> Insertion:
    return insert(model, Options.checked(method="eigencam", embed_scaling=False, **options))


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "layout",
    [entry for entry in LAYOUTS if not entry.insertion and entry.name != "two branches"],
    ids=lambda one: one.name,
)
@pytest.mark.parametrize("batch", BATCHES)
def test_maps_are_of_the_first_singular_vector(layout: Layout, batch: int) -> None:
    options = {key: value for key, value in layout.options.items() if key != "masked_from_last"}
    model = layout.build(batch=batch, **options)
    insertion = explained(model)
    image = random_input(model)
    (feature,) = tensors_at(model, [insertion.site.target], [image])
    wanted = [decomposed(one) for one in rows_of(layout, feature, insertion.site.positions.kept)]
    assert max(ratio for _, ratio in wanted) < SURE, "this picture leaves the component open"
    found = run(insertion.model, image, name="saliency_map")
    assert found.shape == (len(image), 4, 4)
    for one, (scores, _) in zip(found.reshape(-1, 16), wanted, strict=True):
        assert np.abs(one - scores).max() <= RANGE * np.ptp(scores)
    np.testing.assert_array_equal(run(insertion.model, image), run(model, image))


@settings(max_examples=15, deadline=None)
@given(
    pictures=st.integers(1, 3),
    places=st.integers(2, 40),
    channels=st.integers(2, 40),
    ratio=st.floats(0, SURE),
    scale=st.sampled_from([1e-12, 1e-3, 1.0, 1e4, 1e12]),
    by_positions=st.booleans(),
    seed=st.integers(0, 999),
)
def test_any_shape_by_either_gram_matrix(
    pictures: int, places: int, channels: int, ratio: float, scale: float, by_positions: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    count = min(places, channels)
    left, right = (np.linalg.qr(rng.standard_normal((pictures, size, count)))[0] for size in (places, channels))
    values = np.array([1.0, *np.linspace(ratio, 0, count - 1)])
    rows = (scale * (left * values) @ right.transpose(0, 2, 1)).astype(np.float32)
    found = in_graph(rows, channels - 1 if by_positions else channels)
    for one, given_rows in zip(found, rows, strict=True):
        scores, _ = decomposed(given_rows)
        mean = given_rows.mean(1)
        if abs(np.corrcoef(scores, mean)[0, 1]) < 1e-3:  # the sign is open
            scores = scores * np.sign(scores @ one)
        assert np.abs(one - scores).max() <= RANGE * max(np.ptp(scores), 0.01 * np.abs(scores).max())


@pytest.mark.parametrize("by_positions", [False, True])
@pytest.mark.parametrize("ratio", [0.985, 0.995, 0.999, 1.0])
def test_near_ties_are_what_the_definition_says(ratio: float, by_positions: bool) -> None:
    rng = np.random.default_rng(5)
    left, right = (np.linalg.qr(rng.standard_normal((size, 12)))[0] for size in (30, 20))
    rows = ((left * np.array([1.0, ratio, *np.linspace(0.5, 0, 10)])) @ right.T).astype(np.float32)
    found = in_graph(rows[None], 19 if by_positions else 20)
    wanted = principal(rows.astype(np.float64))[None]
    assert worst_difference(found, wanted, -1) <= 1


@pytest.mark.parametrize("by_positions", [False, True])
def test_constant_maps_are_finite(by_positions: bool) -> None:
    places = 3 if by_positions else 9
    assert not in_graph(np.zeros((2, 9, 5)), places).any()
    even = in_graph(np.broadcast_to([1.0, -2.0, 0.5, 3.0, 2.0], (2, 9, 5)), places)
    assert np.isfinite(even).all()
    np.testing.assert_allclose(np.abs(even), np.linalg.norm([1.0, -2.0, 0.5, 3.0, 2.0]), rtol=1e-5)
    rows = np.zeros((2, 9, 5))
    rows[1] = np.random.default_rng(0).random((9, 5))  # of two pictures one is empty
    found = in_graph(rows, places)
    assert not found[0].any()
    np.testing.assert_allclose(found[1], decomposed(rows[1])[0], rtol=1e-4)


def test_a_network_that_gives_zeros_gives_a_map_of_zeros() -> None:
    """Of both scalings; the features are those of a ReLU, which a picture can leave at 0."""
    picture, cells = ops.parameter([1, 3, 4, 4], ov.Type.f32), [0, 0]
    weights = np.random.default_rng(0).random((6, 3, 1, 1), np.float32)
    features = ops.relu(ops.convolution(picture, ops.constant(weights), [1, 1], cells, cells, [1, 1]))
    pooled = ops.reduce_mean(features, ops.constant([2, 3]), False)
    scores = ops.matmul(pooled, ops.constant(weights[:, :, 0, 0]), False, False)
    model = ov.Model([ops.result(scores)], [picture], "dark")
    for scaling in ("none", "map"):
        augmented = xai.insert_xai(model, explain_method="eigencam", scaling=scaling, max_cost=1e6)
        dark = run(augmented, np.full((1, 3, 4, 4), -1, np.float32), name="saliency_map")
        assert not dark.any()
        assert run(augmented, random_input(model), name="saliency_map").any()


def test_the_sign_goes_with_the_mean() -> None:
    rows = np.random.default_rng(1).random((1, 12, 6))
    bright, dark = in_graph(rows, 12)[0], in_graph(-rows, 12)[0]
    assert np.corrcoef(bright, rows[0].mean(1))[0, 1] > 0
    assert np.corrcoef(dark, -rows[0].mean(1))[0, 1] > 0
    np.testing.assert_allclose(bright, -dark, rtol=1e-4)


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_models_of_other_precision_are_explained_in_f32(kind: type[np.floating[Any]]) -> None:
    insertion = explained(graphs.cnn(1, kind))
    image = random_input(graphs.cnn(1, kind))
    found = run(insertion.model, image, name="saliency_map")
    wanted = run(explained(graphs.cnn(1)).model, image.astype(np.float32), name="saliency_map")
    assert found.dtype == np.float32
    assert np.abs(found - wanted).max() < (1e-6 if kind is np.float32 else 2e-2) * np.abs(wanted).max()
    computed = {node.get_type_name() for node in insertion.state.branch.model.get_ops()}  # type: ignore[union-attr]
    assert {"MatMul", "TopK"} <= computed


@pytest.mark.parametrize("size", ["middle", "largest"])
def test_tokens_of_one_of_several_maps(size: str) -> None:
    model = joined_detector(encoder=True)
    insertion = explained(model, task="detection", saliency_map_size=size)
    image = random_input(model)
    feature = insertion.target.feature
    assert feature is not None
    assert feature.joined
    high, wide = feature.positions.grid
    (tokens,) = tensors_at(model, [feature.tensor], [image])
    first = 0 if size == "largest" else tokens.shape[1] - high * wide
    scores, ratio = decomposed(tokens[0, first : first + high * wide])
    assert ratio < SURE
    found = run(insertion.model, image, name="saliency_map")
    assert found.shape == (1, high, wide)
    assert np.abs(found.reshape(-1) - scores).max() <= RANGE * np.ptp(scores)


@pytest.mark.parametrize(
    ("build", "options", "said"),
    [
        (graphs.cnn, {"mask": "onehot"}, "masks nothing"),
        (graphs.vit, {"k": 1}, "masks nothing"),
        (graphs.cnn, {"top_k": 1}, "one map for all classes"),
        (graphs.cnn, {"classes": [0]}, "one map for all classes"),
        (graphs.cnn, {"objectness": True}, "objectness is not for method"),
        (joined_detector, {"task": "detection", "saliency_map_size": (3, 3)}, "eigencam is as large as a feature map"),
        (joined_detector, {"task": "detection", "background": 0}, "background is not for method 'eigencam'"),
    ],
)
def test_options_that_do_not_go_with_it(build: Any, options: dict[str, Any], said: str) -> None:
    model = build(True) if build is joined_detector else build()
    with pytest.raises(xai.OptionError, match=said):
        explained(model, **options)


def test_a_budget_is_kept() -> None:
    assert 0 < explained(graphs.vit()).report.cost < 20
    for limit, said in (({"max_cost": 1e-3}, "max_cost"), ({"max_tensor_gib": 1e-9}, "max_tensor_gib")):
        with pytest.raises(xai.TooCostlyError, match=r"activationmap.*") as caught:
            explained(graphs.vit(), **limit)
        assert said in str(caught.value)


PICTURES = ("cat.png", "hummingbird.jpg", "parrot.jpg", "kitten.png", "fish.png")


def test_features_of_real_pictures(data: Path) -> None:
    """The definition, which --verify compares with, is the decomposition where that leaves nothing open."""
    needs_pictures()
    model = read_model(data / "efficientnet_lite0.xml")
    pixels = np.stack([resize_picture(read_picture(data / name), (224, 224)) for name in PICTURES])
    pictures = ((pixels.transpose(0, 3, 1, 2).astype(np.float32) - 127) / 128).astype(np.float32)
    insertion = explained(model)
    found = run(insertion.model, pictures, name="saliency_map")
    feature = insertion.target.feature
    assert feature is not None
    (values,) = tensors_at(model, [feature.tensor], [pictures])
    defined = definition(Given(insertion.target, lambda tensors: tensors_at(model, tensors, [pictures]), (224, 224)))
    assert worst_difference(found, defined) <= 1
    for one, rows in zip(found.reshape(len(found), -1), values.reshape(*values.shape[:2], -1), strict=True):
        scores, ratio = decomposed(rows.T)
        assert ratio < SURE
        assert np.abs(one - scores).max() <= RANGE * np.ptp(scores)
