"""vjp and Backward: interface, other sizes, original outputs, and what they decline."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from openvino.passes import Manager

import ovxai_passes as xai
from ovxai_passes.ops.precision import F32
from tests.fixtures import graphs
from tests.fixtures.graphs import CLASSES, Weights, conv, dense, integers, model_of, picture, scalar
from tests.support.bits import changed_outputs

NETWORKS: dict[str, Callable[[], ov.Model]] = {
    "cnn": graphs.cnn,
    "softmax": lambda: graphs.cnn(softmax=True),
    "max": graphs.max_cnn,
    "transposed": graphs.transposed_pooling,
    "quantised": graphs.quantised_cnn,
    "flattened": graphs.flattened,
    "scores pooled": graphs.scores_pooled,
    "vit": graphs.vit,
    "post-norm": lambda: graphs.vit(style="post"),
}


def _residual(batch: int = 1) -> ov.Model:
    w, image = Weights(41), picture(batch, side=16)
    x = ops.relu(conv(image, w, 3, 6, 2, stride=2))
    x = ops.relu(ops.add(conv(ops.relu(conv(x, w, 6, 6, 3)), w, 6, 6, 3), x))
    x = ops.max_pool(x, [2, 2], [1, 1], [1, 1], [1, 1], [3, 3]).output(0)
    x = ops.swish(conv(x, w, 6, 6, 3))
    return model_of(dense(ops.reduce_mean(x, integers(2, 3), False), w, 6, CLASSES), image)


NETWORKS["residual"] = _residual


def _drawn(model: ov.Model, batch: int = 1) -> np.ndarray:
    shape = [dim.get_length() if dim.is_static else batch for dim in model.inputs[0].get_partial_shape()]
    return np.random.default_rng(5).standard_normal([batch, *shape[1:]]).astype(np.float32)


def _gradient(model: ov.Model, image: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
    results = ov.compile_model(model, "CPU", F32)([image, cotangent])
    return np.array(results[len(model.outputs) - 1])


def _cotangent(batch: int) -> np.ndarray:
    return np.random.default_rng(6).standard_normal((batch, CLASSES)).astype(np.float32)


def _for_picture(model: ov.Model) -> ov.Model:
    return xai.vjp(model, [model.outputs[0]], [model.inputs[0]])


@pytest.mark.parametrize("name", NETWORKS)
def test_original_outputs_stay_as_they_are(name: str) -> None:
    model = NETWORKS[name]()
    differentiated = _for_picture(model)
    end = differentiated.inputs[1]
    end.get_node().output(0).replace(ops.constant(_shaped(model.outputs[0].get_shape())).output(0))
    alone = ov.Model([one.get_node() for one in differentiated.outputs], [differentiated.inputs[0].get_node()])
    assert changed_outputs(model, alone) == []


def _shaped(shape: ov.Shape) -> np.ndarray:
    return np.random.default_rng(7).standard_normal(list(shape)).astype(np.float32)


def test_inputs_and_results_are_named_in_order() -> None:
    model = graphs.cnn()
    feature = next(op for op in model.get_ordered_ops() if op.get_type_name() == "Relu")
    feature.output(0).get_tensor().set_names({"feature"})
    made = xai.vjp(model, ["scores"], ["feature", model.inputs[0]])
    assert [one.get_any_name() for one in made.inputs[1:]] == ["cotangent_0"]
    assert [one.get_any_name() for one in made.outputs] == ["scores", "gradient_0", "gradient_1"]
    assert made.outputs[1].get_partial_shape() == feature.output(0).get_partial_shape()
    assert made.outputs[2].get_partial_shape() == model.inputs[0].get_partial_shape()
    assert len(model.inputs) == len(model.outputs) == 1, "the given model is not changed"


def test_friendly_names_and_several_outputs() -> None:
    model = graphs.cnn()
    feature = next(op for op in model.get_ordered_ops() if op.get_type_name() == "Relu")
    name, image = feature.get_friendly_name(), model.inputs[0]
    one = _gradient(xai.vjp(model, [name], [image]), _drawn(model), _shaped(feature.get_output_shape(0)))
    both = xai.vjp(model, [name, "scores"], [image])
    given = [_drawn(model), _shaped(feature.get_output_shape(0)), np.zeros((1, CLASSES), np.float32)]
    np.testing.assert_allclose(ov.compile_model(both, "CPU", F32)(given)[1], one, atol=1e-6)


@pytest.mark.parametrize("name", ["cnn", "residual", "quantised"])
def test_a_reshaped_model_has_the_gradients_of_each_picture(name: str) -> None:
    made = _for_picture(NETWORKS[name]())
    images, cotangents = _drawn(made, 3), _shaped(ov.Shape([3, *made.inputs[1].get_shape()[1:]]))
    alone = [_gradient(made, images[n : n + 1], cotangents[n : n + 1]) for n in range(3)]
    made.reshape({0: images.shape, 1: cotangents.shape})
    np.testing.assert_allclose(_gradient(made, images, cotangents), np.concatenate(alone), atol=1e-5)


@pytest.mark.parametrize("build", [graphs.cnn, graphs.vit])
def test_a_dynamic_batch(build: Callable[[int], ov.Model]) -> None:
    fixed, open_batch = _for_picture(build(2)), _for_picture(build(-1))
    images = _drawn(fixed, 2)
    wanted = _gradient(fixed, images, _cotangent(2))
    np.testing.assert_allclose(_gradient(open_batch, images, _cotangent(2)), wanted, atol=1e-5)


def test_pictures_of_any_size() -> None:
    made = _for_picture(_residual())
    larger = np.random.default_rng(8).standard_normal((1, 3, 22, 18)).astype(np.float32)
    made.reshape({0: larger.shape})
    found = _gradient(made, larger, _cotangent(1))
    direct = _residual()
    direct.reshape({0: larger.shape})
    np.testing.assert_allclose(found, _gradient(_for_picture(direct), larger, _cotangent(1)), atol=1e-6)


def test_many_scores_cost_no_matrix_of_all_with_all() -> None:
    """Of dense heads, laid out in one row whose length follows the picture."""
    image = picture(1, side=16)
    scores = ops.reshape(conv(image, Weights(44), 3, 6, 3), ops.constant([1, -1]), special_zero=False)
    model = model_of(scores, image)
    made = _for_picture(model)
    sizes = [np.prod(output.get_shape()) for node in made.get_ordered_ops() for output in node.outputs()]
    assert max(sizes) <= 2 * np.prod(model.outputs[0].get_shape())


def test_one_size_of_the_picture_only() -> None:
    """A resizing is written as a matrix of the size that the model has: others throw."""
    w, image = Weights(42), picture(1)
    x = ops.interpolate(conv(image, w, 3, 6, 1), integers(5, 5), "cubic", "sizes", axes=integers(2, 3))
    made = _for_picture(model_of(dense(ops.reduce_mean(x, integers(2, 3), False), w, 6, CLASSES), image))
    with pytest.raises(RuntimeError):
        made.reshape({0: [1, 3, 12, 12]})


def test_backward_in_a_manager() -> None:
    model = graphs.cnn()
    wanted = _gradient(_for_picture(model), _drawn(model), _cotangent(1))
    manager = Manager()
    manager.register_pass(xai.Backward(["scores"], ["image"]))
    manager.run_passes(model)
    np.testing.assert_array_equal(_gradient(model, _drawn(model), _cotangent(1)), wanted)


def test_a_picture_of_integers_has_a_gradient_of_floats() -> None:
    model = graphs.nhwc_cnn()
    made = _for_picture(model)
    assert made.outputs[1].get_element_type() == ov.Type.f32
    assert made.outputs[1].get_partial_shape() == model.inputs[0].get_partial_shape()


def _with(operation: Callable[[ov.Node, Weights], ov.Node]) -> ov.Model:
    w, image = Weights(43), picture(1)
    return model_of(operation(ops.relu(conv(image, w, 3, 6, 1)), w), image)


def _reversed(x: ov.Node, _w: Weights) -> ov.Node:
    return ops.reverse_sequence(x, integers(3), 0, 3)


def _own_filters(x: ov.Node, _w: Weights) -> ov.Node:
    return ops.convolution(x, ops.slice(x, *(integers(one) for one in (0, 3, 1, 3))), [1, 1], [0, 0], [0, 0], [1, 1])


@pytest.mark.parametrize(
    ("operation", "said"),
    [(_reversed, "ReverseSequence .*no rule"), (_own_filters, "filters are computed")],
)
def test_what_is_in_the_way_is_named(operation: Callable[[ov.Node, Weights], ov.Node], said: str) -> None:
    model = _with(operation)
    with pytest.raises(xai.NoGradientError, match=said):
        _for_picture(model)
    assert len(model.inputs) == 1


def test_a_tensor_that_no_output_depends_on_is_named() -> None:
    model = graphs.cnn()
    beside = ops.parameter([1], np.float32, name="beside")
    model.add_parameters([beside])
    with pytest.raises(xai.NoGradientError, match=r"'beside'.*depends"):
        xai.vjp(model, ["scores"], [beside.output(0)])


def test_user_errors() -> None:
    model, other = graphs.cnn(), graphs.vit()
    with pytest.raises(xai.OptionError, match="no tensor 'score'"):
        xai.vjp(model, ["score"], [model.inputs[0]])
    with pytest.raises(xai.OptionError, match="not a tensor of this model"):
        xai.vjp(model, ["scores"], [other.inputs[0]])
    with pytest.raises(xai.OptionError, match="nothing to differentiate"):
        xai.vjp(model, [], [model.inputs[0]])
    with pytest.raises(xai.OptionError, match="already"):
        xai.vjp(_for_picture(model), ["scores"], ["image"])
    labels = _with(lambda x, w: ops.topk(ops.reduce_mean(x, integers(2, 3), False), scalar(1), 1, "max", "value"))
    with pytest.raises(xai.OptionError, match="cannot be differentiated"):
        xai.vjp(labels, [labels.get_results()[0].input_value(0).get_node().output(1)], [labels.inputs[0]])
