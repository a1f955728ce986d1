"""Queries that read maps of several sizes: the tokens of an encoder are explained, or a notice says what is not."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_tools.checks.verify import random_case, verify

from ovxai_passes.insert import insert_any
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.options import Options
from ovxai_passes.reference.classifiers import worst_difference
from tests.fixtures.detector_graphs import CLASSES, Builder
from tests.patterns.detector.test_detectors import located
from tests.support.running import random_input, run
from tests.whole.test_reshape_detectors import OTHER, PLAIN, check, joined_tokens

WIDTH, QUERIES = 8, 6


def dense(build: Builder, x: ov.Node, outputs: int) -> ov.Node:
    weights = build.rng.normal(0, 0.4, (x.get_output_partial_shape(0)[2].get_length(), outputs)).astype(np.float32)
    bias = build.rng.normal(0, 0.4, (1, 1, outputs)).astype(np.float32)
    return ops.add(ops.matmul(x, ops.constant(weights), False, False), ops.constant(bias))


def tokens(x: ov.Node) -> ov.Node:
    rows = ops.transpose(x, ops.constant([0, 2, 3, 1]))
    return ops.reshape(rows, ops.constant([0, -1, WIDTH]), special_zero=True)


def attended(build: Builder, asked: ov.Node, memory: ov.Node) -> ov.Node:
    weights = ops.softmax(ops.matmul(dense(build, asked, WIDTH), dense(build, memory, WIDTH), False, True), 2)
    return ops.relu(dense(build, ops.matmul(weights, dense(build, memory, WIDTH), False, False), WIDTH))


def detector(encoder: bool) -> ov.Model:
    """Deformable DETR in small; without an encoder the queries read one map after the other."""
    build = Builder(81)
    build.levels[0].set_friendly_name("fine")
    asked: ov.Node = ops.constant(build.rng.normal(0, 1, (1, QUERIES, WIDTH)).astype(np.float32))
    parts = [tokens(level) for level in build.levels]
    if encoder:
        flat = ops.concat(parts, 1)
        memory = ops.add(flat, attended(build, flat, flat))
        memory.set_friendly_name("memory")
        told = attended(build, asked, memory)
    else:
        told = attended(build, attended(build, asked, parts[0]), parts[1])
    return build.model(dense(build, told, CLASSES), ops.sigmoid(dense(build, told, 4)))


@pytest.mark.parametrize(("size", "grid", "first"), [("middle", (4, 4), 64), ("largest", (8, 8), 0)])
def test_tokens_of_an_encoder_are_explained(size: str, grid: tuple[int, int], first: int) -> None:
    model = detector(encoder=True)
    found = located(model, saliency_map_size=size)
    assert (found.report.task, found.report.method) == ("detection", "activationmap")
    assert (found.report.target.name, found.report.grid) == ("memory", grid)
    assert not any("not explained" in line for line in found.report.notices)
    image = random_input(model)
    place = next(place for place, node in enumerate(ModelGraph(model).ops) if node.get_friendly_name() == "memory")
    (memory,) = tensors_at(model, [(place, 0)], [image])
    wanted = memory[:, first : first + grid[0] * grid[1]].mean(2).reshape(1, *grid)
    assert worst_difference(run(found.model, image, name="saliency_map"), wanted.astype(np.float32)) <= 1
    options = Options.checked(saliency_map_size=size)
    assert verify(model, insert_any(model, options).model, found, [random_case(model)])


def test_tokens_of_an_encoder_follow_the_shape() -> None:
    for size in ("middle", "largest"):
        check(detector(encoder=True), OTHER, [OTHER], saliency_map_size=size)
        check(detector(encoder=True), (-1, 3, -1, -1), [OTHER, PLAIN, (2, 3, 64, 32)], saliency_map_size=size)


def test_the_feature_vector_is_the_mean_of_all_tokens() -> None:
    model = detector(encoder=True)
    found = located(model, feature_vector=True)
    image = random_input(model)
    place = next(place for place, node in enumerate(ModelGraph(model).ops) if node.get_friendly_name() == "memory")
    (memory,) = tensors_at(model, [(place, 0)], [image])
    np.testing.assert_allclose(run(found.model, image, name="feature_vector"), memory.mean(1), rtol=1e-4, atol=1e-5)


def test_a_notice_says_that_only_one_of_several_maps_is_explained() -> None:
    found = located(detector(encoder=False))
    assert found.report.target.name == "fine"
    assert any("maps of other sizes are made of this one" in line for line in found.report.notices)


@pytest.mark.parametrize("size", ["middle", "largest"])
def test_a_map_that_the_network_joins_transposed_is_read_in_its_order(size: str) -> None:
    model = joined_tokens()
    found = located(model, task="detection", method="activationmap", saliency_map_size=size)
    image = random_input(model)
    maps = found.locate.result.maps
    assert maps is not None
    (feature,) = tensors_at(model, [maps.tensors[found.locate.result.level]], [image])
    saliency = run(found.model, image, name="saliency_map")
    assert worst_difference(saliency, feature.mean(1).astype(np.float32)) <= 1
