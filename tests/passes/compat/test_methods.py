"""Method classes: made and prepared as callers know it, with maps of this package."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.scenes import make_scene
from ovxai_tools.demo.shapes import make_picture

import ovxai_passes as xai
from ovxai_passes.compat.common.parameters import Method, Task
from ovxai_passes.compat.common.utils import has_xai
from ovxai_passes.compat.explainer.utils import get_postprocess_fn, get_preprocess_fn
from ovxai_passes.compat.inserter.inserter import insert_xai_branch_into_model
from ovxai_passes.compat.methods.base import Prediction
from ovxai_passes.compat.methods.black_box.aise.base import GaussianPerturbationMask
from ovxai_passes.compat.methods.black_box.aise.classification import AISEClassification
from ovxai_passes.compat.methods.black_box.aise.detection import AISEDetection
from ovxai_passes.compat.methods.black_box.base import Preset
from ovxai_passes.compat.methods.black_box.rise import RISE
from ovxai_passes.compat.methods.black_box.utils import check_classification_output, check_detection_output
from ovxai_passes.compat.methods.factory import BlackBoxMethodFactory, WhiteBoxMethodFactory
from ovxai_passes.compat.methods.white_box.activation_map import ActivationMap
from ovxai_passes.compat.methods.white_box.base import WhiteBoxMethod
from ovxai_passes.compat.methods.white_box.det_class_probability_map import DetClassProbabilityMap
from ovxai_passes.compat.methods.white_box.eigen_cam import EigenCAM
from ovxai_passes.compat.methods.white_box.recipro_cam import ReciproCAM, ViTReciproCAM
from ovxai_passes.explainer import get_detection_postprocess_fn

PREPARE = get_preprocess_fn(hwc_to_chw=True)
PICTURE = make_picture(1_000_000).pixels
READ = get_postprocess_fn()


def model(name: str) -> ov.Model:
    return ov.Core().read_model(demo.model_path(f"demo:{name}"))


def heads() -> list[str]:
    report = xai.plan(model("detector"), xai.Options(task=Task.DETECTION))
    return [level.name for level in report.levels]


WHITE: list[tuple[type[Any], str, dict[str, Any], dict[str, Any]]] = [
    (ReciproCAM, "cnn", {}, {"explain_method": "reciprocam"}),
    (ActivationMap, "cnn", {}, {"explain_method": "activationmap"}),
    (EigenCAM, "vit", {}, {"explain_method": "eigencam"}),
    (ViTReciproCAM, "vit", {}, {"explain_method": "vitreciprocam"}),
    (ViTReciproCAM, "vit", {"use_gaussian": False, "cls_token": False, "k": 2}, {"mask": "onehot", "k": 2}),
    (DetClassProbabilityMap, "detector", {"saliency_map_size": (5, 6)}, {"saliency_map_size": (5, 6)}),
]


@pytest.mark.parametrize(("kind", "name", "given", "wanted"), WHITE)
def test_white_box_methods_make_the_maps_of_insertions(
    kind: type[Any], name: str, given: dict[str, Any], wanted: dict[str, Any]
) -> None:
    picture = make_scene(1_000_000).pixels if name == "detector" else PICTURE
    method = kind(model(name), PREPARE, prepare_model=False, **given)
    assert method.model_compiled is None
    assert not has_xai(method.model_ori)
    assert method.per_class is (kind not in (ActivationMap, EigenCAM))
    prepared = method.prepare_model(load_model=False)
    assert has_xai(prepared)
    assert method.model_compiled is None
    method.prepare_model()
    assert isinstance(method.model_compiled, ov.CompiledModel)
    inserted = xai.insert_xai(model(name), kind.TASK, **wanted)
    expected = ov.compile_model(inserted, "CPU")(PREPARE(picture))["saliency_map"]
    np.testing.assert_array_equal(method.generate_saliency_map(picture, target_indices=None, preset=1), expected)
    np.testing.assert_array_equal(method.model_forward(picture)["saliency_map"], expected)
    assert method.predictions == {}


def test_a_branch_can_be_inserted_by_hand() -> None:
    method = ReciproCAM(model("cnn"), PREPARE, prepare_model=False)
    node = method.generate_xai_branch()
    assert not has_xai(method.model_ori)
    found = ov.compile_model(insert_xai_branch_into_model(method.model_ori, node, True), "CPU")(PREPARE(PICTURE))
    np.testing.assert_array_equal(
        found["saliency_map"], ReciproCAM(model("cnn"), PREPARE).generate_saliency_map(PICTURE)
    )


def test_a_method_of_ones_own() -> None:
    class Mean(WhiteBoxMethod):
        def generate_xai_branch(self) -> ov.Node:
            layer = next(op for op in self.model_ori.get_ordered_ops() if op.get_type_name() == "Convolution")
            return ov.opset13.reduce_mean(layer, np.array([1]))

    method = Mean(model("cnn"), PREPARE, embed_scaling=False)
    assert has_xai(method.prepare_model())
    assert method.generate_saliency_map(PICTURE).ndim == 3  # type: ignore[union-attr]
    with pytest.raises(NotImplementedError):
        WhiteBoxMethod(model("cnn")).prepare_model()


def test_a_model_with_a_map_stays_as_it_is() -> None:
    augmented = xai.insert_xai(model("cnn"))
    method = ActivationMap(augmented, PREPARE)
    assert method.generate_saliency_map(PICTURE).shape[1] == 8  # type: ignore[union-attr]


def test_more_anchors_than_layers_are_left_out() -> None:
    layers = heads()
    method = DetClassProbabilityMap(model("detector"), PREPARE, layers, num_anchors=[1] * 5, prepare_model=False)
    assert has_xai(method.prepare_model(load_model=False))


def test_rise_says_what_it_was_made_with() -> None:
    method = RISE(model("cnn"), READ, PREPARE, prepare_model=False)
    assert method.model_compiled is None
    assert method.prepare_model(load_model=False) is method.prepare_model()
    assert method.model_compiled is not None
    assert method.get_logits(PREPARE(PICTURE)).shape == (1, 8)
    every = method.generate_saliency_map(PICTURE, num_masks=5)
    assert (method.num_masks, method.num_cells) == (5, 8)
    assert every.shape == (1, 8, 64, 64)
    one = method.generate_saliency_map(PICTURE, [3], Preset.SPEED, 5)
    assert (method.num_masks, method.num_cells, list(one)) == (5, 4, [3])
    assert isinstance(method.predictions[3], Prediction)


def test_aise_says_what_it_was_made_with() -> None:
    pytest.importorskip("scipy", reason="AISE searches by scipy: pip install 'ovxai-passes[blackbox]'")
    method = AISEClassification(model("cnn"), READ, PREPARE)
    found = method.generate_saliency_map(PICTURE, [3], num_iterations_per_kernel=3)
    assert (method.num_iterations_per_kernel, list(found)) == (3, [3])
    np.testing.assert_allclose(np.asarray(method.kernel_widths), [0.1, 0.175, 0.25])
    method.generate_saliency_map(PICTURE, [3], Preset.SPEED, kernel_widths=[0.1])
    assert (method.num_iterations_per_kernel, method.kernel_widths) == (20, [0.1])
    boxes = AISEDetection(model("detector"), get_detection_postprocess_fn("yolo"), PREPARE)
    found = boxes.generate_saliency_map(make_scene(1_000_000).pixels, [0], divisors=[5], num_iterations_per_kernel=3)
    assert (boxes.divisors, boxes.num_iterations_per_kernel, list(found)) == ([5], 3, [0])
    assert boxes.predictions[0].bounding_box is not None


def test_windows_have_their_largest_value_in_the_middle() -> None:
    window = GaussianPerturbationMask((9, 17)).generate_kernel_mask((0.25, 0.5, 0.1), scale=2.0)
    assert window.shape == (9, 17)
    assert window.max() == window[4, 4] == 2.0
    assert window[4, 0] == pytest.approx(2 * np.exp(-(0.25**2) / 0.02))


CHECKS = [
    (check_classification_output, [1], "Postprocess function should return numpy array."),
    (check_classification_output, np.zeros((2, 2)), "two dimentional numpy array with batch size of 1"),
    (check_detection_output, 1, "should return sized object"),
    (check_detection_output, (1, 2), "should return three containers"),
    (check_detection_output, (np.zeros(1), np.zeros(1), 1), "should return numpy arrays."),
    (check_detection_output, (np.zeros((2, 2)),) * 3, "numpy arrays with batch size of 1"),
    (check_detection_output, (np.zeros((1, 2)),) * 3, "Boxes should be three-dimentional"),
    (check_detection_output, (np.zeros((1, 2, 4)),) * 3, "Scores should be two-dimentional"),
    (check_detection_output, (np.zeros((1, 2, 4)), np.zeros((1, 2)), np.zeros(1)), "Labels should be two-dimentional"),
]


@pytest.mark.parametrize(("check", "value", "said"), CHECKS)
def test_what_a_postprocess_fn_should_not_return(check: Any, value: Any, said: str) -> None:
    with pytest.raises(RuntimeError, match=said):
        check(value)


def test_what_a_postprocess_fn_returns_is_looked_at() -> None:
    with pytest.raises(RuntimeError, match="two dimentional"):
        RISE(model("cnn"), lambda outputs: outputs[0][0], PREPARE).generate_saliency_map(PICTURE, num_masks=2)


def test_factories() -> None:
    make, black = WhiteBoxMethodFactory.create_method, BlackBoxMethodFactory.create_method
    assert isinstance(make(Task.CLASSIFICATION, model("cnn"), PREPARE), ReciproCAM)
    assert isinstance(make(Task.CLASSIFICATION, model("vit"), PREPARE), ViTReciproCAM)
    assert isinstance(make(Task.CLASSIFICATION, model("cnn"), PREPARE, Method.ACTIVATIONMAP), ActivationMap)
    assert isinstance(make(Task.CLASSIFICATION, model("cnn"), PREPARE, Method.EIGENCAM), EigenCAM)
    assert isinstance(make(Task.DETECTION, model("detector"), PREPARE, target_layer=heads()), DetClassProbabilityMap)
    assert isinstance(black(Task.CLASSIFICATION, model("cnn"), READ), AISEClassification)
    assert isinstance(black(Task.CLASSIFICATION, model("cnn"), READ, explain_method=Method.RISE), RISE)
    assert isinstance(black(Task.DETECTION, model("detector"), READ), AISEDetection)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: WhiteBoxMethodFactory.create_method(Task.CLASSIFICATION, model("cnn"), explain_method="abc"),  # type: ignore[arg-type]
            "Requested explanation method abc is not implemented",
        ),
        (
            lambda: WhiteBoxMethodFactory.create_method(Task.DETECTION, model("detector")),
            "target_layer is required for the detection",
        ),
        (
            lambda: WhiteBoxMethodFactory.create_method(Task.DETECTION, model("cnn"), PREPARE, Method.RISE, ["x"]),
            "Requested explanation method Method.RISE is not implemented",
        ),
        (
            lambda: WhiteBoxMethodFactory.create_method(Task.AUTO, model("cnn")),
            "Task type Task.AUTO is not supported in white-box mode",
        ),
        (
            lambda: BlackBoxMethodFactory.create_method(Task.AUTO, model("cnn"), READ),
            "Model type Task.AUTO is not supported in black-box mode",
        ),
        (
            lambda: BlackBoxMethodFactory.create_classification_method(
                model("cnn"), READ, explain_method=Method.RECIPROCAM
            ),
            "Requested explanation method Method.RECIPROCAM is not implemented",
        ),
        (lambda: RISE({}, READ), "model is an openvino.Model, not dict"),
    ],
)
def test_what_is_not_there_is_a_value_error(call: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()


def test_torch_modules_are_for_white_boxes_of_classifiers() -> None:
    torch = pytest.importorskip("torch", reason="the objects under test are torch modules")
    for call in (
        lambda: RISE(torch.nn.Identity(), READ),
        lambda: WhiteBoxMethodFactory.create_detection_method(torch.nn.Identity(), PREPARE, target_layer=["x"]),
    ):
        with pytest.raises(NotImplementedError, match="convert them first"):
            call()
