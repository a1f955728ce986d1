"""Shapes that are stated on the command line (`--shape`)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.cli import bench, explain, sweep, transform
from ovxai_tools.demo import shipped as demo

import ovxai_passes as xai
from ovxai_passes.model_info.shapes import set_shapes, stated_shape
from ovxai_passes.ops.precision import F32
from tests.fixtures import graphs
from tests.support.cli import invoke
from tests.support.extras import needs_pictures

STAR = demo.FOLDER / "03_star.png"


@pytest.mark.parametrize(
    ("text", "shape", "name"),
    [
        ("1,3,224,224", [1, 3, 224, 224], None),
        ("?,3,224,224", [-1, 3, 224, 224], None),
        (" -1, 3 ,[8]".replace("[8]", "8"), [-1, 3, 8], None),
        ("[1,3,8,8]", [1, 3, 8, 8], None),
        ("image=1..8,3,8,?", [(1, 8), 3, 8, -1], "image"),
        ("a=b:0=2,3", [2, 3], "a=b:0"),
        ("7", [7], None),
    ],
)
def test_what_can_be_said(text: str, shape: list[int | tuple[int, int]], name: str | None) -> None:
    found = stated_shape(text)
    assert found.name == name
    assert found.shape == ov.PartialShape([ov.Dimension(*(one if isinstance(one, tuple) else (one,))) for one in shape])


@pytest.mark.parametrize(
    "text", ["", ",", "1,3,", "1x3x8x8", "1,3,8.0,8", "1,0", "1,-2", "8..1", "1...8", "a=", "??", "1,99999999999"]
)
def test_what_cannot(text: str) -> None:
    with pytest.raises(xai.OptionError, match="is no shape: give sizes with commas between them"):
        stated_shape(text)


def dynamic(name: str = "image") -> ov.Model:
    """`graphs.cnn` with an input [?,?,?,?]."""
    model = graphs.cnn()
    parameter = model.get_parameters()[0]
    parameter.set_partial_shape(ov.PartialShape([-1, -1, -1, -1]))
    parameter.output(0).get_tensor().set_names({name})
    model.validate_nodes_and_infer_types()
    return model


def test_one_of_several_inputs() -> None:
    image, facts = graphs.picture(1), ops.parameter([1, 4], np.float32)
    facts.output(0).set_names({"facts", "more"})
    model = ov.Model([ops.result(image), ops.result(facts)], [image, facts])
    set_shapes(model, [stated_shape("more=?,4")])
    assert [str(port.get_partial_shape()) for port in model.inputs] == ["[1,3,8,8]", "[?,4]"]
    set_shapes(model, [stated_shape("image=2,3,9,9"), stated_shape("facts=2,4")])
    assert [str(port.get_partial_shape()) for port in model.inputs] == ["[2,3,9,9]", "[2,4]"]
    with pytest.raises(xai.OptionError, match="needs a name"):
        set_shapes(model, [stated_shape("2,4")])


def test_the_model_that_is_written_has_the_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ov.save_model(dynamic(), "in.xml")
    for place, (stated, maps) in enumerate([("1,3,8,8", "[1,5,4,4]"), ("?,3,12,8", "[?,5,6,4]")]):
        said = invoke(transform.main, "in.xml", f"{place}.xml", "--shape", stated, "--json", "--verify").stdout
        assert json.loads(said)["verified"]
        written = ov.Core().read_model(f"{place}.xml")
        assert str(written.input(0).get_partial_shape()) == f"[{stated}]"
        assert str(written.output("saliency_map").get_partial_shape()) == maps
    plain = graphs.cnn()
    plain.reshape([1, 3, 12, 8])
    ov.save_model(plain, "plain.xml")
    invoke(transform.main, "plain.xml", "plain_maps.xml")
    image = np.random.default_rng(0).standard_normal((1, 3, 12, 8)).astype(np.float32)
    ours, theirs = (ov.compile_model(name, "CPU", F32)(image)["saliency_map"] for name in ("1.xml", "plain_maps.xml"))
    np.testing.assert_array_equal(ours, theirs)


def test_every_command_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_pictures()
    monkeypatch.chdir(tmp_path)
    ov.save_model(dynamic(), "in.xml")
    assert "grid:         4x4" in invoke(transform.main, "in.xml", "--dry-run", "--shape", "1,3,8,8").output
    invoke(explain.main, "in.xml", STAR, "--output", "o", "--shape", "1,3,16,16")
    said = invoke(bench.main, "in.xml", "in.xml", "--shape", "2,3,8,8", "--runs", 3, "--no-memory", "--json").stdout
    assert json.loads(said)["models"][1]["name"] == "in.xml"
    invoke(sweep.main, "in.xml", "--out", "r.csv", "--shape", "1,3,16,16", "--runs", 0, "-q")
    assert "8x8" in Path("r.csv").read_text()


def test_bench_takes_demo_models() -> None:
    said = invoke(bench.main, "demo:cnn", "demo:vit", "--runs", 3, "--no-memory", "--json").stdout
    assert [one["name"] for one in json.loads(said)["models"]] == ["demo:cnn", "demo:vit"]
