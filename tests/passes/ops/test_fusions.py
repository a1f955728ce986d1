"""Which tensors a branch may read: a further reader must leave a network's outputs as they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.insert import insert
from ovxai_passes.ops.fence import fenced
from ovxai_passes.ops.fusions import SafeTaps
from ovxai_passes.options import Options
from tests.fixtures import graphs
from tests.fixtures.graphs import CLASSES, Weights, conv, dense, integers, picture
from tests.support.bits import changed_outputs


def _named(node: ov.Node, name: str) -> ov.Node:
    node.set_friendly_name(name)
    return node


def _ended(x: ov.Node, image: ov.Node, w: Weights, width: int = 6) -> ov.Model:
    return graphs.model_of(dense(ops.reduce_mean(x, integers(2, 3), False), w, width, CLASSES), image)


def residual() -> ov.Model:
    """Two residual blocks: the sum is made in place of what the convolution is added to."""
    w, image = Weights(31), picture(1, side=16)
    x = _named(ops.relu(conv(image, w, 3, 6, 2, stride=2)), "stem")
    for name in ("first", "second"):
        y = _named(ops.relu(conv(x, w, 6, 6, 3)), f"inside {name}")
        x = _named(ops.relu(ops.add(conv(y, w, 6, 6, 3), x)), name)
    return _ended(x, image, w)


def scaled_pooling() -> ov.Model:
    """A mean that is scaled, past a Reshape."""
    w, image = Weights(32), picture(1)
    x = _named(ops.relu(conv(image, w, 3, 6, 2, stride=2)), "map")
    x = _named(ops.reduce_mean(x, integers(2, 3), True), "mean")
    x = _named(ops.reshape(x, integers(0, 6), True), "row")
    return graphs.model_of(dense(ops.multiply(x, ops.constant(np.float32(0.37))), w, 6, CLASSES), image)


def gated() -> ov.Model:
    """Classifiers whose activation is computed with them."""
    w, image = Weights(33), picture(1)
    x = _named(ops.reduce_mean(ops.relu(conv(image, w, 3, 6, 2, stride=2)), integers(2, 3), False), "mean")
    a, b = (_named(dense(x, w, 6, CLASSES), name) for name in ("a", "b"))
    gate = _named(ops.sigmoid(b), "gate")
    return graphs.model_of(ops.multiply(ops.tanh(a), gate), image)


def padded() -> ov.Model:
    """Padding and a factor that go into the convolution after them."""
    w, image = Weights(34), picture(1)
    x = _named(ops.relu(conv(image, w, 3, 6, 2, stride=2)), "map")
    ends = integers(0, 0, 1, 1)
    x = _named(ops.pad(x, ends, ends, "constant", ops.constant(np.float32(0))), "padded")
    x = ops.relu(conv(x, w, 6, 6, 3))
    x = _named(ops.multiply(x, w(1, 6, 1, 1)), "scaled")
    return _ended(ops.relu(conv(x, w, 6, 6, 3)), image, w)


def attention() -> ov.Model:
    """Attention that is spelled out."""
    return graphs.vit()


NETWORKS: dict[str, tuple[Callable[[], ov.Model], set[str], set[str]]] = {
    "residual": (residual, {"first", "stem"}, {"second", "inside first", "inside second"}),
    "scaled pooling": (scaled_pooling, {"mean", "row"}, {"map"}),
    "gated": (gated, {"a", "b", "gate"}, {"mean"}),
    "padded": (padded, {"padded", "scaled"}, {"map"}),
    "attention": (attention, set(), set()),
}


def _safe(model: ov.Model) -> tuple[ModelGraph, list[int]]:
    graph = ModelGraph(model)
    safe = SafeTaps(graph)
    places = [
        place for place in graph.from_parameters if graph.ops[place].get_type_name() not in ("Parameter", "Result")
    ]
    real = [place for place in places if graph.ops[place].get_output_element_type(0).is_real()]
    return graph, [place for place in sorted(real) if (place, 0) in safe]


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_fused_is_no_safe_tap(name: str) -> None:
    build, unsafe, hard = NETWORKS[name]
    graph, safe = _safe(build())
    names = {graph.ops[place].get_friendly_name() for place in safe}
    assert not names & unsafe
    assert hard <= names


def test_softmax_of_an_attention_is_no_safe_tap() -> None:
    graph, safe = _safe(attention())
    softmax = [place for place, node in enumerate(graph.ops) if node.get_type_name() == "Softmax"]
    assert softmax
    assert not set(softmax) & set(safe)


@pytest.mark.parametrize("name", NETWORKS)
def test_all_safe_taps_can_be_read(name: str) -> None:
    model = NETWORKS[name][0]()
    _, safe = _safe(model)
    for place in safe[:: max(1, len(safe) // 4)]:
        clone = model.clone()
        tapped = ModelGraph(clone)
        clone.add_results([ops.result(fenced(tapped.output((place, 0))))])
        assert not changed_outputs(model, clone, 2), tapped.ops[place].get_friendly_name()


@pytest.mark.parametrize("layer", ["stem", "inside first", "first", "inside second", "second"])
def test_any_layer_of_a_residual_network_is_explained(layer: str) -> None:
    model = residual()
    done = insert(model, Options(target_layer=layer, max_cost=1000))
    assert done.report.target.name == layer
    assert not changed_outputs(model, done.model)


def test_a_fence_takes_any_shape() -> None:
    for shape in ([], [7], [-1, 3, -1], [2, 5, 4]):
        source = ops.parameter(shape, np.float32)
        values = np.random.default_rng(0).standard_normal([abs(size) for size in shape]).astype(np.float32)
        model = ov.Model([ops.result(fenced(source.output(0)))], [source])
        assert np.array_equal(ov.compile_model(model, "CPU")(values)[0].shape, values.shape)
        exact = ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(values)[0]
        assert np.array_equal(exact, values)


def test_a_bias_laid_out_by_sizes_is_a_constant() -> None:
    """As ONNX models come: the bias of a convolution is reshaped to the rank of its result."""
    w, image = Weights(35), picture(1, side=16)
    x = _named(ops.relu(conv(image, w, 3, 6, 2, stride=2)), "stem")
    y = ops.convolution(x, w(6, 6, 3, 3), [1, 1], [1, 1], [1, 1], [1, 1])
    rank = ops.shape_of(ops.shape_of(y))
    ones = ops.broadcast(integers(1), ops.subtract(rank, integers(2)))
    bias = ops.reshape(w(6), ops.concat([integers(1), integers(6), ones], 0), False)
    graph, safe = _safe(_ended(ops.relu(ops.add(ops.add(y, bias), x)), image, w))
    assert "stem" not in {graph.ops[place].get_friendly_name() for place in safe}
