"""Maps from zero: the scores of the empty feature map are taken off, and all classes of an image have one scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

import ovxai_passes as xai
from ovxai_passes.errors import TargetNotFoundError
from ovxai_passes.insert import Insertion, insert
from ovxai_passes.mapping.empty import empty_scores
from ovxai_passes.methods.spec import required
from ovxai_passes.ops.precision import F32
from ovxai_passes.options import Options
from ovxai_passes.reference.finishing.scaling import unit_from_zero
from tests.fixtures import graphs
from tests.fixtures.graphs import CLASSES, Weights, dense, integers, model_of, picture
from tests.passes.methods.test_methods import BAKED, LAYOUTS, Layout, _plain
from tests.support.running import Array, Floats, random_input, run


def _zero(layout: Layout, insertion: Insertion, image: Array, batch: int) -> Floats:
    """The scores [N,K] of the network itself with a mask that leaves kept tokens alone."""
    ids = insertion.site.positions.ids
    masks = layout.masks(required(insertion.target.mask))
    built = graphs.with_mask(layout.build, list(masks.shape[1:]), batch=batch, **layout.options)
    if layout.readout == "scores pooled last":  # the fixture's output lies under a softmax
        logits = built.get_results()[0].input_value(0).get_node().input_value(0)
        built = ov.Model([logits], built.get_parameters())
    nothing = np.where(ids >= 0, 0, 1).reshape(masks.shape[1:]).astype(np.float32)
    return np.array(ov.compile_model(built, "CPU", F32)([image, nothing])[0], np.float32).reshape(len(image), -1)


@pytest.mark.parametrize("layout", [*LAYOUTS, *BAKED], ids=lambda layout: layout.name)
@pytest.mark.sampled(6)
def test_what_says_nothing_is_zero(layout: Layout) -> None:
    batch = 3 if layout in BAKED else -1
    model = _plain(layout, batch)
    image = random_input(model)
    raw = insert(model, Options.checked(embed_scaling=False, **layout.insertion))
    beyond = run(raw.model, image, name="saliency_map") - _zero(layout, raw, image, batch)[:, :, None, None]
    for signed, scaling in ((False, "positive"), (True, "signed")):
        made = xai.insert_xai(model, scaling=scaling, **layout.insertion)
        found = run(made, image, name="saliency_map").astype(int)
        unit = unit_from_zero(beyond, None, signed)
        wanted = np.floor(128 + 127 * unit + 0.5) if signed else np.floor(255 * unit)
        assert np.abs(found - wanted).max() <= 1
        assert (found.max((1, 2, 3)) >= 254).all() or signed
    np.testing.assert_array_equal(run(made, image), run(model, image))


def _beyond(model: ov.Model, image: Array) -> Floats:
    """The raw map of a CNN beyond the scores of an empty feature map, made by hand: a picture of the biases alone."""
    raw = insert(model, Options(embed_scaling=False))
    site, head = raw.site, required(raw.head)
    target = np.zeros((len(image), *head.shapes[0][1:]), np.float32)
    mask = np.zeros(site.positions.ids.shape, np.float32)
    zero = np.array(ov.compile_model(head.model, "CPU", F32)([target, mask])[0], np.float32)
    return run(raw.model, image, name="saliency_map") - zero[:, :, None, None]


@pytest.mark.parametrize("batch", [1, 2, -1])
@pytest.mark.parametrize("signed", [False, True])
def test_the_best_class_decides_on_the_scale_of_others(batch: int, signed: bool) -> None:
    model = graphs.cnn(batch)
    image = random_input(model)
    beyond, best = _beyond(model, image), run(model, image).argmax(1)
    counted = np.abs(beyond) if signed else np.maximum(beyond, 0)
    for classes in ([2], [4, 1]):
        given = sorted({*classes})
        scale = np.array([counted[row, [*given, best[row]]].max() for row in range(len(image))])[:, None, None, None]
        made = xai.insert_xai(model, scaling="signed" if signed else "positive", classes=classes)
        found = run(made, image, name="saliency_map").astype(int)
        unit = (beyond if signed else counted)[:, classes] / scale
        assert np.abs(found - (np.floor(128 + 127 * unit + 0.5) if signed else np.floor(255 * unit))).max() <= 1


def test_the_best_classes_hold_the_best() -> None:
    model = graphs.cnn(-1)
    image = random_input(model)
    made = xai.insert_xai(model, scaling="positive", top_k=2)
    chosen = run(made, image, name="saliency_classes")
    beyond = np.take_along_axis(_beyond(model, image), chosen[:, :, None, None], 1)
    assert np.abs(run(made, image, name="saliency_map") - np.floor(255 * unit_from_zero(beyond))).max() <= 1


def test_what_is_the_same_for_every_picture_is_a_constant() -> None:
    pooled = insert(graphs.cnn(1), Options(embed_scaling=False))
    assert not empty_scores(pooled.site, required(pooled.head)).sources
    tokens = insert(graphs.vit(1), Options(embed_scaling=False))
    assert empty_scores(tokens.site, required(tokens.head)).sources, "the class token is the picture's"


def test_the_zero_follows_the_size_of_the_picture() -> None:
    model = graphs.cnn(1)
    augmented = xai.insert_xai(model, scaling="positive")
    shape = list(model.inputs[0].get_shape())
    larger = [1, shape[1], shape[2] * 2, shape[3] + 8]
    for one in (model, augmented):
        one.reshape(larger)
    image = random_input(model)
    wanted = run(xai.insert_xai(model, scaling="positive"), image, name="saliency_map").astype(int)
    assert np.abs(run(augmented, image, name="saliency_map").astype(int) - wanted).max() <= 1


def without_epsilon(batch: int) -> ov.Model:
    w, image = Weights(), picture(batch)
    x = ops.swish(graphs.conv(image, w, 3, 8, 2, stride=2))
    pooled = ops.reduce_mean(x, integers(2, 3), False)
    length = ops.sqrt(ops.reduce_sum(ops.multiply(pooled, pooled), integers(1), True))
    return model_of(dense(ops.divide(pooled, length), w, 8, CLASSES), image)


def test_scores_of_nothing_that_are_not_finite_are_refused() -> None:
    model = without_epsilon(1)
    assert np.isfinite(run(xai.insert_xai(model, embed_scaling=False), random_input(model), name="saliency_map")).all()
    with pytest.raises(TargetNotFoundError, match="empty feature map are not finite"):
        xai.insert_xai(model, scaling="positive")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"explain_method": "activationmap"}, "activationmap makes no scores"),
        ({"explain_method": "eigencam"}, "eigencam makes no scores"),
        ({"embed_scaling": False}, "does not go with embed_scaling"),
    ],
)
def test_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(xai.OptionError, match=said):
        xai.insert_xai(graphs.cnn(1), scaling="positive", **options)


@pytest.mark.parametrize("option", [{"threshold": 0.5}, {"output_dtype": "f32"}])
def test_a_signed_map_has_its_zero_in_the_middle(option: dict[str, Any]) -> None:
    with pytest.raises(xai.OptionError, match="zero is the middle"):
        Options.checked(scaling="signed", **option)
