"""Small functions: targets, scores, pictures, layers, and converting models."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.demo import shipped as demo

import ovxai_passes as xai
from ovxai_passes.compat.common import parameters, utils
from ovxai_passes.compat.explainer.utils import (
    ActivationType,
    convert_targets_to_numpy,
    explains_all,
    get_preprocess_fn,
    get_score,
    get_target_indices,
    preprocess_fn,
)
from ovxai_passes.compat.inserter.model_parser import IRParser, IRParserCls, ModelType
from ovxai_passes.compat.utils.model_export import export_to_ir, export_to_onnx
from tests.fixtures import graphs


@pytest.fixture(scope="module")
def cnn() -> ov.Model:
    return xai.read_model(demo.model_path("demo:cnn"))


def test_targets_by_number_and_by_name() -> None:
    names = ["cat", "dog", "cow"]
    np.testing.assert_array_equal(get_target_indices([1, 2], names), [1, 2])
    assert get_target_indices(["cat", "cow"], names) == [0, 2]
    with pytest.raises(ValueError, match=r"^No all label names found in label_names\. Check spelling\.$"):
        get_target_indices(["cat", "dgo"], names)
    for wrong in ("cat", 1.5):
        with pytest.raises(ValueError, match="targets are"):
            get_target_indices(wrong)
    assert convert_targets_to_numpy(3).shape == (1,)
    with pytest.raises(ValueError, match="at most one axis"):
        convert_targets_to_numpy([[1]])
    assert [explains_all(one) for one in (-1, [-1], "-1", np.array([-1]), 0, [1, -1])] == [True] * 4 + [False] * 2


def test_scores_keep_their_type() -> None:
    logits = np.random.default_rng(0).normal(size=5)
    assert get_score(logits, 2) == logits[2]
    assert get_score(logits[None], 2, ActivationType.SIGMOID) == 1 / (1 + np.exp(-logits[2]))
    assert get_score(logits, 2, ActivationType.SOFTMAX) == pytest.approx(np.exp(logits[2]) / np.exp(logits).sum())
    np.testing.assert_allclose(utils.softmax(np.stack([logits, logits])).sum(-1), 1)


def test_positional_options_of_preprocessing() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (6, 4, 3), np.uint8)
    made = get_preprocess_fn(True, (4, 6), (1.0, 2.0, 3.0), (4.0, 5.0, 6.0), True, False)(picture)
    wanted = preprocess_fn(picture, True, None, (1.0, 2.0, 3.0), (4.0, 5.0, 6.0), True, False)
    np.testing.assert_array_equal(made, wanted)
    assert made.shape == (3, 6, 4)


def test_pictures_and_maps() -> None:
    assert utils.is_bhwc_layout(np.empty((1, 224, 224, 3)))
    assert not utils.is_bhwc_layout(np.empty((1, 3, 224, 224)))
    assert utils.format_to_bhwc(np.empty((3, 7, 9))).shape == (1, 7, 9, 3)
    assert [utils.infer_size_from_image(np.empty(shape)) for shape in ((7, 9), (7, 9, 3), (1, 3, 7, 9))] == [(7, 9)] * 3
    with pytest.raises(ValueError, match="axes"):
        utils.infer_size_from_image(np.empty(3))
    least, most = utils.get_min_max(np.array([[3, 1, 2], [5, 5, 5]]))
    assert (least.tolist(), most.tolist()) == ([1, 5], [3, 5])
    assert utils.scaling(np.array([[1.0, 3.0]])).tolist() == [[0, 255]]
    given = object()
    assert utils.IdentityPreprocessFN()(given) is given


def test_models_with_and_without_a_map(cnn: ov.Model) -> None:
    assert not utils.has_xai(cnn)
    assert utils.has_xai(xai.insert_xai(cnn))
    for wrong in (None, object):
        with pytest.raises(ValueError, match="not"):
            utils.has_xai(wrong)
    torch = pytest.importorskip("torch", reason="the object under test is a torch module")
    module = torch.nn.Identity()
    assert not utils.has_xai(module)
    module.has_xai = True
    assert utils.has_xai(module)


def test_the_logger_has_no_handler_of_its_own() -> None:
    assert utils.logger.handlers == []
    assert utils.logger.level == logging.NOTSET


def test_methods_by_kind() -> None:
    assert parameters.BlackBoxXAIMethods == {xai.Method.RISE, xai.Method.AISE}
    assert parameters.WhiteBoxXAIMethods | parameters.BlackBoxXAIMethods == (
        parameters.ClassificationXAIMethods | parameters.DetectionXAIMethods
    )


def test_layers_are_those_of_insertions(cnn: ov.Model) -> None:
    report = xai.plan(cnn, xai.Options())
    target = IRParserCls.get_target_node(cnn, ModelType.CNN)
    assert target.get_friendly_name() == report.target.name
    assert IRParserCls.get_target_node(cnn, None, report.target.name).get_friendly_name() == report.target.name
    readers = IRParserCls.get_post_target_node(cnn, ModelType.CNN)
    assert [one.input_value(0).get_node().get_friendly_name() for one in readers] == [report.target.name]
    assert IRParserCls.get_first_conv_node(cnn).get_type_name() == "Convolution"
    with pytest.raises(ValueError, match="no layer 'nothing'"):
        IRParserCls.get_target_node(cnn, ModelType.CNN, "nothing")
    with pytest.raises(RuntimeError, match="give target_layer"):
        IRParserCls.get_target_node(cnn, ModelType.TRANSFORMER)
    with pytest.raises(RuntimeError, match="no Concat"):
        IRParserCls.get_first_concat_node(cnn)


def test_layers_of_a_transformer() -> None:
    vit = xai.read_model(demo.model_path("demo:vit"))
    one, two = (IRParserCls.get_target_node(vit, ModelType.TRANSFORMER, k=k).get_friendly_name() for k in (1, 2))
    assert one != two
    assert IRParserCls.get_first_concat_node(vit).get_type_name() == "Concat"


def test_class_scores_before_and_after_the_activation() -> None:
    model = graphs.cnn(softmax=True)
    assert IRParser.get_logit_node(model).get_type_name() == "Softmax"
    assert IRParserCls.get_logit_node(model).get_type_name() == "Softmax"
    assert IRParserCls.get_logit_node(model, search_softmax=True).get_type_name() != "Softmax"


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export")
def test_a_torch_module_becomes_a_model(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="what is exported is a torch module")
    pytest.importorskip("onnx", reason="torch writes ONNX by it")
    module: Any = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    export_to_onnx(module.eval(), str(tmp_path / "model.onnx"), torch.zeros(1, 3, 8, 8), set_dynamic_batch=True)
    export_to_ir(str(tmp_path / "model.onnx"), str(tmp_path / "model.xml"))
    model = ov.Core().read_model(tmp_path / "model.xml")
    assert model.input(0).get_any_name() == "data"
    assert model.input(0).get_partial_shape()[0].is_dynamic
    assert model.output(0).get_any_name() == "logits"
