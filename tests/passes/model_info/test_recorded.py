"""Models that have a map already: returned as they are, unless another map is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.cli.transform import main

import ovxai_passes as xai
from ovxai_passes.model_info.recorded import is_augmented
from tests.fixtures import detector_graphs, graphs
from tests.support.cli import invoke

SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({}, {"task": "classification"}),
    ({}, {"explain_method": "vitreciprocam", "k": 1, "mask": "gaussian"}),
    ({}, {"scaling": "map", "embed_scaling": True}),
    ({}, {"output": "scores"}),
    ({}, {"max_cost": 7, "max_tensor_gib": 1.5}),
    ({"k": 1, "mask": "onehot"}, {"mask": "onehot"}),
    ({"classes": [3, 1], "labels": list("abcde")}, {"classes": ["d", "b"], "labels": list("abcde")}),
    ({"top_k": 2}, {"top_k": 2}),
    ({"embed_scaling": False}, {"scaling": "none"}),
    ({"scaling": "joint", "trim": True}, {"scaling": "joint", "trim": True}),
    ({"feature_vector": True}, {"feature_vector": True}),
    ({"explain_method": "activationmap"}, {"explain_method": "activationmap"}),
]
OTHER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"explain_method": "activationmap"}),
    ({}, {"mask": "onehot"}),
    ({}, {"k": 2}),
    ({}, {"embed_scaling": False}),
    ({}, {"scaling": "joint"}),
    ({}, {"classes": [1]}),
    ({"classes": [3, 1]}, {"classes": [1, 3]}),
    ({}, {"top_k": 2}),
    ({"top_k": 2}, {"top_k": 3}),
    ({}, {"target_layer": "somewhere"}),
    ({}, {"reference": True}),
    ({}, {"trim": True}),
    ({}, {"feature_vector": True}),
    ({}, {"only_map": True}),
    ({"embed_scaling": False}, {"scaling": "map"}),
    ({}, {"output": "elsewhere"}),
]


def saved(model: ov.Model, folder: Path) -> ov.Model:
    ov.save_model(model, folder / "maps.xml")
    return ov.Core().read_model(folder / "maps.xml")


@pytest.mark.parametrize(("made", "wanted"), SAME)
def test_the_same_map_is_returned(tmp_path: Path, made: dict[str, Any], wanted: dict[str, Any]) -> None:
    model = saved(xai.insert_xai(graphs.vit(), **made), tmp_path)
    assert xai.insert_xai(model, **made) is model
    assert xai.insert_xai(model, **wanted) is model


@pytest.mark.parametrize(("made", "wanted"), OTHER)
def test_another_map_is_refused(tmp_path: Path, made: dict[str, Any], wanted: dict[str, Any]) -> None:
    model = saved(xai.insert_xai(graphs.vit(), **made), tmp_path)
    with pytest.raises(xai.OptionError, match="give the model without it"):
        xai.insert_xai(model, **wanted)


def test_the_target_by_name() -> None:
    model = xai.insert_xai(graphs.cnn())
    target = str(model.get_rt_info(["ovxai", "target"]).astype(str))
    assert xai.insert_xai(model, target_layer=target) is model


def test_detectors(tmp_path: Path) -> None:
    model = saved(xai.insert_xai(detector_graphs.yolox().model, saliency_map_size=(5, 7)), tmp_path)
    assert xai.insert_xai(model, task="detection", saliency_map_size=[5, 7]) is model
    assert xai.insert_xai(model, saliency_map_size=(5, 7), explain_method="detclassprobabilitymap") is model
    layers = [one.rpartition(":")[0] for one in str(model.get_rt_info(["ovxai", "levels"]).astype(str)).split(" ")]
    assert xai.insert_xai(model, target_layer=layers) is model
    for wanted in ({"saliency_map_size": (5, 6)}, {"objectness": True}, {"target_layer": layers[:1]}):
        with pytest.raises(xai.OptionError, match="give the model without it"):
            xai.insert_xai(model, **wanted)


def test_maps_of_other_making() -> None:
    x = ops.parameter([1, 3, 8, 8], name="image")
    end = ops.result(ops.reduce_mean(x, ops.constant([1]), False))
    end.output(0).set_names({"saliency_map"})
    model = ov.Model([end], [x])
    assert is_augmented(model)
    assert xai.insert_xai(model, task="classification") is model
    with pytest.raises(xai.OptionError, match=r"of other making already, which .* leave out top_k=3"):
        xai.insert_xai(model, top_k=3)


def test_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ov.save_model(xai.insert_xai(graphs.cnn(), top_k=2), "maps.xml")
    said = invoke(main, "maps.xml", "other.xml", "--method", "activationmap", code=2).output
    assert "has a saliency_map already, of method reciprocam, and not with --method activationmap" in said
    assert not Path("other.xml").exists()
    for place, options in enumerate(((), ("--task", "classification"), ("--top-k", "2", "--method", "reciprocam"))):
        assert "copied" in invoke(main, "maps.xml", f"{place}.xml", *options).output
    assert "no effect" in invoke(main, "maps.xml", "other.xml", "--verify", code=2).output
    assert "as it is" in invoke(main, "maps.xml", "--dry-run", "--top-k", "2").output
