"""Maps that tell classes apart: every layout against the definition, and by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.cli import transform

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.mapping.contrast import Contrasted, contrasted
from ovxai_passes.methods.spec import required
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.ops.branch import Branch
from ovxai_passes.options import Options
from ovxai_passes.reference.comparing import worst_difference
from ovxai_passes.reference.contrast import contrast_definition
from ovxai_passes.reference.given import Given
from ovxai_passes.vocabulary import Contrast
from tests.fixtures import graphs
from tests.fixtures.graphs import CLASSES, Weights, dense, integers, model_of, picture
from tests.passes.methods.test_methods import LAYOUTS, Layout, _plain
from tests.support.cli import invoke
from tests.support.running import Array, Floats, random_input, run

KINDS = ("share", "finer", "mean")


def _definition(model: ov.Model, image: Array, options: dict[str, Any], kind: str, from_zero: bool) -> Floats:
    insertion = insert(model, Options.checked(embed_scaling=False, **options))
    given = Given(
        insertion.target, lambda tensors: tensors_at(model, tensors, [image]), (0, 0), required(insertion.state.head)
    )
    found = contrast_definition(given, Contrast(kind), multi_label=False, from_zero=from_zero)
    return found.reshape(*found.shape[:2], *insertion.report.grid).astype(np.float32)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.sampled(14)
def test_equal_to_the_definition(layout: Layout, kind: str) -> None:
    model = _plain(layout, -1)
    image = random_input(model)
    made = xai.insert_xai(model, embed_scaling=False, contrast=kind, **layout.insertion)
    found = run(made, image, name="saliency_map")
    assert worst_difference(found, _definition(model, image, layout.insertion, kind, False)) <= 1
    np.testing.assert_array_equal(run(made, image), run(model, image))
    beyond = _definition(model, image, layout.insertion, kind, True)
    scale = np.maximum(beyond, 0).max((1, 2, 3), keepdims=True)
    if (scale > 1e-3 * np.abs(beyond).max()).all():
        positive = xai.insert_xai(model, scaling="positive", contrast=kind, **layout.insertion)
        off = np.abs(run(positive, image, name="saliency_map") - np.floor(255 * np.maximum(beyond, 0) / scale))
        assert off.max() <= 1


def test_a_linear_head_says_by_hand_what_a_place_looks_like() -> None:
    """The mean over positions, then a matrix: every position has scores of its own."""
    w, image = Weights(), picture(-1)
    x = ops.swish(graphs.conv(image, w, 3, 8, 2, stride=2))
    matrix, bias = w(CLASSES, 8), w(CLASSES)
    scores = ops.add(ops.matmul(ops.reduce_mean(x, integers(2, 3), False), matrix, False, True), bias)
    model = model_of(scores, image)
    data = random_input(model)
    insertion = insert(model, Options(embed_scaling=False))
    (features,) = tensors_at(model, [insertion.target.layer], [data])
    weights, shift = (np.array(one.get_data()) for one in (matrix, bias))
    places = np.einsum("kc,nchw->nkhw", weights, np.asarray(features, np.float32)) + shift.reshape(1, -1, 1, 1)
    found = run(xai.insert_xai(model, embed_scaling=False, contrast="share"), data, name="saliency_map")
    powers = np.exp(places - places.max(1, keepdims=True))
    np.testing.assert_allclose(found, powers / powers.sum(1, keepdims=True), atol=1e-5)
    both = run(
        xai.insert_xai(model, embed_scaling=False, contrast="share", multi_label=True), data, name="saliency_map"
    )
    np.testing.assert_allclose(both, 1 / (1 + np.exp(-places)), atol=1e-5)


@pytest.mark.parametrize("classes", [2, 3, 4, 6])
def test_the_best_rivals_by_hand(classes: int) -> None:
    rng = np.random.default_rng(classes)
    maps = rng.standard_normal((2, classes, 2, 3)).astype(np.float32)
    scores = rng.standard_normal((2, classes)).astype(np.float32)
    saliency, said = ops.parameter(maps.shape, np.float32), ops.parameter(scores.shape, np.float32)
    branch = Branch(ov.Model([ops.result(saliency)], [saliency], "maps"), ((0, 0),))
    wanted = Contrasted(Contrast.FINER, (1, 0), said.output(0), classes, False, None, None, False)
    found = run(contrasted(branch, None, wanted).model, maps, scores)
    for row in range(2):
        for label in range(classes):
            rivals = sorted((one for one in range(classes) if one != label), key=lambda one: -scores[row, one])[:3]
            by_hand = maps[row, label] - 0.6 * maps[row, rivals].mean(0)
            np.testing.assert_allclose(found[row, label], by_hand, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scaling", ["none", "positive"])
def test_some_classes_have_the_maps_that_they_have_among_all(kind: str, scaling: str) -> None:
    model = graphs.cnn(-1)
    image = random_input(model)
    every = run(xai.insert_xai(model, scaling=scaling, contrast=kind), image, name="saliency_map").astype(float)
    best = xai.insert_xai(model, scaling=scaling, contrast=kind, top_k=2)
    chosen = run(best, image, name="saliency_classes")
    assert (chosen[:, 0] == run(model, image).argmax(1)).all()
    wanted = np.take_along_axis(every, chosen[:, :, None, None], 1)
    found = run(best, image, name="saliency_map").astype(float)
    given = run(xai.insert_xai(model, scaling=scaling, contrast=kind, classes=[3, 0]), image, name="saliency_map")
    if scaling == "none":
        np.testing.assert_allclose(found, wanted, atol=1e-6)
        np.testing.assert_allclose(given, every[:, [3, 0]], atol=1e-6)
        return
    for row in range(len(image)):  # one factor an image: the largest value may be of another class
        for some, of in ((found, wanted), (given.astype(float), every[:, [3, 0]])):
            if of[row].max() > 50:
                np.testing.assert_allclose(some[row], of[row] * (some[row].max() / of[row].max()), atol=3)


def test_large_logits_stay_finite() -> None:
    w, image = Weights(), picture(1)
    x = ops.multiply(ops.swish(graphs.conv(image, w, 3, 8, 2, stride=2)), ops.constant(np.float32(1e4)))
    model = model_of(dense(ops.reduce_mean(x, integers(2, 3), False), w, 8, CLASSES), image)
    found = run(xai.insert_xai(model, embed_scaling=False, contrast="share"), random_input(model), name="saliency_map")
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)


def _baked(batch: int) -> ov.Model:
    """A Reshape that holds the batch, as converters write it."""
    w, image = Weights(), picture(batch)
    x = ops.swish(graphs.conv(image, w, 3, 8, 2, stride=2))
    pooled = ops.reshape(ops.reduce_mean(x, integers(2, 3), True), integers(batch, 8), False)
    return model_of(dense(pooled, w, 8, CLASSES), image)


@pytest.mark.parametrize("batch", [1, 3])
def test_a_reshape_that_holds_the_batch_is_opened(batch: int) -> None:
    model = _baked(batch)
    image = random_input(model)
    found = run(xai.insert_xai(model, embed_scaling=False, contrast="share"), image, name="saliency_map")
    assert worst_difference(found, _definition(model, image, {}, "share", False)) <= 1


def _mixing() -> ov.Model:
    """Pictures of a batch are normalised together."""
    w, image = Weights(), picture(2)
    x = ops.swish(graphs.conv(image, w, 3, 8, 2, stride=2))
    scores = dense(ops.reduce_mean(x, integers(2, 3), False), w, 8, CLASSES)
    return model_of(ops.subtract(scores, ops.reduce_mean(scores, integers(0), True)), image)


def test_a_head_that_mixes_pictures_is_told_what_to_do() -> None:
    with pytest.raises(xai.TargetNotFoundError, match="use contrast='finer' or contrast='mean'"):
        xai.insert_xai(_mixing(), contrast="share")


def test_a_map_follows_the_size_of_the_picture() -> None:
    model = graphs.cnn(1)
    augmented = xai.insert_xai(model, embed_scaling=False, contrast="share")
    shape = list(model.inputs[0].get_shape())
    for one in (model, augmented):
        one.reshape([1, shape[1], shape[2] * 2, shape[3] + 8])
    image = random_input(model)
    wanted = run(xai.insert_xai(model, embed_scaling=False, contrast="share"), image, name="saliency_map")
    np.testing.assert_allclose(run(augmented, image, name="saliency_map"), wanted, atol=1e-6)


def _of_one_class() -> ov.Model:
    w, image = Weights(), picture(1)
    x = ops.swish(graphs.conv(image, w, 3, 8, 2, stride=2))
    return model_of(dense(ops.reduce_mean(x, integers(2, 3), False), w, 8, 1), image)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("multi_label", [False, True])
def test_one_class_has_no_others(kind: str, multi_label: bool) -> None:
    if kind == "share" and multi_label:
        found = run(
            xai.insert_xai(_of_one_class(), embed_scaling=False, contrast=kind, multi_label=True),
            random_input(_of_one_class()),
            name="saliency_map",
        )
        assert ((found > 0) & (found < 1)).all()
        return
    with pytest.raises(xai.OptionError, match="between classes, and the model scores one"):
        xai.insert_xai(_of_one_class(), contrast=kind, multi_label=multi_label)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"explain_method": "activationmap"}, "which masks nothing"),
        ({"explain_method": "eigencam"}, "which masks nothing"),
    ],
)
def test_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(xai.OptionError, match=said):
        xai.insert_xai(graphs.cnn(1), contrast="share", **options)


def test_what_the_command_line_says(tmp_path: Path) -> None:
    out = tmp_path / "out.xml"
    said = invoke(transform.main, "demo:detector", out, "--contrast", "share", code=2).output
    assert "--contrast is for classifiers; this model detects" in said
    told = invoke(transform.main, "demo:cnn", out, "--contrast", "finer", "--verify", "--json").stdout
    assert '"contrast": "finer"' in told
