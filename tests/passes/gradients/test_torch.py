"""Gradients of whole networks for the picture and for the target of explanations, against torch.autograd."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from openvino.passes import Manager
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_tools.checks import timm_zoo

import ovxai_passes as xai
from ovxai_passes.ops.precision import F32
from tests.support.extras import timm_network

NETWORKS = {
    "deit_tiny_patch16_224": "attention",
    "test_convnext": "channels last, LayerNorm, GELU",
    "mobilenetv3_small_050": "h-swish, squeeze and excite",
    "mixer_s32_224": "products along the tokens",
    "swinv2_tiny_window8_256": "windows that are rolled, cosine attention",
    "cait_xxs24_224": "class attention",
    "xcit_nano_12_p8_224": "attention between channels, a stem of convolutions that is transposed",
}
PAST_THE_TARGET = ("cait_xxs24_224", "xcit_nano_12_p8_224")
"""Scores that depend on the picture by other ways, too: two layers of class attention."""


def _far(found: np.ndarray, wanted: np.ndarray) -> float:
    """The 99.9 % quantile of the differences, as a share of the largest entry: a few may be at kinks."""
    return float(np.quantile(np.abs(found - wanted), 0.999) / np.abs(wanted).max())


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_are_those_of_torch(name: str) -> None:
    network = timm_network(name)
    from ovxai_tools.checks.gradient_sweep.torch_gradients import calibrate, gradients  # noqa: PLC0415  # needs torch

    size = timm_zoo.picture_size(network)
    calibrate(network, size)
    picture = np.random.default_rng(0).standard_normal((1, *size)).astype(np.float32)
    wanted = gradients(network, picture)
    model = timm_zoo.converted(network)
    state, manager = xai.InsertionState(xai.Options()), Manager()
    manager.register_pass(xai.Locate(state))
    manager.run_passes(model)
    assert state.target is not None
    layer = ModelGraph(model).output(state.target.layer)
    made = xai.vjp(model, [model.outputs[0], layer], [model.inputs[0], layer])
    best = np.eye(wanted.scores.shape[1], dtype=np.float32)[[wanted.best]]
    compiled = ov.compile_model(made, "CPU", F32)
    nothing = np.zeros(layer.get_shape(), np.float32)
    scores, for_picture, for_layer = compiled([picture, best, nothing]).values()
    np.testing.assert_allclose(scores, wanted.scores, atol=1e-4 * np.abs(wanted.scores).max())
    assert _far(for_picture, wanted.picture) < 1e-3

    if name not in PAST_THE_TARGET:
        chained = list(compiled([picture, 0 * best, for_layer]).values())[1]
        assert _far(chained, wanted.picture) < 1e-3
    alone = ov.Model([ops.result(layer)], model.get_parameters())
    value = ov.compile_model(alone, "CPU", F32)([picture])[0]
    inner = wanted.of(value)
    assert inner is not None, "no module of the network returns the target"
    assert _far(for_layer, inner) < 1e-3
