"""The further networks with class tokens, untrained: what is found in them, and whether their maps are right."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from tests.tools.cli.test_transform import call


@pytest.mark.parametrize(
    ("name", "kept", "trace"),
    [
        ("vit-postnorm", 1, "the block is post-norm or parallel: its input is masked"),
        ("vit-registers", 5, "the mask weighs the skip path and the output of the block's first norm"),
    ],
)
def test_maps_of_further_networks_with_class_tokens(name: str, kept: int, trace: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="the networks are torch modules: pip install 'ovxai-passes[zoo]'")
    train_demo = importlib.import_module("ovxai_tools.demo.train")
    weights = importlib.import_module("ovxai_tools.demo.weights")
    torch.manual_seed(0)
    network = train_demo.RECIPES[name].make().eval()
    for norm in network.modules():
        if isinstance(norm, torch.nn.LayerNorm):  # as trained ones: scales of 1 and shifts of 0 are left out
            torch.nn.init.normal_(norm.weight, 1, 0.2)
            torch.nn.init.normal_(norm.bias, 0, 0.2)
    traced = torch.jit.trace(network, torch.zeros(2, 3, 64, 64), check_trace=False)  # the check takes longer
    weights.export(traced, tmp_path / "in.xml", weights.CLASSIFIER, 0.0)
    options = ("--mask", "onehot", "--contrast", "mean", "--scaling", "positive")
    report = json.loads(call(tmp_path / "in.xml", tmp_path / "out.xml", "--verify", "--json", *options).stdout)
    assert (report["method"], report["readout"], report["k"]) == ("vitreciprocam", "class token", 1)
    assert (report["kept_tokens"], report["grid"], report["target"]["type"]) == (kept, [8, 8], "Add")
    assert report["target"]["shape"] == [None, 64 + kept, 48]
    assert trace in report["story"]
    held = "\n".join(report["verified"])
    assert "original outputs bit-identical" in held
    assert "map equal to the naive definition on all 64 positions" in held
