"""Folders of Hugging Face: classifiers, a detector, what is said of pictures and classes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.cli.transform import main

import ovxai_passes as xai
from ovxai_passes.model_info.rt_info import said_in
from ovxai_passes.ops.precision import F32
from tests.support.cli import invoke

WHY = "a source is a folder of Hugging Face: pip install 'ovxai-passes[huggingface]'"
torch: Any = pytest.importorskip("torch", reason=WHY)
transformers: Any = pytest.importorskip("transformers", reason=WHY)
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind}") for kind in ("UserWarning", "FutureWarning", "DeprecationWarning")
]

try:
    transformers.ViTForImageClassification  # noqa: B018  # imported when it is asked for
except (ImportError, RuntimeError) as error:
    pytest.skip(f"transformers cannot be imported whole here: {error}", allow_module_level=True)

NAMES = ["tabby cat", "dog", "ox"]
PICTURES = {
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.5, 0.4, 0.3],
    "image_std": [0.5, 0.25, 0.2],
    "size": {"height": 32, "width": 32},
}


def saved(module: Any, place: Path, pictures: dict[str, Any] | None = None) -> Path:
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.ndim == 1:
                parameter.add_(0.2 * torch.randn_like(parameter))
    module.eval().save_pretrained(place)
    if pictures is not None:
        (place / "preprocessor_config.json").write_text(json.dumps(pictures))
    return place


def vit() -> Any:
    torch.manual_seed(0)
    config = transformers.ViTConfig(
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
        image_size=32,
        patch_size=8,
        id2label=dict(enumerate(NAMES)),
        label2id={name: number for number, name in enumerate(NAMES)},
    )
    return transformers.ViTForImageClassification(config)


def test_a_classifier_with_labels_and_preparation(tmp_path: Path) -> None:
    module = vit()
    out = tmp_path / "out.xml"
    invoke(main, saved(module, tmp_path / "vit", PICTURES), out, "--class", "tabby cat")
    model = xai.read_model(out)
    assert said_in(model, "model_info", "labels") == "tabby_cat dog ox"
    assert said_in(model, "model_info", "mean_values").split() == ["127.5", "102", "76.5"]
    assert said_in(model, "model_info", "scale_values").split() == ["127.5", "63.75", "51"]
    x = torch.rand(2, 3, 32, 32)
    found = ov.compile_model(model, "CPU", F32)([x.numpy()])
    np.testing.assert_allclose(found["logits"], module(x).logits.detach(), atol=1e-4)
    assert found["saliency_map"].shape == (2, 1, 4, 4)


def test_a_detector(tmp_path: Path) -> None:
    config = transformers.YolosConfig(
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
        image_size=[32, 32],
        patch_size=8,
        num_detection_tokens=5,
        num_labels=6,
    )
    model = xai.read_model(saved(transformers.YolosForObjectDetection(config), tmp_path / "yolos"))
    assert [port.get_any_name() for port in model.outputs] == ["logits", "pred_boxes"]
    assert str(model.inputs[0].partial_shape) == "[?,3,32,32]"
    assert xai.plan(model, xai.Options()).task == "detection"


def test_weights_of_another_network(tmp_path: Path) -> None:
    place = saved(vit(), tmp_path / "vit")
    (place / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(xai.ModelReadError, match="ViTForImageClassification does not load"):
        xai.read_model(place)
