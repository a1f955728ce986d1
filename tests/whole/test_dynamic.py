"""Pictures of any height and width: pooled networks need no mask, so the grid may be known at inference only."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.analysis.op_traits import LEARNED_TYPES

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.options import Options
from ovxai_passes.reference.comparing import worst_difference
from tests.fixtures import graphs
from tests.fixtures.graphs import CLASSES, Weights, dense, integers, model_of
from tests.support.running import run
from tests.tools.cli.conftest import folder  # noqa: F401  # a fixture
from tests.tools.cli.test_transform import call

Pooling = Callable[[ov.Node], ov.Node]

POOLINGS: dict[str, Pooling] = {
    "mean": lambda x: ops.reduce_mean(x, integers(2, 3), False),
    "mean, axes kept": lambda x: ops.squeeze(ops.reduce_mean(x, integers(2, 3), True), integers(2, 3)),
    "sum": lambda x: ops.reduce_sum(x, integers(2, 3), False),
    "maximum": lambda x: ops.reduce_max(x, integers(2, 3), False),
    "rows, then columns": lambda x: ops.reduce_max(ops.reduce_mean(x, integers(2), False), integers(2), False),
    "adaptive": lambda x: ops.reshape(ops.adaptive_avg_pool(x, integers(1, 1)), integers(-1, 6), False),
}


def network(pooling: Pooling, batch: int = -1, size: int = -1, last: bool = False) -> ov.Model:
    """Conv 8x8, stride 8 → swish → pooling → hidden layer → classes, for pictures of any size unless one is given."""
    w = Weights()
    image = ops.parameter(ov.PartialShape([batch, size, size, 3] if last else [batch, 3, size, size]), np.float32)
    x = ops.transpose(image, integers(0, 3, 1, 2)) if last else image
    x = pooling(ops.swish(graphs.conv(x, w, 3, 6, 8, stride=8)))
    return model_of(dense(ops.relu(dense(x, w, 6, 7)), w, 7, CLASSES), image)


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", POOLINGS)
@pytest.mark.parametrize("batch", [1, -1])
@pytest.mark.parametrize("size", [(24, 40), (16, 16), (8, 24)])
def test_map_is_that_of_the_static_model(name: str, batch: int, size: tuple[int, int]) -> None:
    dynamic = network(POOLINGS[name], batch)
    image = np.random.default_rng(0).standard_normal((abs(batch) + (batch < 0), 3, *size)).astype(np.float32)
    static = dynamic.clone()
    static.reshape([-1 if batch < 0 else 1, 3, *size])
    wanted = run(xai.insert_xai(static, embed_scaling=False), image, name="saliency_map")
    augmented = insert(dynamic, Options(embed_scaling=False))
    found = run(augmented.model, image, name="saliency_map")
    assert found.shape == (len(image), CLASSES, size[0] // 8, size[1] // 8)
    assert worst_difference(found, wanted) <= 1
    np.testing.assert_array_equal(run(augmented.model, image), run(dynamic, image))
    assert augmented.report.dynamic
    constants = [op for op in augmented.branch.model.get_ops() if op.get_type_name() == "Constant"]
    assert max(np.size(op.get_data()) for op in constants) <= 6 * 7, "weights of the head, but no masks"


def test_classes_and_scaling() -> None:
    model = network(POOLINGS["mean"], last=True)
    image = np.random.default_rng(0).standard_normal((2, 16, 32, 3)).astype(np.float32)
    full = run(xai.insert_xai(model), image, name="saliency_map")
    assert full.shape == (2, CLASSES, 2, 4)
    np.testing.assert_array_equal(run(xai.insert_xai(model, classes=[2]), image, name="saliency_map"), full[:, [2]])
    best = xai.insert_xai(model, top_k=2)
    classes = run(best, image, name="saliency_classes")
    wanted = np.take_along_axis(full, classes[:, :, None, None], 1)
    np.testing.assert_array_equal(run(best, image, name="saliency_map"), wanted)


@pytest.mark.parametrize(
    "options",
    [
        {"mask": "gaussian"},
        {"reference": True},
        {"explain_method": "activationmap"},
        {"explain_method": "eigencam"},
        {"feature_vector": True},
    ],
)
def test_whatever_the_option(options: dict[str, object]) -> None:
    dynamic = network(POOLINGS["mean"])
    image = np.random.default_rng(0).standard_normal((2, 3, 24, 40)).astype(np.float32)
    static = dynamic.clone()
    static.reshape([-1, 3, 24, 40])
    for name in ("saliency_map", *(["feature_vector"] if "feature_vector" in options else [])):
        wanted, found = (
            run(xai.insert_xai(model, embed_scaling=False, **options), image, name=name)  # type: ignore[arg-type]
            for model in (static, dynamic)
        )
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-5)


def test_what_is_right_for_one_size_only_is_refused() -> None:
    with pytest.raises(xai.TargetNotFoundError, match="static one first"):
        xai.insert_xai(network(lambda x: ops.reduce_max(x, integers(2, 3), False)), mask="gaussian", max_cost=1e-9)


def test_a_batch_baked_in() -> None:
    model = network(lambda x: ops.reshape(ops.reduce_mean(x, integers(2, 3), True), integers(1, 6), False), 1)
    image = np.random.default_rng(0).standard_normal((1, 3, 16, 24)).astype(np.float32)
    assert run(xai.insert_xai(model), image, name="saliency_map").shape == (1, CLASSES, 2, 3)


def test_verified_on_the_command_line(folder: object) -> None:  # noqa: F811
    ov.save_model(network(POOLINGS["mean"]), "any.xml")
    report = json.loads(call("any.xml", "any_out.xml", "--verify", "--json").stdout)
    assert report["dynamic"]
    assert len(report["verified"]) == 5
    assert "batch of 3" in report["verified"][-1]
    assert "dynamic (28x28" in call("any.xml", "--dry-run").output


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_product_stands_on_each_way_up_from_the_map(pooling: str) -> None:
    """On ways of shapes too: what a plugin leaves at f32 for a result would else reach into the network."""
    branch = insert(network(POOLINGS[pooling]), Options()).branch.model
    open_ends = [result.input_value(0).get_node() for result in branch.get_results()]
    seen: set[str] = set()
    while open_ends:
        node = open_ends.pop()
        if node.get_name() not in seen and node.get_type_name() not in LEARNED_TYPES:
            seen.add(node.get_name())
            open_ends += [value.get_node() for value in node.input_values()]
    assert not seen & {parameter.get_name() for parameter in branch.get_parameters()}
