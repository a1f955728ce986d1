"""Class scores of shape [N,1,K], [N,1,1,K] and [K]: the maps of the same network with scores [N,K]."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.scores import NoScores, Scores, find_scores
from ovxai_patterns.task import CLASSIFICATION, DETECTION, find_task
from ovxai_tools.cli.explain import main as explain
from ovxai_tools.cli.transform import main
from ovxai_tools.demo import shipped as demo

import ovxai_passes as xai
from ovxai_passes.reference.comparing import worst_difference
from tests.fixtures import detector_graphs, graphs
from tests.fixtures.detector_parts import Known
from tests.fixtures.graphs import CLASSES, Weights, dense, integers, model_of, norm, patches, picture
from tests.support.cli import invoke
from tests.support.extras import needs_pictures
from tests.support.running import random_input, run

TAILS: dict[str, Callable[[ov.Node], ov.Node]] = {
    "[N,1,K]": lambda x: ops.unsqueeze(x, integers(1)),
    "[N,1,1,K]": lambda x: ops.reshape(x, integers(0, 1, 1, CLASSES), True),
    "[N,1,K,1]": lambda x: ops.reshape(x, integers(-1, 1, CLASSES, 1), False),
    "[K]": lambda x: ops.squeeze(x, integers(0)),
    "[K], reshaped": lambda x: ops.reshape(x, integers(CLASSES), False),
}
NETWORKS: dict[str, Callable[[int], ov.Model]] = {
    "pooled": graphs.cnn,
    "flattened": graphs.flattened,
    "maximum": graphs.max_cnn,
    "class token": graphs.vit,
}


def shaped(network: str, tail: str, batch: int = 1, activation: bool = False) -> ov.Model:
    """A fixture with its scores in another shape, and a softmax behind them."""
    model = NETWORKS[network](batch)
    scores = model.get_results()[0].input_value(0)
    if len(scores.get_partial_shape()) > 2:
        scores = ops.reshape(scores, integers(-1, CLASSES), False).output(0)
    end = TAILS[tail](scores)
    if activation:
        axis = [dim.get_length() for dim in list(end.get_output_partial_shape(0)) if dim.is_static].index(CLASSES)
        end = ops.softmax(end, axis + (end.get_output_partial_shape(0)[0].is_dynamic))
    return model_of(end, model.get_parameters()[0])


def _held_to_plain(network: str, tail: str, activation: bool, options: dict[str, object]) -> None:
    batch = 1 if tail.startswith("[K]") else 2
    model, plain = shaped(network, tail, batch, activation), NETWORKS[network](batch)
    assert find_task(ModelAnalysis(model)).name == CLASSIFICATION
    augmented, wanted = (xai.insert_xai(one, embed_scaling=False, **options) for one in (model, plain))  # type: ignore[arg-type]
    image = random_input(model)
    for name in ("saliency_map", *(["saliency_classes"] if "top_k" in options else [])):
        first, second = (run(one, image, name=name) for one in (augmented, wanted))
        assert first.shape == second.shape
        if name == "saliency_map":
            assert worst_difference(first, second) <= 1
        else:
            np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("options", [{}, {"top_k": 2}, {"classes": [3, 1]}, {"reference": True}])
def test_maps_are_those_of_plain_scores(tail: str, options: dict[str, object]) -> None:
    _held_to_plain("pooled", tail, "top_k" in options, options)


@pytest.mark.parametrize(("network", "tail"), list(zip([*NETWORKS, "class token"], TAILS, strict=True)))
def test_maps_of_other_networks(network: str, tail: str) -> None:
    _held_to_plain(network, tail, False, {"top_k": 2})


@pytest.mark.slow
@pytest.mark.parametrize("activation", [False, True])
@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("options", [{}, {"top_k": 2}, {"classes": [3, 1]}, {"reference": True}])
def test_all_of_them(network: str, tail: str, activation: bool, options: dict[str, object]) -> None:
    _held_to_plain(network, tail, activation, options)


def _mean_kept(batch: int) -> ov.Model:
    """Tokens → mean with its axis kept [N,1,C] → classes [N,1,K], as exports with keepdims come."""
    w, image = Weights(5), picture(batch)
    x = norm(patches(image, w, 8, batch, 0, False), w, 8)
    return model_of(dense(ops.reduce_mean(x, integers(1), True), w, 8, CLASSES), image)


@pytest.mark.parametrize("batch", [1, 2, -1])
def test_an_axis_that_is_kept(batch: int) -> None:
    model = _mean_kept(batch)
    plain = model.clone()
    scores = plain.get_results()[0].input_value(0)
    plain = model_of(ops.squeeze(scores, integers(1)), plain.get_parameters()[0])
    image = random_input(model)
    wishes: tuple[dict[str, Any], ...] = ({}, {"top_k": 2})
    for options in wishes:
        first, second = (run(xai.insert_xai(one, **options), image, name="saliency_map") for one in (model, plain))
        assert first.shape == (abs(batch) + (batch < 0), options.get("top_k", CLASSES), 4, 4)
        assert np.abs(first.astype(int) - second.astype(int)).max() <= 1


@pytest.mark.parametrize("tail", ["[N,1,K]", "[K]"])
@pytest.mark.parametrize("options", [(), ("--top-k", "2")])
def test_on_the_command_line(tmp_path: Path, tail: str, options: tuple[str, ...]) -> None:
    ov.save_model(shaped("pooled", tail, activation=True), tmp_path / "in.xml")
    needs_pictures()
    written, shown = tmp_path / "out.xml", tmp_path / "shown.png"
    preview = ("--preview", shown, "--image", demo.pictures()[0].path)
    called = invoke(main, tmp_path / "in.xml", written, "--verify", *preview, "--json", *options)
    report = json.loads(called.stdout)
    assert (report["task"], report["classes"]) == ("classification", CLASSES)
    assert shown.exists()
    invoke(explain, written, demo.pictures()[0].path, "--output", tmp_path / "maps")
    assert list((tmp_path / "maps").rglob("*.png"))


def _with_output(model: ov.Model, extra: ov.Node) -> ov.Model:
    return ov.Model([*model.get_results(), ops.result(extra)], model.get_parameters(), "more")


@pytest.mark.parametrize("build", [detector_graphs.yolox, detector_graphs.ssd_otx, detector_graphs.efficientdet])
@pytest.mark.parametrize("classified", [False, True])
def test_detectors_stay_detectors(build: Callable[[], Known], classified: bool) -> None:
    """An output [1,1,K] beside others: what the picture holds on the whole, or scores of it."""
    model = build().model
    image = model.get_parameters()[0].output(0)
    assert image.get_element_type() == ov.Type.f32
    extra = ops.reshape(ops.reduce_mean(image, integers(2, 3), False), integers(1, 1, -1), False)
    if classified:
        extra = ops.matmul(extra, Weights()(extra.get_output_shape(0)[2], 6), False, False)
    assert find_task(ModelAnalysis(_with_output(model, extra))).name == DETECTION


def test_plain_scores_come_first() -> None:
    model = graphs.cnn()
    features = next(node for node in model.get_ordered_ops() if node.get_type_name() == "ReduceMean")
    side = dense(ops.unsqueeze(features, integers(1)), Weights(), 6, 3)
    found = find_scores(ModelAnalysis(_with_output(model, side)))
    assert isinstance(found, Scores)
    assert found.classes == CLASSES


def test_what_is_no_scores() -> None:
    """[K] of a dynamic batch is a mean over pictures; numbers that no classifier makes are none."""
    model = graphs.cnn(-1)
    combined = ops.reduce_mean(model.get_results()[0].input_value(0), integers(0), False)
    with pytest.raises(xai.TargetNotFoundError, match="another batch"):
        xai.insert_xai(model_of(combined, model.get_parameters()[0]))
    image = picture(1)
    one = model_of(ops.reshape(ops.reduce_mean(image, integers(2, 3), False), integers(1, 1, 3), False), image)
    assert isinstance(find_scores(ModelAnalysis(one)), NoScores)
    assert isinstance(find_scores(ModelAnalysis(one), output=0), Scores), "unless asked for"
