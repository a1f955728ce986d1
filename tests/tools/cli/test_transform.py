"""The command line as a user meets it: what it writes, what it says, how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import click.testing
import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.cli.transform import main

from ovxai_passes.insert import insert
from tests.fixtures import graphs
from tests.support.cli import invoke
from tests.support.running import random_input, run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a class-token transformer in it."""
    monkeypatch.chdir(tmp_path)
    ov.save_model(graphs.vit(), "in.xml")
    return tmp_path


def call(*args: object, code: int = 0) -> click.testing.Result:
    return invoke(main, *args, code=code)


def listing() -> list[str]:
    return sorted(os.listdir())


def test_success_says_what_was_done(folder: Path) -> None:
    said = call("in.xml", "out.xml").output
    for line in ("vitreciprocam, k=1, mask gaussian", "class token", "4x4", "kept tokens:  1", "classes:      5"):
        assert line in said
    assert "bytes of .bin" in said
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


def test_existing_output_is_kept_without_force(folder: Path) -> None:
    Path("out.bin").write_text("mine")
    assert "--force" in call("in.xml", "out.xml", code=2).output
    assert Path("out.bin").read_text() == "mine"
    call("in.xml", "out.xml", "--force")
    assert listing() == ["in.bin", "in.xml", "out.bin", "out.xml"]
    call("in.xml", "in.xml", "--force", code=2)


def test_an_augmented_input_is_copied_or_refused(folder: Path) -> None:
    call("in.xml", "out.xml")
    assert "already" in call("out.xml", "copy.xml").output
    assert ov.Core().read_model("copy.xml").output("saliency_map")
    assert "give the model without it" in call("out.xml", "again.xml", "--k", 2, code=2).output
    assert "already" in call("out.xml", "--dry-run").output
    assert json.loads(call("out.xml", "--dry-run", "--json").stdout)["notices"]
    call("out.xml", "--dry-run", "--k", 2, code=2)
    call("out.xml", "again.xml", "--bgr", code=2)
    assert "again.xml" not in listing()


def _text_model() -> None:
    tokens = ops.parameter([1, 16], np.int64)
    words = ops.gather(ops.constant(np.ones((9, 4), np.float32)), tokens, graphs.scalar(0))
    scores = ops.matmul(
        ops.reduce_mean(words, graphs.integers(1)), ops.constant(np.ones((4, 3), np.float32)), False, False
    )
    ov.save_model(ov.Model([scores], [tokens]), "bad.xml")


def _feature_model() -> None:
    image = graphs.picture(1)
    ov.save_model(ov.Model([graphs.conv(image, graphs.Weights(), 3, 6, 2, 2)], [image]), "bad.xml")


def _truncated() -> None:
    shutil.copy("in.xml", "bad.xml")
    Path("bad.bin").write_bytes(Path("in.bin").read_bytes()[:200])


def _lonely() -> None:
    shutil.copy("in.xml", "bad.xml")


def _foreign() -> None:
    Path("bad.xml").write_text("<svg></svg>")
    Path("bad.bin").touch()


@pytest.mark.parametrize(
    ("prepare", "code", "said"),
    [
        (lambda: None, 2, "no such file"),
        (Path("bad.xml").touch, 2, "empty"),
        (_lonely, 2, "bad.bin, are not beside it"),
        (_truncated, 2, "shorter than the .xml says"),
        (_foreign, 2, "XML of another kind"),
        (Path("bad.xml").mkdir, 2, "is a directory"),
        (_text_model, 3, "no picture input"),
        (_feature_model, 3, "no class scores"),
    ],
)
def test_bad_input(folder: Path, prepare: object, code: int, said: str) -> None:
    assert callable(prepare)
    prepare()
    before = listing()
    assert said in call("bad.xml", "out.xml", code=code).output
    assert listing() == before


def test_a_file_of_no_known_format(folder: Path) -> None:
    Path("bad.onnx").write_bytes(b"\x00not a model")
    assert "does not take it for a model" in call("bad.onnx", "out.xml", code=2).output


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ((), 2, "OUT.xml is missing"),
        (("nowhere/out.xml",), 2, "no folder nowhere"),
        (("out.onnx",), 2, "ends in .xml"),
        (("out.xml", "--method", "gradcam"), 2, "is not one of"),
        (("out.xml", "--method", "rise"), 2, "is not one of"),
        (("out.xml", "--task", "detection", "--method", "reciprocam"), 2, "does not go with task"),
        (("out.xml", "--k", "-1"), 2, "x>=0"),
        (("out.xml", "--image", "in.bin"), 2, "--verify and --preview"),
        (("out.xml", "--verify", "--mean", "1,2"), 2, "one number, or three"),
        (("out.xml", "--verify", "--scale", "0"), 2, "one number, or three"),
        (("out.xml", "--target-layer", "nothing"), 3, "there is no layer 'nothing'"),
        (("out.xml", "--method", "reciprocam"), 3, "class token"),
        (("out.xml", "--k", "5"), 3, "k=5"),
        (("out.xml", "--output", "9"), 3, "there is no output '9'"),
    ],
)
def test_wrong_usage(folder: Path, args: tuple[str, ...], code: int, said: str) -> None:
    assert said in call("in.xml", *args, code=code).output
    assert listing() == ["in.bin", "in.xml"]


@pytest.mark.parametrize("preview", ["in.xml", "in.bin", "photo.png", "out.xml", "out.bin"])
def test_a_preview_never_replaces_an_input_or_the_model(folder: Path, preview: str) -> None:
    image = pytest.importorskip("PIL.Image", reason="the preview needs Pillow: pip install 'ovxai-passes[image]'")
    image.new("RGB", (8, 8)).save("photo.png")
    before = {name: Path(name).read_bytes() for name in listing()}
    said = call("in.xml", "out.xml", "--image", "photo.png", "--preview", preview, "--force", code=2).output
    assert "choose another name" in said
    assert {name: Path(name).read_bytes() for name in listing()} == before


