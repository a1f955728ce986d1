"""Networks that came by way of ONNX: norms by computed axes, shapes by computed batches, attention spelled out."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from ovxai_tools.checks import timm_zoo
from ovxai_tools.checks.verify import random_case, verify

from ovxai_passes.insert import insert
from ovxai_passes.model_info.read import read_model
from ovxai_passes.options import Options
from tests.support.extras import timm_network


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize(("name", "readout"), [("test_vit", "class token"), ("test_resnet", "pooled")])
def test_onnx(name: str, readout: str, dynamic: bool, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed (extra: zoo)")
    pytest.importorskip("onnx", reason="onnx is not installed (extra: dev)")
    network = timm_network(name)
    example = torch.randn(2 if dynamic else 1, *timm_zoo.picture_size(network))
    axes = {"x": {0: "n"}, "y": {0: "n"}} if dynamic else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tracing, and that there is a newer exporter
        torch.onnx.export(
            network,
            example,
            str(tmp_path / "model.onnx"),
            opset_version=17,
            input_names=["x"],
            output_names=["y"],
            dynamic_axes=axes,
            dynamo=False,
        )
    model = read_model(tmp_path / "model.onnx")
    written, raw = insert(model, Options()), insert(model, Options(embed_scaling=False))
    assert written.report.readout == readout
    assert not written.report.multiplied_out
    assert written.report.cost < 1
    assert verify(model, written.model, raw, [random_case(model)])
