"""Which class a preview, or a page of explanations, calls the best: scores of integers, rankings, labels."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.cli import explain, transform
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.previews.preview import write_preview
from ovxai_tools.pictures.previews.shown_class import PreviewSubject

import ovxai_passes as xai
from ovxai_passes.explainer.targets import target_indices
from ovxai_passes.insert import insert
from ovxai_passes.model_info.class_scores import class_count, shares_of, shares_reader
from ovxai_passes.model_info.labels import names_of, numbers_of
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.ops.cost import beyond
from ovxai_passes.options import Options
from tests.support.cli import invoke
from tests.support.extras import needs_pictures

needs_pictures()
Image = pytest.importorskip("PIL.Image")

STAR = demo.FOLDER / "03_star.png"
NAMES = ("disc", "square", "triangle", "star", "cross", "ring", "diamond", "crescent")


def quantised(kind: str, low: float, high: float) -> Callable[[ov.Output], ov.Node]:
    """Shares as whole numbers, rounded to 256 values as converters do."""

    def build(logits: ov.Output) -> ov.Node:
        ends = [ops.constant(np.float32(end)) for end in (0, 1, low, high)]
        return ops.convert(ops.fake_quantize(ops.softmax(logits, 1), *ends, 256), kind)

    return build


def ranking(port: int, count: int, kind: str = "i32") -> Callable[[ov.Output], ov.Node]:
    """The best classes (port 1) or their values (port 0), best first."""
    return lambda logits: ops.topk(logits, ops.constant(count), 1, "max", "value", kind).output(port).get_node()


def ended(end: Callable[[ov.Output], ov.Node], port: int = 0) -> ov.Model:
    """demo:cnn with another end."""
    model = ov.Core().read_model(demo.model_path("demo:cnn"))
    node = end(model.outputs[0].get_node().input_value(0))
    return ov.Model([ops.result(node.output(port))], model.get_parameters(), "ended")


BUILT: dict[str, Callable[[], ov.Model]] = {
    "u8": lambda: ended(quantised("u8", 0, 255)),
    "i8": lambda: ended(quantised("i8", -128, 127)),
    "i32 scores": lambda: ended(quantised("i32", 0, 1000)),
    "i64 scores": lambda: ended(quantised("i64", -50, 50)),
    "index": lambda: ended(ranking(1, 1), 1),
    "index i64": lambda: ended(ranking(1, 1, "i64"), 1),
    "ranking of all": lambda: ended(ranking(1, 8), 1),
    "values of all": lambda: ended(ranking(0, 8), 0),
    "flat index": lambda: ended(lambda x: ops.squeeze(ranking(1, 1)(x).output(1), ops.constant([1]))),
}

WHOLE_NUMBERS = ("i32 scores", "i64 scores")


@pytest.mark.parametrize("name", BUILT)
def test_the_caption_of_a_preview(name: str, tmp_path: Path) -> None:
    model = BUILT[name]()
    for top_k in (None, 3):
        inserted = insert(model, Options(top_k=top_k))
        shown = PreviewSubject(model, inserted, NAMES)
        caption = write_preview(inserted.model, shown, STAR, Preparation(), tmp_path / "a.png")
        assert re.fullmatch(r"star, score \d+" if name in WHOLE_NUMBERS else r"star, \d[\d.]* %", caption)


@pytest.mark.parametrize("name", ["u8", "i8", "i32 scores", "i64 scores"])
def test_whole_numbers_are_scores(name: str, tmp_path: Path) -> None:
    model = BUILT[name]()
    ov.save_model(model, tmp_path / "in.xml")
    (tmp_path / "names.txt").write_text("\n".join(("background", *NAMES)))
    call = (tmp_path / "in.xml", STAR, "--output", tmp_path / "o", "--labels", tmp_path / "names.txt", "--json")
    said = json.loads(invoke(explain.main, *call).stdout)["explained"][0]
    assert said["class"] == "star"
    assert said["score"] > 0.5


@pytest.mark.parametrize("name", ["index", "ranking of all", "values of all", "flat index"])
def test_rankings_are_no_scores(name: str) -> None:
    model = BUILT[name]()
    outputs = [np.array(port) for port in ov.compile_model(model, "CPU")(np.zeros((1, 3, 64, 64), np.float32)).values()]
    assert shares_reader(model)(outputs) is None
    assert class_count(model) == 8


def test_shares_of_bytes() -> None:
    np.testing.assert_allclose(shares_of(np.array([[0, 51, 255]], np.uint8), 3), [0, 0.2, 1])
    np.testing.assert_allclose(shares_of(np.array([[[-128]], [[127]]], np.int8)[None], 2), [0, 1])
    np.testing.assert_array_equal(shares_of(np.array([[3, 70000]], np.int32), 2), [3, 70000])
    assert shares_of(np.array([[1.5, 2], [3, 4]], np.float16), 2).tolist() == [1.5, 2]


@pytest.mark.parametrize(
    ("suffix", "kind"), [("png", "PNG"), ("jpg", "JPEG"), ("JPEG", "JPEG"), ("bmp", "BMP"), ("tif", "TIFF")]
)
def test_a_preview_is_what_its_name_says(
    suffix: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    invoke(transform.main, "demo:cnn", "out.xml", "--preview", f"p.{suffix}", "-q")
    with Image.open(f"p.{suffix}") as drawn:
        assert drawn.format == kind
        assert drawn.height == 332


def test_whether_labels_fit() -> None:
    assert names_of((), 3) == ()
    assert names_of("abc", 3) == tuple("abc")
    assert names_of(("Background", *"abc"), 3) == tuple("abc")
    assert names_of("ab", 3, background=0) == ("background", "a", "b")
    assert names_of("ab", 3, background=2) == ("a", "b", "background")
    for labels, count in (("abcd", 3), ("ab", 3), (("a", "background", "b", "c"), 3), ("a", 0)):
        with pytest.raises(xai.OptionError, match="give one for each, in the model's order"):
            names_of(labels, count)


def test_names_with_blanks_are_given_in_either_way() -> None:
    names = ("tabby, tabby cat", "dog", "tiger cat", "catamaran")
    assert numbers_of(("Tiger_cat", "tabby cat"), names, 4) == (2, 0)
    with pytest.raises(xai.OptionError, match=r"did you mean 'tabby cat' or 'tiger cat'\?"):
        numbers_of(("cat",), names, 4)
    assert target_indices(["tiger_cat", "dog"], names) == [2, 1]


def test_a_preview_and_a_page_say_the_same_probability(tmp_path: Path) -> None:
    asked = ("--image", STAR, "--preview", tmp_path / "p.png")
    drawn = re.findall(r"→ (.*)", invoke(transform.main, "demo:cnn", tmp_path / "out.xml", *asked).stdout)
    told = re.findall(r"png: (.*)", invoke(explain.main, "demo:cnn", STAR, "--output", tmp_path / "o").stdout)
    assert drawn == told != []


def test_digits_that_show_what_is_beyond() -> None:
    for value, limit, text in ((0.0113, 0.001, "0.011"), (20.04, 20, "20.04"), (1234.5, 20, "1234.5"), (2, 1.5, "2.0")):
        assert beyond(value, limit) == text


def test_real_networks_of_bytes(data: Path, tmp_path: Path) -> None:
    labels = tuple((data / "imagenet_labels.txt").read_text().splitlines())
    model = ov.Core().read_model(data / "mobilenet_v2_1.0_224_quant.tflite")
    inserted = insert(model, Options())
    shown = PreviewSubject(model, inserted, labels)
    caption = write_preview(inserted.model, shown, data / "parrot.jpg", Preparation(), tmp_path / "a.png")
    assert caption == "macaw, 100 %"


def test_a_kitten_is_no_fox(data: Path, tmp_path: Path) -> None:
    picture = ("--bgr", "--mean", "104,117,123")
    call = (data / "SqueezeNet_fp16.onnx", data / "kitten.png", "--output", tmp_path / "o", *picture, "--json")
    labels = data / "imagenet_labels.txt"
    said = json.loads(invoke(explain.main, *call, "--labels", labels).stdout)["explained"][0]["class"]
    assert "cat" in said
    (tmp_path / "wrong.txt").write_text(labels.read_text().replace("background", "nothing"))
    wrong = invoke(explain.main, *call, "--labels", tmp_path / "wrong.txt", "--force", code=2)
    assert "1001 labels for the model's 1000 classes" in wrong.output
