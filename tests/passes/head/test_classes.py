"""Maps for some classes only, or for the best of each image: the rows of the full map, for less work."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

import ovxai_passes as xai
from ovxai_passes.insert import Insertion, insert
from ovxai_passes.model_info.labels import numbers_of
from ovxai_passes.options import Options
from ovxai_passes.reference.comparing import worst_difference
from tests.fixtures import graphs
from tests.fixtures.graphs import CLASSES, Weights, dense, integers, model_of, picture
from tests.passes.methods.test_methods import LAYOUTS, Layout, _plain
from tests.support.running import Array, random_input, run

Build = Callable[[int], ov.Model]


def _of(layout: Layout) -> Build:
    return lambda batch: _plain(layout, batch)


def _hidden_cnn(batch: int) -> ov.Model:
    """A pooled head with a convolution 1x1 as classifier, two classifiers added up, and a scale of each class."""
    w, image = Weights(), picture(batch)
    x = ops.swish(graphs.conv(image, w, 3, 8, 2, stride=2))
    pooled = ops.reduce_mean(x, integers(2, 3), True)
    first = ops.squeeze(graphs.conv(pooled, w, 8, CLASSES, 1), integers(2, 3))
    second = dense(ops.reshape(pooled, integers(0, 8), True), w, 8, CLASSES)
    return model_of(ops.multiply(ops.add(first, second), w(1, CLASSES, shift=1.0)), image)


def _untransposed(batch: int) -> ov.Model:
    """A classifier whose matrix is [C,K], on tokens [N,1,C]."""
    w, image = Weights(), picture(batch)
    x = ops.swish(graphs.conv(image, w, 3, 8, 2, stride=2))
    token = ops.unsqueeze(ops.reduce_mean(x, integers(2, 3), False), integers(1))
    scores = ops.add(ops.matmul(token, w(8, CLASSES), False, False), w(CLASSES))
    return model_of(ops.squeeze(scores, integers(1)), image)


def _normalised(batch: int) -> ov.Model:
    """Class scores that depend on each other: no class can be had without the others."""
    w, image = Weights(), picture(batch)
    x = ops.swish(graphs.conv(image, w, 3, 8, 2, stride=2))
    scores = dense(ops.reduce_mean(x, integers(2, 3), False), w, 8, CLASSES)
    return model_of(ops.normalize_l2(scores, integers(1), 1e-6, "add"), image)


BUILDS: dict[str, Build] = {layout.name: _of(layout) for layout in LAYOUTS if not layout.insertion}


def _stacked(batch: int) -> ov.Model:
    """The mean of two classifiers along a first axis of their own, as CrossViT's: the batch is the second one."""
    w, image = Weights(), picture(batch)
    pooled = ops.reduce_mean(ops.swish(graphs.conv(image, w, 3, 8, 2, stride=2)), integers(2, 3), False)
    both = [ops.unsqueeze(dense(pooled, w, 8, CLASSES), integers(0)) for _ in range(2)]
    return model_of(ops.reduce_mean(ops.concat(both, 0), integers(0), False), image)


def tokens_of_a_map(batch: int) -> ov.Model:
    """Tokens without position embedding, normalised and averaged: as many as the picture has patches."""
    w, image = Weights(), picture(batch)
    x = ops.reshape(ops.swish(graphs.conv(image, w, 3, 8, 2, stride=2)), integers(0, 8, -1), True)
    x = graphs.norm(ops.transpose(x, integers(0, 2, 1)), w, 8)
    return model_of(dense(ops.reduce_mean(x, integers(1), False), w, 8, CLASSES), image)


BUILDS |= {"tokens of a map": tokens_of_a_map}
BUILDS |= {"1x1 and matrix": _hidden_cnn, "untransposed": _untransposed, "8-bit": graphs.quantised_cnn}
STUCK: dict[str, Build] = {"normalised": _normalised, "stacked": _stacked}


def _both(build: Build, batch: int, **chosen: object) -> tuple[Insertion, Array, Array, Array]:
    """The insertion for some classes, its map and the full one, and its classes or nothing."""
    model = build(batch)
    some = insert(model, Options.checked(embed_scaling=False, **chosen))
    every = insert(model, Options(embed_scaling=False))
    image = random_input(model, 3)
    np.testing.assert_array_equal(run(some.model, image), run(model, image))
    full = run(every.model, image, name="saliency_map")
    classes = run(some.model, image, name="saliency_classes") if "top_k" in chosen else np.array([])
    return some, run(some.model, image, name="saliency_map"), full, classes


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", BUILDS | STUCK)
@pytest.mark.parametrize("batch", [1, *(pytest.param(batch, marks=pytest.mark.slow) for batch in (3, -1))])
def test_given_classes(name: str, batch: int) -> None:
    found, some, full, _ = _both((BUILDS | STUCK)[name], batch, classes=[3, 0])
    assert some.shape == (len(full), 2, *full.shape[2:])
    assert worst_difference(some, full[:, [3, 0]]) <= 1
    assert found.report.chosen == (3, 0)
    assert any("all classes are computed" in notice for notice in found.report.notices) is (name in STUCK)


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", BUILDS | STUCK)
@pytest.mark.parametrize("batch", [1, *(pytest.param(batch, marks=pytest.mark.slow) for batch in (3, -1))])
def test_best_classes_of_each_image(name: str, batch: int) -> None:
    model = (BUILDS | STUCK)[name](batch)
    found, some, full, classes = _both((BUILDS | STUCK)[name], batch, top_k=2)
    scores = run(model, random_input(model, 3)).reshape(len(full), -1)
    wanted = np.sort(scores, 1)[:, ::-1][:, :2]
    assert classes.dtype == np.int64
    np.testing.assert_array_equal(np.take_along_axis(scores, classes, 1), wanted)
    assert worst_difference(some, np.take_along_axis(full, classes[:, :, None, None], 1)) <= 1
    assert any("all classes are computed" in notice for notice in found.report.notices) is (name in STUCK)
    assert not any("cannot be mapped" in notice for notice in found.report.notices)
    assert found.report.top_k == 2
    assert {name for port in found.model.outputs[-2:] for name in port.get_names()} == {
        "saliency_map",
        "saliency_classes",
    }