def test_output_may_have_any_name(folder: Path, data: Path) -> None:
    call(data / "SqueezeNet_fp16.onnx", "plain.xml")
    assert ov.Core().read_model("plain.xml").output("saliency_map")


def test_reference_and_method_that_does_not_fit(folder: Path) -> None:
    report = json.loads(call("in.xml", "out.xml", "--reference", "--verify", "--json").stdout)
    assert report["multiplied_out"] > 0
    ov.save_model(graphs.cnn(), "cnn.xml")
    call("cnn.xml", "c.xml", "--method", "vitreciprocam", "--k", 0, code=3)


def test_preview_with_several_inputs_feeds_the_picture(folder: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="the preview needs Pillow: pip install 'ovxai-passes[image]'")
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    image.fromarray(noise).save("photo.png")
    model = graphs.cnn()
    vector = ops.parameter([1, graphs.CLASSES], np.float32, name="prior")
    scores = ops.add(model.get_results()[0].input_value(0), vector)
    ov.save_model(ov.Model([scores], [vector, *model.get_parameters()]), "two.xml")
    call("two.xml", "out.xml", "--verify", "--image", "photo.png", "--preview", "p.png")


def test_unknown_demo_model(folder: Path) -> None:
    assert "demo:cnn" in call("demo:dog", "out.xml", code=2).output


def test_a_wrong_map_is_not_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = insert

    def shifted(model: ov.Model, options: object) -> object:
        insertion = real(model, options)  # type: ignore[arg-type]
        result = insertion.model.output("saliency_map").get_node()
        moved = ops.roll(result.input_value(0), graphs.integers(1), graphs.integers(3))
        result.input(0).replace_source_output(moved.output(0))
        insertion.model.validate_nodes_and_infer_types()
        return insertion

    monkeypatch.setattr("ovxai_tools.checks.transformation.insert_any", shifted)
    assert "differs from the naive definition" in call("in.xml", "out.xml", "--verify", code=4).output
    assert listing() == ["in.bin", "in.xml"]


def test_a_changed_output_is_not_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = insert

    def changed(model: ov.Model, options: object) -> object:
        insertion = real(model, options)  # type: ignore[arg-type]
        result = insertion.model.get_results()[0]
        moved = ops.multiply(result.input_value(0), ops.constant(np.float32(1.0000001)))
        result.input(0).replace_source_output(moved.output(0))
        return insertion

    monkeypatch.setattr("ovxai_tools.checks.transformation.insert_any", changed)
    assert "output 0 of the original model differs" in call("in.xml", "out.xml", "--verify", code=4).output
    assert listing() == ["in.bin", "in.xml"]


def test_an_error_while_publishing_puts_everything_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("out.bin").write_text("old weights")
    Path("out.xml").write_text("old model")
    replace = os.replace

    def failing(source: Path, target: Path) -> None:
        if Path(target).name == "out.xml":
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr("ovxai_tools.common.files.os.replace", failing)
    assert "No space left" in call("in.xml", "out.xml", "--force", code=2).output
    assert Path("out.bin").read_text() == "old weights"
    assert Path("out.xml").read_text() == "old model"
    assert listing() == ["in.bin", "in.xml", "out.bin", "out.xml"]


def test_a_torn_save_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save = ov.save_model

    def torn(model: ov.Model, path: Path, **options: object) -> None:
        save(model, path, **options)
        weights = Path(path).with_suffix(".bin")
        weights.write_bytes(weights.read_bytes()[:100])

    monkeypatch.setattr(ov, "save_model", torn)
    assert "cannot write out.xml" in call("in.xml", "out.xml", code=2).output
    assert listing() == ["in.bin", "in.xml"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing(folder: Path, number: signal.Signals) -> None:
    ov.save_model(graphs.vit(blocks=60), "deep.xml")
    program = (
        "import signal, time, ovxai_tools.cli.transform as t, ovxai_tools.checks.transformation as w\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job starts with it ignored\n"
        "def slow(*a):\n print('ready', flush=True); time.sleep(60)\n"
        "w.verify = slow; t.main(['deep.xml', 'out.xml', '--verify'])"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert any(name.startswith(".ovxai-") for name in listing())
        process.send_signal(number)
        started = time.monotonic()
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Interrupted" in said
    assert b"Traceback" not in said
    assert time.monotonic() - started < 30
    assert listing() == ["deep.bin", "deep.xml", "in.bin", "in.xml"]


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
    said = call("in.xml", "a.xml", "--top-k", 2, "--verify", "--preview", "a.png").output
    assert "maps for the best 2 of each image" in said
    assert Path("a.png").stat().st_size > 0
    assert "top_k is 6, but the model has 5 classes" in call("in.xml", "b.xml", "--top-k", 6, code=2).output
    assert "do not go together" in call("in.xml", "b.xml", "--top-k", 2, "--class", 1, code=2).output
    assert not Path("b.xml").exists()


def test_trimmed(folder: Path) -> None:
    report = json.loads(call("in.xml", "a.xml", "--trim", "--verify", "--json").stdout)
    assert report["trimmed"] > 0
    assert any("not to the bit" in notice for notice in report["notices"])
    assert any("equal to 1e-05" in line for line in report["verified"])


def test_too_costly(folder: Path) -> None:
    said = call("in.xml", "a.xml", "--max-cost", 0.001, code=3).output
    assert "what would cost less: fewer classes" in said
    assert "times the model's multiply-adds" in said
    assert listing() == ["in.bin", "in.xml"]
