"""Every layout: the branch against a model of the fixture's own that takes the mask as an input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import openvino as ov
import pytest

import ovxai_passes as xai
from ovxai_passes.head.masks import grid_masks
from ovxai_passes.insert import insert
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.options import Options
from ovxai_passes.reference.comparing import worst_difference
from ovxai_passes.reference.finishing.scaling import scaled_map
from ovxai_passes.reference.masked import defined_map
from ovxai_passes.vocabulary import Mask, Method
from tests.fixtures import graphs
from tests.fixtures.attention_graphs import class_attention, learned_query, mean_query, two_branches
from tests.fixtures.pooled.in_steps import two_steps
from tests.support.running import Array, looped, random_input, run

SLOW_BATCH = pytest.param(3, marks=pytest.mark.slow)
BATCHES = (1, SLOW_BATCH, -1)


@dataclass(frozen=True)
class Layout:
    """A fixture, the shape of its mask with -1 for the 16 positions, and what should be found in it."""

    name: str
    build: Callable[..., ov.Model]
    mask_shape: tuple[int, ...]
    readout: str
    kept: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    insertion: dict[str, Any] = field(default_factory=dict)

    def masks(self, kind: Mask) -> Array:
        cells = grid_masks(kind, (4, 4)).reshape(16, -1)
        if self.kept:
            cells = np.concatenate([np.ones((16, self.kept), np.float32), cells], 1)
        if len(self.mask_shape) == 4:
            return cells.reshape(16, *self.mask_shape)
        return cells.reshape(16, 1, -1, 1)


TOKENS = (1, -1, 1)
NHWC_MEANS = {"pooling": "mean", "axes": (2, 1), "keep": False}
LAYOUTS = (
    Layout("cnn", graphs.cnn, (1, 1, 4, 4), "pooled"),
    Layout("maximum and 1x1 classifier", graphs.max_cnn, (1, 1, 4, 4), "pooled"),
    Layout("NHWC, u8", graphs.nhwc_cnn, (1, 4, 4, 1), "pooled"),
    Layout("flattened", graphs.flattened, (1, 1, 4, 4), "flattened"),
    Layout("scores pooled", graphs.scores_pooled, (1, 1, 4, 4), "scores pooled last"),
    Layout("windows", graphs.windowed, (1, 4, 4, 1), "pooled"),
    Layout("class token", graphs.vit, TOKENS, "class token", 1),
    Layout("distilled", graphs.vit, TOKENS, "class token", 2, {"kept": 2}),
    Layout("registers", graphs.vit, TOKENS, "class token", 4, {"kept": 4}),
    Layout("two blocks", graphs.vit, TOKENS, "class token", 1, {"masked_from_last": 2, "blocks": 3}, {"k": 2}),
    Layout("post-norm", graphs.vit, TOKENS, "class token", 1, {"style": "post"}),
    Layout("parallel", graphs.vit, TOKENS, "class token", 1, {"style": "parallel"}),
    Layout("mean-pooled tokens", graphs.vit, TOKENS, "pooled", 0, {"kept": 0, "masked_from_last": 0}),
    Layout("mean-pooled, k=1", graphs.vit, TOKENS, "pooled", 0, {"kept": 0}, {"k": 1}),
    *(
        Layout(f"class attention, {style}", class_attention, TOKENS, "attention pooling", 1, {"style": style})
        for style in ("cait", "xcit", "volo")
    ),
    Layout("learned query", learned_query, TOKENS, "attention pooling"),
    Layout("mean as query", mean_query, (1, 1, 4, 4), "attention pooling"),
    Layout("two branches", two_branches, TOKENS, "attention pooling", 1),
    Layout("maximum in two steps", two_steps, (1, 1, 4, 4), "pooled"),
    Layout("mean in two steps, NHWC", two_steps, (1, 4, 4, 1), "pooled", 0, NHWC_MEANS),
)
BAKED = (
    Layout("baked batch", graphs.vit, TOKENS, "class token", 1, {"baked": True}),
    Layout("baked, mean-pooled", graphs.vit, TOKENS, "pooled", 0, {"baked": True, "kept": 0, "masked_from_last": 0}),
)


def _cases() -> list[Any]:
    """Static batches of several pictures with -m slow only, but where the network holds them as constants; so bells
    in a static batch, for heads are opened to any batch before they are mapped. Masks by turns."""
    kinds = list(Mask)
    quick = [(one, (1, -1)[place % 2], kinds[place // 2 % 2]) for place, one in enumerate(LAYOUTS)]
    quick += [(one, n, kind) for one, n, kind in zip(BAKED, (1, 3), kinds, strict=True)]
    every = [(one, n, kind) for one in LAYOUTS for n in (1, 3, -1) for kind in Mask]
    every += [(one, n, kind) for one in BAKED for n in (1, 3) for kind in Mask]
    return quick + [pytest.param(*case, marks=pytest.mark.slow) for case in every if case not in quick]


def _plain(layout: Layout, batch: int) -> ov.Model:
    options = {key: value for key, value in layout.options.items() if key != "masked_from_last"}
    return layout.build(batch=batch, **options)


@pytest.mark.parametrize(("layout", "batch", "kind"), _cases(), ids=lambda value: getattr(value, "name", str(value)))
def test_branch_is_the_loop_over_the_masked_model(layout: Layout, batch: int, kind: Mask) -> None:
    model = _plain(layout, batch)
    options = Options.checked(mask=kind, embed_scaling=False, **layout.insertion)
    insertion = insert(model, options)
    site = insertion.site
    assert (site.readout.value, site.positions.grid, site.positions.kept) == (layout.readout, (4, 4), layout.kept)
    image = random_input(model, 2)
    mask_shape = list(layout.masks(kind).shape[1:])

    def oracle() -> ov.Model:
        built = graphs.with_mask(layout.build, mask_shape, batch=batch, **layout.options)
        if layout.readout == "scores pooled last":  # the fixture's output lies under a softmax
            logits = built.get_results()[0].input_value(0).get_node().input_value(0)
            return ov.Model([logits], built.get_parameters())
        return built

    wanted = looped(oracle, image, layout.masks(kind)).reshape(len(image), graphs.CLASSES, 4, 4)
    found = run(insertion.model, image, name="saliency_map")
    assert found.dtype == np.float32
    assert (np.ptp(wanted, axis=(2, 3)).max(1) > 1e-4).all(), "an oracle that is constant checks nothing"
    assert worst_difference(found, wanted) <= 1
    np.testing.assert_array_equal(run(insertion.model, image), run(model, image))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_defaults_of_method_mask_and_k(layout: Layout) -> None:
    report = insert(_plain(layout, 1), Options.checked(**layout.insertion)).report
    reruns = layout.kept > 0 or bool(layout.insertion.get("k"))
    assert report.method == ("vitreciprocam" if reruns else "reciprocam")
    assert report.mask == ("gaussian" if reruns else "onehot")
    assert report.k == (layout.insertion.get("k", 1) if reruns else 0)
    assert report.kept_tokens == layout.kept
    assert report.classes == graphs.CLASSES


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("keep", [False, True])
def test_quantised_scores(batch: int, keep: bool) -> None:
    model = graphs.quantised_cnn(batch)
    insertion = insert(model, Options(embed_scaling=False, keep_quantization=keep))
    site, head = insertion.site, insertion.head
    image = random_input(model)
    feature = tensors_at(model, [site.target], [image])
    found = run(insertion.model, image, name="saliency_map")
    wanted = defined_map(site, head, Mask.ONE_HOT, feature)
    assert site.scores.quantizers == (0 if keep else 2)
    steps = np.unique(np.round(wanted * 255 / 8, 3) % 1)
    assert (steps.size == 1) is keep, "kept quantisation leaves multiples of 8/255 only"
    assert worst_difference(found, wanted) <= 1
    np.testing.assert_array_equal(run(insertion.model, image), run(model, image))


@pytest.mark.parametrize("batch", [1, -1])
def test_quantised_attention_blocks_are_found_and_repeated(batch: int) -> None:
    model = graphs.quantised_vit(batch)
    insertion = insert(model, Options(embed_scaling=False))
    site, head = insertion.site, insertion.head
    assert (site.readout.value, site.k, len(site.masked)) == ("class token", 1, 2)
    assert any("8 bits" in notice for notice in insertion.report.notices)
    image = random_input(model)
    for config in ({"INFERENCE_PRECISION_HINT": "f32"}, dict[str, str]()):
        np.testing.assert_array_equal(run(insertion.model, image, config=config), run(model, image, config=config))
    found = run(insertion.model, image, name="saliency_map")
    wanted = defined_map(site, head, Mask.GAUSSIAN, tensors_at(model, [site.target], [image]))
    assert np.ptp(wanted, axis=(2, 3)).min() > 1e-3
    assert worst_difference(found, wanted) <= 1


@pytest.mark.sampled(5)
@pytest.mark.parametrize("layout", [entry for entry in LAYOUTS if not entry.insertion], ids=lambda entry: entry.name)
@pytest.mark.parametrize("batch", BATCHES)
def test_activation_map_is_the_mean_over_channels(layout: Layout, batch: int) -> None:
    model = _plain(layout, batch)
    insertion = insert(model, Options(method=Method.ACTIVATIONMAP, embed_scaling=False))
    site = insertion.site
    image = random_input(model)
    (feature,) = tensors_at(model, [site.target], [image])
    if feature.ndim == 3:
        wanted = feature[:, site.positions.kept :].mean(2).reshape(-1, *site.positions.grid)
    else:
        wanted = feature.mean(3 if feature.shape[1:3] == tuple(site.positions.grid) else 1)
    found = run(insertion.model, image, name="saliency_map")
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(run(insertion.model, image), run(model, image))


def test_activation_map_of_pooled_scores_reads_the_features() -> None:
    site = insert(graphs.scores_pooled(), Options(method=Method.ACTIVATIONMAP)).site
    model = graphs.scores_pooled()
    shape = model.get_ordered_ops()[site.target[0]].output(0).get_shape()
    assert list(shape) == [1, 6, 4, 4]


@pytest.mark.parametrize("layout", LAYOUTS[:6], ids=lambda layout: layout.name)
def test_rows_of_a_batch_are_what_each_picture_gives_alone(layout: Layout) -> None:
    augmented = xai.insert_xai(_plain(layout, -1), embed_scaling=False)
    batch = random_input(augmented, 3)
    together = run(augmented, batch, name="saliency_map")
    for row in range(3):
        alone = run(augmented, batch[row : row + 1], name="saliency_map")
        assert worst_difference(together[row : row + 1], alone) <= 1


@pytest.mark.sampled(5)
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_scaled_maps(layout: Layout) -> None:
    model = _plain(layout, -1)
    options = layout.insertion
    image = random_input(model)
    raw = run(xai.insert_xai(model, embed_scaling=False, **options), image, name="saliency_map")
    scaled = run(xai.insert_xai(model, **options), image, name="saliency_map")
    assert scaled.dtype == np.uint8
    assert scaled.shape == raw.shape
    assert np.abs(scaled.astype(int) - scaled_map(raw).astype(int)).max() <= 1
    assert set(np.unique(scaled.max((2, 3)))) <= {0, 254, 255}, "a plugin may divide by multiplying with 1 / range"


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_f16_models_give_f32_scores(kind: type[np.floating]) -> None:
    model = graphs.cnn(1, kind)
    augmented = xai.insert_xai(model, embed_scaling=False)
    image = random_input(model)
    found = run(augmented, image, name="saliency_map")
    same = run(xai.insert_xai(graphs.cnn(1), embed_scaling=False), image.astype(np.float32), name="saliency_map")
    assert found.dtype == np.float32
    assert np.abs(found - same).max() < (1e-6 if kind is np.float32 else 2e-2) * np.abs(same).max()