@pytest.mark.parametrize("chosen", [{"classes": [1]}, {"top_k": 1}], ids=str)
def test_the_classifier_computes_those_classes_only(chosen: dict[str, object]) -> None:
    found = insert(graphs.vit(), Options.checked(**chosen))
    added = [op for op in found.branch.model.get_ops() if op.get_type_name() == "MatMul"]
    assert {op.get_output_partial_shape(0)[-1].get_length() for op in added} & {1}
    assert not {op.get_output_partial_shape(0)[-1].get_length() for op in added} & {CLASSES}
    assert found.report.cost < insert(graphs.vit(), Options()).report.cost


def test_the_loop_and_scaling_take_classes_as_well() -> None:
    model = graphs.vit(batch=-1)
    image = random_input(model, 3)
    naive, exact = (xai.insert_xai(model, top_k=2, reference=flag) for flag in (True, False))
    np.testing.assert_array_equal(
        run(naive, image, name="saliency_classes"), run(exact, image, name="saliency_classes")
    )
    first, second = (run(one, image, name="saliency_map") for one in (naive, exact))
    assert first.dtype == np.uint8
    assert np.abs(first.astype(int) - second).max() <= 1


LABELS = ("tench, Tinca tinca", "goldfish", "crane", "crane", "Egyptian_cat")


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        (["goldfish"], (1,)),
        (["Tinca tinca", 1, "0"], (0, 1)),
        (["egyptian cat"], (4,)),
        (["TENCH", "2"], (0, 2)),
    ],
)
def test_names(given: list[int | str], numbers: tuple[int, ...]) -> None:
    assert numbers_of(given, LABELS, 5) == numbers
    assert numbers_of(given, ("background", *LABELS), 5) == numbers


@pytest.mark.parametrize(
    ("given", "labels", "said"),
    [
        ([5], LABELS, "there is no class 5: the model's 5 classes are numbered from 0 to 4"),
        ([-1], LABELS, "there is no class -1"),
        (["crane"], LABELS, "several classes \\(2, 3\\)"),
        (["goldfisch"], LABELS, "did you mean 'goldfish'"),
        (["goldfish"], (), "holds no names"),
        (["goldfish"], LABELS[:3], "3 labels for the model's 5 classes"),
    ],
)
def test_names_that_do_not_fit(given: list[int | str], labels: tuple[str, ...], said: str) -> None:
    with pytest.raises(xai.OptionError, match=said):
        numbers_of(given, labels, 5)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"top_k": 6}, "top_k=6 is more than the model has, 5 classes"),
        ({"top_k": 0}, "whole number from 1 on"),
        ({"top_k": True}, "whole number from 1 on"),
        ({"classes": []}, "empty"),
        ({"classes": [1.5]}, "numbers and names"),
        ({"classes": [1], "top_k": 1}, "do not go together"),
        ({"classes": ["cat"]}, "holds no names"),
        ({"top_k": 1, "explain_method": "activationmap"}, "one map for all classes"),
        ({"max_cost": 0}, "above 0"),
    ],
)
def test_options_that_do_not_fit(options: dict[str, Any], said: str) -> None:
    with pytest.raises(xai.OptionError, match=said):
        xai.insert_xai(graphs.vit(), **options)


def test_labels_in_the_model_and_in_options() -> None:
    model = graphs.vit()
    model.set_rt_info("a b c d_d e", ["model_info", "labels"])
    assert insert(model, Options.checked(classes="d d")).report.chosen == (3,)
    assert insert(model, Options.checked(classes="q", labels=["p", "q", "r", "s", "t"])).report.chosen == (1,)


def test_beyond_the_budget(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    with pytest.raises(xai.TooCostlyError, match="what would cost less: fewer classes") as raised:
        xai.insert_xai(graphs.vit(), max_cost=1e-3)
    assert any("exact branch takes" in line for line in raised.value.near_misses)
    assert any("naive branch takes" in line for line in raised.value.near_misses)
    with pytest.raises(xai.TooCostlyError, match="makes a tensor of"):
        xai.insert_xai(graphs.vit(), max_tensor_gib=1e-9)
    with caplog.at_level(logging.WARNING):
        xai.insert_xai(graphs.vit(), reference=True, max_cost=1e-3)
    assert "times the model's multiply-adds" in caplog.text, "asked for, it is written all the same"
