"""What a model is told of itself is written into it once, read by all, and taken back with the map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from openvino.passes import Manager
from ovxai_patterns.analysis.layout import picture_axes
from ovxai_tools.cli import transform

import ovxai_passes as xai
from ovxai_passes.insert import plan
from ovxai_passes.model_info.labels import labels_of
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.model_info.recorded import is_augmented
from ovxai_passes.options import Options
from ovxai_passes.remove import without_maps
from ovxai_passes.vocabulary import ResizeType
from tests.fixtures import detector_graphs, graphs
from tests.support.cli import invoke
from tests.support.same_model import described, information

ALL: dict[str, Any] = {
    "labels": ["tabby cat", "dog", "c", "d", "e"],
    "mean": (123.675, 116.28, 103.53),
    "scale": 58,
    "bgr": True,
    "layout": "NCHW",
    "resize_type": "fit_to_window_letterbox",
}


def said(model: ov.Model) -> dict[str, str]:
    found = information(model).get("model_info", {})
    assert isinstance(found, dict)
    return {str(key): str(value) for key, value in found.items()}


def saved(model: ov.Model, folder: Path) -> ov.Model:
    ov.save_model(model, folder / "model.xml", compress_to_fp16=False)
    return ov.Core().read_model(folder / "model.xml")


def test_all_of_it_is_written_and_read_back(tmp_path: Path) -> None:
    model = saved(xai.insert_xai(graphs.cnn(), **ALL), tmp_path)
    assert said(model) == {
        "labels": "tabby_cat dog c d e",
        "mean_values": "123.675 116.28 103.53",
        "scale_values": "58 58 58",
        "reverse_input_channels": "True",
        "resize_type": "fit_to_window_letterbox",
    }
    assert str(model.get_parameters()[0].layout) == "[N,C,H,W]"
    wanted = Preparation((123.675, 116.28, 103.53), (58, 58, 58), True, ResizeType.LETTERBOX)
    assert Preparation.from_model(model) == wanted
    assert labels_of(model) == ["tabby cat", "dog", "c", "d", "e"]


def test_it_goes_on_saying_it_without_its_maps() -> None:
    model = xai.insert_xai(graphs.cnn(), **ALL)
    plain = without_maps(model)
    assert not is_augmented(plain)
    assert said(plain) == said(model)
    assert str(plain.get_parameters()[0].layout) == "[N,C,H,W]"


def test_what_it_says_already_is_no_news() -> None:
    model = xai.insert_xai(graphs.cnn(), **ALL)
    assert xai.insert_xai(model, **ALL) is model
    again = xai.insert_xai(model, mean=0)
    assert said(again)["mean_values"] == "0 0 0"
    assert said(model)["mean_values"] != "0 0 0", "what is given is not modified"


def test_what_is_told_wins_with_a_notice() -> None:
    model = graphs.cnn()
    model.set_rt_info("1 2 3", ["model_info", "mean_values"])
    model.set_rt_info("a b c d e", ["model_info", "labels"])
    model.get_parameters()[0].layout = ov.Layout("NHWC")
    notices = plan(model, Options.checked(mean=(1, 2, 3), labels=list("vwxyz"), layout="nchw")).notices
    assert [notice for notice in notices if "told" in notice] == [
        "the model said labels 'a b c d e', and is now told 'v w x y z'",
        "the model said layout 'NHWC', and is now told 'NCHW'",
    ]
    assert said(model)["labels"] == "a b c d e", "a plan changes nothing"
    assert str(model.get_parameters()[0].layout) == "[N,H,W,C]"


@pytest.mark.parametrize("before", [{}, {"labels": "a b c d e", "mean_values": [1, 2], "other": "x"}], ids=str)
def test_it_is_taken_back_with_the_map(before: dict[str, Any]) -> None:
    model = graphs.cnn()
    for key, value in before.items():
        model.set_rt_info(value, ["model_info", key])
    plain = xai.remove_xai(xai.insert_xai(xai.insert_xai(model, **ALL), mean=3))
    assert described(plain) == described(model)
    assert information(plain) == information(model)
    assert plain.get_parameters()[0].layout.empty


def test_a_layout_that_there_was_comes_back() -> None:
    model = graphs.cnn()
    model.get_parameters()[0].layout = ov.Layout("NHWC")
    told = xai.insert_xai(model, layout="NCHW")
    assert str(told.get_parameters()[0].layout) == "[N,C,H,W]"
    assert str(xai.remove_xai(told).get_parameters()[0].layout) == "[N,H,W,C]"


def test_the_layout_is_what_pictures_are_fed_by() -> None:
    """Where both axes could be those of channels, the told one is."""
    image = ops.parameter([1, 3, 6, 3], np.float32, name="image")
    weights = ops.constant(np.random.default_rng(0).standard_normal((8, 3, 3, 3)).astype(np.float32))
    laid = ops.transpose(image, ops.constant([0, 3, 1, 2]))
    feature = ops.relu(ops.convolution(laid, weights, [1, 1], [1, 1], [1, 1], [1, 1]))
    model = ov.Model([ops.reduce_mean(feature, ops.constant([2, 3]), False)], [image])
    assert picture_axes(model.get_parameters()[0]) == (2, 3)
    told = xai.insert_xai(model, layout="NHWC")
    assert picture_axes(told.get_parameters()[0]) == (1, 2)
    assert told.output("saliency_map").get_partial_shape().to_shape() == [1, 8, 3, 6]


def test_nothing_stays_where_an_insertion_fails() -> None:
    model, manager = graphs.cnn(), Manager()
    manager.register_pass(xai.InsertSaliencyMap(Options.checked(layout="NCHW", target_layer="nowhere")))
    with pytest.raises(xai.OvxaiError):
        manager.run_passes(model)
    assert model.get_parameters()[0].layout.empty


def test_labels_are_those_of_the_classes() -> None:
    """A first "background" more is no class; of a detector whose background has no label, it gets one."""
    told = xai.insert_xai(graphs.cnn(), labels=["background", *"abcde"])
    assert labels_of(told) == list("abcde")
    known = detector_graphs.ssd_otx().model
    classes = int(plan(known, Options()).classes)
    background = plan(known, Options()).background
    assert background is not None
    names = [f"name {number}" for number in range(classes - 1)]
    assert labels_of(xai.insert_xai(known, labels=names)).index("background") == background


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"mean": (1, 2)}, "mean takes one number or three: 104 or 104,117,123, not 1,2"),
        ({"mean": (1, 2, 3, 4)}, "mean takes 3 numbers for this model's picture.*not 4"),
        ({"scale": 0}, "no number of it may be 0"),
        ({"mean": float("inf")}, "one number or three"),
        ({"layout": "CHWN"}, "takes one of 'nchw', 'nhwc'"),
        ({"resize_type": "squeeze"}, "takes one of 'standard'"),
        ({"bgr": "yes"}, "takes True or False"),
    ],
)
def test_refusals(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(xai.OptionError, match=reason):
        xai.insert_xai(graphs.cnn(), **options)


def test_a_model_without_a_picture_is_told_nothing_of_one() -> None:
    words = ops.parameter([1, 4], np.float32, name="words")
    model = ov.Model([ops.relu(words)], [words])
    with pytest.raises(xai.OptionError, match=r"takes no picture: its input words is f32 \[1,4\]"):
        xai.insert_xai(model, mean=1)


def test_a_command_line_tells_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("names.txt").write_text("tabby cat\ndog\nc\nd\ne\n")
    ov.save_model(graphs.cnn(), "in.xml")
    told = ("--labels", "names.txt", "--mean", "1,2,3", "--scale", "4", "--bgr", "--layout", "NCHW")
    invoke(transform.main, "in.xml", "out.xml", *told, "--resize-type", "crop", "--verify")
    model = ov.Core().read_model("out.xml")
    assert said(model)["labels"] == "tabby_cat dog c d e"
    assert Preparation.from_model(model) == Preparation((1, 2, 3), (4, 4, 4), True, ResizeType.CROP)
    invoke(transform.main, "out.xml", "copy.xml", "--rgb")
    assert Preparation.from_model(ov.Core().read_model("copy.xml")).bgr is False
    invoke(transform.main, "--remove", "copy.xml", "plain.xml")
    plain, before = (ov.Core().read_model(name) for name in ("plain.xml", "in.xml"))
    assert described(plain) == described(before)
    assert information(plain) == information(before)
