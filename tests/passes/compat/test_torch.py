"""Torch modules: explained by OpenVINO, and modules again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ovxai_passes.compat as xai
from ovxai_passes.compat.common.utils import has_xai
from ovxai_passes.compat.methods.factory import WhiteBoxMethodFactory
from ovxai_passes.compat.methods.white_box.recipro_cam import ReciproCAM
from ovxai_passes.compat.methods.white_box.torch import (
    TorchActivationMap,
    TorchEigenCAM,
    TorchReciproCAM,
    TorchViTReciproCAM,
    TorchWhiteBoxMethod,
)

torch = pytest.importorskip("torch", reason="what is explained are torch modules")

SIZE = (16, 16)


@pytest.fixture(scope="module")
def network() -> Any:
    torch.manual_seed(0)
    layers = (torch.nn.Conv2d(3, 8, 3, padding=1, stride=4), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1))
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(8, 5)).eval()


def test_a_module_with_maps(network: Any) -> None:
    explained = xai.insert_xai(network, xai.Task.CLASSIFICATION, input_size=SIZE)
    assert has_xai(explained)
    assert not has_xai(network)
    assert xai.insert_xai(explained, xai.Task.CLASSIFICATION) is explained
    pictures = torch.rand(2, 3, *SIZE)
    with torch.no_grad():
        outputs, wanted = explained(pictures), network(pictures)
        kept = network[:2](pictures)
    np.testing.assert_allclose(outputs["prediction"], wanted, atol=1e-5)
    assert (outputs["saliency_map"].shape, outputs["saliency_map"].dtype) == ((2, 5, 4, 4), torch.uint8)
    raw = xai.insert_xai(network, xai.Task.CLASSIFICATION, embed_scaling=False, input_size=SIZE)(pictures)
    with torch.no_grad():
        one = torch.zeros_like(kept)
        one[..., 1, 2] = kept[..., 1, 2]
        np.testing.assert_allclose(raw["saliency_map"][..., 1, 2], network[2:](one), atol=1e-5)


def test_methods_of_modules(network: Any) -> None:
    method = TorchReciproCAM(network, input_size=SIZE, prepare_model=False)
    assert method.model_compiled is None
    assert method.prepare_model(load_model=False) is method.model_compiled
    maps = method.generate_saliency_map(np.random.default_rng(0).random((1, 3, *SIZE)))
    assert maps.shape == (1, 5, 4, 4)
    assert maps.dtype == np.uint8
    one = TorchActivationMap(network, input_size=SIZE, use_cls_token=True)
    assert one.generate_saliency_map(np.zeros((1, 3, *SIZE))).shape == (1, 4, 4)
    for kind, wanted in (
        (None, TorchReciproCAM),
        (xai.Method.ACTIVATIONMAP, TorchActivationMap),
        (xai.Method.EIGENCAM, TorchEigenCAM),
        (xai.Method.VITRECIPROCAM, TorchViTReciproCAM),
    ):
        made = WhiteBoxMethodFactory.create_method(
            xai.Task.CLASSIFICATION, network, explain_method=kind, prepare_model=False
        )
        assert isinstance(made, wanted)
    with pytest.raises(NotImplementedError, match="convert them first"):
        ReciproCAM(network)
    explained = TorchWhiteBoxMethod(method.model_compiled)
    assert explained.prepare_model() is method.model_compiled


def test_an_explainer_of_a_module(network: Any) -> None:
    explainer = xai.Explainer(network, xai.Task.CLASSIFICATION, input_size=SIZE)
    explanation = explainer(np.zeros((1, 3, *SIZE), np.float32), targets=[1, 4])
    assert explanation.targets == [1, 4]
    for task in (xai.Task.DETECTION, xai.Task.AUTO):
        with pytest.raises(NotImplementedError):
            xai.insert_xai(network, task)
    with pytest.raises(NotImplementedError, match="convert them first"):
        xai.Explainer(network, xai.Task.DETECTION)


def test_readme_quick_start_with_torch(network: Any) -> None:
    xai_model = xai.insert_xai(network, xai.Task.CLASSIFICATION, input_size=SIZE)
    xai_model.eval()
    with torch.no_grad():
        outputs = xai_model(torch.from_numpy(np.zeros((1, 3, *SIZE), np.float32)))
    probs = torch.softmax(outputs["prediction"], dim=-1)
    label = probs.argmax(dim=-1)[0]
    saliency_maps = outputs["saliency_map"].numpy(force=True).squeeze(0)
    assert saliency_maps[label].shape == (4, 4)
