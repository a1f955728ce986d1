"""The command line as a user meets it: what it writes, what it says, how it ends."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click.testing
import numpy as np
import openvino as ov
from openvino import opset13 as ops
from ovxai_tools.cli.transform import main
from ovxai_tools.demo import shipped as demo

from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.pictures.encoding import write_picture
from tests.fixtures import graphs
from tests.support.cli import invoke
from tests.support.extras import needs_pictures
from tests.support.running import random_input, run


def call(*args: object, code: int = 0) -> click.testing.Result:
    return invoke(main, *args, code=code)


def listing() -> list[str]:
    return sorted(os.listdir())


def test_success_says_what_was_done(folder: Path) -> None:
    said = call("in.xml", "out.xml").output
    for line in ("vitreciprocam, k=1, mask onehot", "class token", "4x4", "kept tokens:  1", "classes:      5"):
        assert line in said
    assert " of .bin, " in said
    assert "wrote out.xml, out.bin" in said
    assert listing() == ["in.bin", "in.xml", "out.bin", "out.xml"]
    image = random_input(graphs.vit())
    plain, augmented = ov.Core().read_model("in.xml"), ov.Core().read_model("out.xml")
    np.testing.assert_array_equal(run(augmented, image), run(plain, image))
    assert run(augmented, image, name="saliency_map").shape == (1, 5, 4, 4)


def test_json_report(folder: Path) -> None:
    report = json.loads(call("in.xml", "out.xml", "--json", "--verify").stdout)
    wanted = {"input", "task", "method", "readout", "target", "grid", "mask", "k", "kept_tokens", "scores", "classes"}
    wanted |= {"multiplied_out", "bin_growth", "ops_growth", "seconds", "notices", "verified"}
    assert wanted <= set(report)
    assert set(report["target"]) == {"name", "type", "shape"}
    assert report["input"] == "in.xml"
    assert report["grid"] == [4, 4]
    assert report["ops_growth"] > 0
    assert report["bin_growth"] == Path("out.bin").stat().st_size - Path("in.bin").stat().st_size
    assert len(report["verified"]) == 4


def test_options_reach_the_map(folder: Path) -> None:
    call("in.xml", "a.xml", "--k", 2, "--mask", "onehot", "--no-embed-scaling", "--verify")
    model = ov.Core().read_model("a.xml")
    info = {key: value.astype(str) for key, value in model.get_rt_info(["ovxai"]).astype(dict).items()}
    assert (info["k"], info["mask"], info["scaling"]) == ("2", "onehot", "none")
    assert model.output("saliency_map").get_element_type() == ov.Type.f32
    call("in.xml", "b.xml", "--method", "activationmap", "--verify")
    assert len(ov.Core().read_model("b.xml").output("saliency_map").get_partial_shape()) == 3
    call("in.xml", "c.xml", "--target-layer", info["target"], "--verify")


def test_dry_run_tells_the_story_and_writes_nothing(folder: Path) -> None:
    said = call("in.xml", "--dry-run").output
    assert "the last block that reads positions starts at" in said
    assert "nothing was written" in said
    assert listing() == ["in.bin", "in.xml"]
    call("in.xml", "--dry-run", "--method", "reciprocam", code=3)


def test_quiet_says_nothing(folder: Path) -> None:
    assert not call("in.xml", "out.xml", "-q").output


def test_verify_with_several_layouts(folder: Path) -> None:
    for name, model in {"nhwc": graphs.nhwc_cnn(-1), "quantised": graphs.quantised_cnn(3)}.items():
        ov.save_model(model, f"{name}.xml", compress_to_fp16=False)
        assert "all 16 positions" in call(f"{name}.xml", f"{name}_out.xml", "--verify").output


def test_an_augmented_input_is_copied_or_refused(folder: Path) -> None:
    call("in.xml", "out.xml")
    assert "already" in call("out.xml", "copy.xml").output
    assert ov.Core().read_model("copy.xml").output("saliency_map")
    assert "give the model without it" in call("out.xml", "again.xml", "--k", 2, code=2).output
    assert "already" in call("out.xml", "--dry-run").output
    assert json.loads(call("out.xml", "--dry-run", "--json").stdout)["notices"]
    call("out.xml", "--dry-run", "--k", 2, code=2)
    assert "again.xml" not in listing()
    assert "with what it was told of itself" in call("out.xml", "again.xml", "--bgr").output
    assert Preparation.from_model(ov.Core().read_model("again.xml")).bgr


def test_output_may_have_any_name(folder: Path, data: Path) -> None:
    call(data / "SqueezeNet_fp16.onnx", "plain.xml")
    assert ov.Core().read_model("plain.xml").output("saliency_map")


def test_reference_and_method_that_does_not_fit(folder: Path) -> None:
    report = json.loads(call("in.xml", "out.xml", "--reference", "--verify", "--json").stdout)
    assert report["multiplied_out"] > 0
    ov.save_model(graphs.cnn(), "cnn.xml")
    call("cnn.xml", "c.xml", "--method", "vitreciprocam", code=3)
    assert (
        "--k 0 re-runs no attention" in call("cnn.xml", "c.xml", "--method", "vitreciprocam", "--k", 0, code=2).output
    )


def test_preview_with_several_inputs_feeds_the_picture(folder: Path) -> None:
    needs_pictures()
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    write_picture(noise, Path("photo.png"))
    model = graphs.cnn()
    vector = ops.parameter([1, graphs.CLASSES], np.float32, name="prior")
    scores = ops.add(model.get_results()[0].input_value(0), vector)
    ov.save_model(ov.Model([scores], [vector, *model.get_parameters()]), "two.xml")
    call("two.xml", "out.xml", "--verify", "--image", "photo.png", "--preview", "p.png")


def test_help_documents_the_exit_codes() -> None:
    said = call("--help").output
    for code in (
        "0    done",
        "1    a bug",
        "2    wrong usage",
        "3    no target",
        "4    verification",
        "130  interrupted",
    ):
        assert code in said
    assert "demo:cnn" in said
    assert "0.1.0" in call("--version").output


def test_some_classes(folder: Path) -> None:
    Path("names.txt").write_text("ant\nbee\ncat\ndog\nelk\n")
    said = call("in.xml", "a.xml", "--class", "cat", "--class", 0, "--labels", "names.txt", "--verify").output
    assert "classes:      5, maps for 2, 0" in said
    model = ov.Core().read_model("a.xml")
    assert model.get_rt_info(["ovxai", "chosen"]).astype(str) == "2 0"
    assert run(model, random_input(graphs.vit()), name="saliency_map").shape == (1, 2, 4, 4)
    assert "did you mean 'cat'" in call("in.xml", "b.xml", "--class", "cart", "--labels", "names.txt", code=2).output
    assert "no class 5" in call("in.xml", "b.xml", "--class", 5, code=2).output
    assert "cannot read the labels" in call("in.xml", "b.xml", "--class", "cat", "--labels", "no.txt", code=2).output
    Path("binary").write_bytes(b"\xff\xfe\x00\xd8")
    assert "no text" in call("in.xml", "b.xml", "--class", "cat", "--labels", "binary", code=2).output


def test_best_classes(folder: Path) -> None:
    preview = ("--preview", "a.png", "--image", demo.FOLDER / "03_star.png")
    said = call("in.xml", "a.xml", "--top-k", 2, "--verify", *preview).output
    assert "maps for the best 2 of each image" in said
    assert Path("a.png").stat().st_size > 0
    assert "--top-k 6 is more than the model has, 5 classes" in call("in.xml", "b.xml", "--top-k", 6, code=2).output
    assert "do not go together" in call("in.xml", "b.xml", "--top-k", 2, "--class", 1, code=2).output
    assert not Path("b.xml").exists()


def test_trimmed(folder: Path) -> None:
    report = json.loads(call("in.xml", "a.xml", "--trim", "--verify", "--json").stdout)
    assert report["trimmed"] > 0
    assert any("not to the bit" in notice for notice in report["notices"])
    assert any("equal to 1e-05" in line for line in report["verified"])


def test_the_defaults_of_the_command_line_are_measured_ones(folder: Path) -> None:
    call("in.xml", "out.xml")
    call("in.xml", "drop.xml", "--defaults", "drop-in")
    said = [
        [ov.Core().read_model(name).get_rt_info(["ovxai", key]).astype(str) for key in ("defaults", "scaling", "mask")]
        for name in ("out.xml", "drop.xml")
    ]
    assert said == [["measured", "positive", "onehot"], ["drop-in", "map", "gaussian"]]
    call("out.xml", "again.xml")  # they ask for nothing of a model that has maps
    assert "--scaling map" in call("out.xml", "again.xml", "--scaling", "map", "--force", code=2).stderr
