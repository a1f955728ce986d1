"""Networks of timm and torchvision: modules with maps against the branch of what they are converted to."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest

import ovxai_passes as xai
from ovxai_passes.ops.precision import F32
from tests.passes.torch_modules.networks import torch

pytestmark = [
    pytest.mark.slow,
    *(pytest.mark.filterwarnings(f"ignore::{kind}") for kind in ("UserWarning", "FutureWarning", "DeprecationWarning")),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]

NAMES = (
    *("timm resnet18", "timm mobilenetv3_small_100", "timm convnext_atto", "timm swin_tiny_patch4_window7_224"),
    *("timm vit_tiny_patch16_224", "timm deit_tiny_distilled_patch16_224", "torchvision resnet18"),
)


def noisy(name: str) -> Any:
    """A network with weights by fan-in, so that signals live, and no trivial bias, norm or statistic."""
    library, model = name.split()
    made = pytest.importorskip(library, reason=f"networks of {library}")
    torch.manual_seed(0)
    network = (made.create_model(model) if library == "timm" else getattr(made.models, model)()).eval()
    with torch.no_grad():
        for tensor in (one for one in [*network.parameters(), *network.buffers()] if one.is_floating_point()):
            noise = torch.randn(tensor.shape)
            if tensor.ndim <= 1:
                tensor.add_(0.2 * noise.abs())
            elif tensor.ndim in (2, 4) and tensor.shape[0] > 1:
                tensor.copy_(1.3 * noise / tensor[0].numel() ** 0.5)
    return network


@pytest.mark.parametrize("name", NAMES)
def test_equal_to_the_branch_and_exported_with_it(name: str) -> None:
    module, x = noisy(name), torch.randn(2, 3, 224, 224)
    explained = xai.insert_xai(module, embed_scaling=False, example_input=x[:1])
    with torch.no_grad():
        found, own = explained(x), module(x)
    assert torch.equal(found["prediction"], own)
    branch = xai.insert_xai(ov.convert_model(module, example_input=x, input=[-1, 3, 224, 224]), embed_scaling=False)
    for model in (branch, ov.convert_model(explained, example_input=x)):
        wanted = ov.compile_model(model, "CPU", F32)([x.numpy()])["saliency_map"]
        assert np.abs(found["saliency_map"].numpy() - wanted).max() <= 1e-3 * np.ptp(wanted)
