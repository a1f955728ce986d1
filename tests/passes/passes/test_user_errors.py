"""Whatever a caller gives, an error is an OvxaiError of one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.demo import shipped as demo

import ovxai_passes as xai
from ovxai_passes.explainer import (
    Explanation,
    get_detection_postprocess_fn,
    get_postprocess_fn,
    get_preprocess_fn,
)
from tests.fixtures import graphs

CNN = demo.model_path("demo:cnn")
SIDE = 64
PICTURE = np.zeros((SIDE, SIDE, 3), np.uint8)
PREPARE = get_preprocess_fn(hwc_to_chw=True)
SCORES = get_postprocess_fn("logits", "softmax")
DETECTIONS = get_detection_postprocess_fn("yolo")


@cache
def white() -> xai.Explainer:
    return xai.Explainer(CNN, "classification", PREPARE)


@cache
def rise() -> xai.Explainer:
    return xai.Explainer(CNN, "classification", PREPARE, SCORES, explain_method="rise")


@cache
def aise() -> xai.Explainer:
    return xai.Explainer(CNN, "classification", PREPARE, SCORES, explain_method="aise")


def made(*args: Any, **options: Any) -> xai.Explainer:
    return xai.Explainer(*(args or (CNN, "classification", PREPARE)), **options)


def boxes(returned: Any) -> Explanation:
    """What the Explainer makes of a detector whose postprocess_fn returns that."""
    detector = xai.Explainer(
        demo.model_path("demo:detector"), "detection", PREPARE, lambda _: returned, "blackbox", "rise"
    )
    return detector(np.zeros((96, 96, 3), np.uint8), num_masks=2)


def scores(returned: Any) -> Explanation:
    return xai.Explainer(CNN, "classification", PREPARE, lambda _: returned, "blackbox", "rise")(PICTURE, num_masks=2)


def runtime_model() -> ov.Model:
    return ov.compile_model(graphs.cnn(), "CPU").get_runtime_model()


def no_inputs() -> ov.Model:
    return ov.Model([ops.result(ops.constant(np.zeros((1, 5), np.float32)))], [])


INSERT: dict[str, tuple[Callable[[], Any], str]] = {
    "a number": (lambda: xai.insert_xai(3), "an openvino.Model or a path, not int"),
    "None": (lambda: xai.insert_xai(None), "an openvino.Model or a path, not NoneType"),
    "an empty name": (lambda: xai.insert_xai(""), "name is empty: name a model file"),
    "the folder": (lambda: xai.insert_xai("."), "it is a directory; name a model file"),
    "no such file": (lambda: xai.insert_xai("none.xml"), "there is no such file"),
    "a zero byte": (lambda: xai.insert_xai("a\0b.xml"), "cannot read"),
    "compiled": (lambda: xai.insert_xai(ov.compile_model(graphs.cnn(), "CPU")), "give the openvino.Model"),
    "runtime model": (lambda: xai.insert_xai(runtime_model()), "give the openvino.Model that was compiled"),
    "no inputs": (lambda: xai.insert_xai(no_inputs()), "no input, so there is no picture"),
    "task of a number": (lambda: xai.insert_xai(graphs.cnn(), task=3), "takes one of 'auto'"),  # type: ignore[arg-type]
    "task of a list": (lambda: xai.insert_xai(graphs.cnn(), task=["a"]), "takes one of 'auto'"),  # type: ignore[arg-type]
    "top_k of text": (lambda: xai.insert_xai(graphs.cnn(), top_k="3"), "a whole number from 1 on, not '3'"),  # type: ignore[arg-type]
    "top_k too large": (
        lambda: xai.insert_xai(graphs.cnn(), top_k=5000),
        "top_k=5000 is more than the model has, 5 classes",
    ),
    "max_cost of text": (lambda: xai.insert_xai(graphs.cnn(), max_cost="x"), "takes a number, not 'x'"),  # type: ignore[arg-type]
    "max_cost nan": (lambda: xai.insert_xai(graphs.cnn(), max_cost=float("nan")), "numbers above 0"),
    "trim of None": (lambda: xai.insert_xai(graphs.cnn(), trim=None), "takes True or False, not None"),  # type: ignore[arg-type]
    "labels of numbers": (lambda: xai.insert_xai(graphs.cnn(), labels=[1]), "names of the classes, text each"),  # type: ignore[list-item]
    "labels of text": (lambda: xai.insert_xai(graphs.cnn(), labels="abcde"), "takes a list, not 'abcde'"),
    "too few labels": (lambda: xai.insert_xai(graphs.cnn(), labels=["a"]), "1 label for the model's 5 classes"),
    "classes of None": (lambda: xai.insert_xai(graphs.cnn(), classes=[None]), "takes numbers and names, not None"),  # type: ignore[list-item]
    "class too large": (lambda: xai.insert_xai(graphs.cnn(), classes=[5]), "numbered from 0 to 4"),
    "output of a flag": (lambda: xai.insert_xai(graphs.cnn(), output=True), "takes a whole number or text, not True"),
    "a typing error": (lambda: xai.insert_xai(graphs.cnn(), topk=3), "there is no option 'topk'; did you mean 'top_k'"),  # type: ignore[call-arg]
    "options by hand": (lambda: xai.Options(max_tensor_gib="x"), "takes a number, not 'x'"),  # type: ignore[arg-type]
    "said to detect": (lambda: xai.insert_xai(graphs.cnn(), task="detection"), "the model is a classifier"),
    "said to segment": (lambda: xai.insert_xai(graphs.cnn(), "instance_segmentation"), "leave task out"),
}

EXPLAINER: dict[str, tuple[Callable[[], Any], str]] = {
    "a model of None": (
        lambda: made(None, "classification"),
        "an openvino.Model or a path, not NoneType",
    ),
    "a runtime model": (lambda: made(runtime_model(), "classification"), "give the openvino.Model that was compiled"),
    "a task of None": (lambda: made(CNN, None), "takes one of 'auto'"),
    "no function": (lambda: made(CNN, "classification", None), "preprocess_fn is a function, not None"),
    "no function after": (lambda: made(postprocess_fn=3), "postprocess_fn is a function, not 3"),
    "a device that is not": (lambda: made(device_name="GPU77"), "device_name='GPU77'"),
    "a device by number": (lambda: made(device_name=0), "the name of a device, as 'CPU', not 0"),
    "an unknown option": (lambda: made(tok_k=3), "there is no option 'tok_k'"),
    "an option although black": (
        lambda: made(postprocess_fn=SCORES, explain_method="rise", top_k=3),
        "is one of white-box methods",
    ),
    "an option, else black": (lambda: made(postprocess_fn=SCORES, k="x"), "a whole number from 0 on, not 'x'"),
    "another option of maps": (
        lambda: made(xai.insert_xai(CNN), "classification", mask="gaussian"),
        "give the model without it",
    ),
    "a flag that is none": (lambda: made(use_gaussian="yes"), "is True or False, not 'yes'"),
    "no preprocess_fn": (lambda: made(CNN, "classification")(PICTURE), "give a preprocess_fn that resizes"),
    "a wrong size": (lambda: white()(np.zeros((32, 32, 3), np.uint8)), "preprocess_fn returns [1, 3, 32, 32]"),
    "a path": (lambda: white()("cat.png"), "an array [H,W,C], not a path: read it first"),
    "a Path": (lambda: white()(Path("cat.png")), "not a path: read it first"),
    "None as picture": (lambda: white()(None), "not None: read it first"),
    "a list of text": (lambda: white()([["a"]]), "give numbers of two to four axes"),
    "a ragged list": (lambda: white()([[1, 2], [3]]), "list is not"),
    "a number as picture": (lambda: white()(3.0), "give numbers of two to four axes"),
    "an empty picture": (lambda: white()(np.zeros((0, 64, 3))), "give numbers of two to four axes"),
    "two channels": (lambda: white()(PICTURE[..., :2]), "give a preprocess_fn that resizes"),
    "grey levels": (lambda: white()(PICTURE[..., 0]), "one picture [H,W,C], not [64, 64]"),
    "two channels below": (
        lambda: white()(PICTURE, original_input_image=PICTURE[..., :2], overlay=True),
        "1, 3 or 4 channels, not of 2: give original_input_image",
    ),
    "text below": (lambda: white()(PICTURE, original_input_image="cat.png"), "original_input_image is a picture"),
    "two pictures": (lambda: white()(np.zeros((2, 64, 64, 3), np.uint8)), "one picture [H,W,C], not [2, 64, 64, 3]"),
    "targets of None": (lambda: white()(PICTURE, targets=None), "indices or names, not None"),
    "ragged targets": (lambda: white()(PICTURE, targets=[[1], [2, 3]]), "an index, a name, or a list of these"),
    "names as text": (lambda: white()(PICTURE, label_names="disc"), "a list of the classes' names"),
    "names as a number": (lambda: white()(PICTURE, label_names=8), "a list of the classes' names"),
    "too many names": (lambda: white()(PICTURE, label_names=list("abcdefghi")), "9 labels for the model's 8 classes"),
    "too few names": (lambda: rise()(PICTURE, label_names=["a"], num_masks=2), "1 label for the model's 8 classes"),
    "a size of text": (lambda: white()(PICTURE, output_size="large"), "(height, width) in pixels"),
    "a ragged size": (lambda: white()(PICTURE, output_size=(3, (4, 5))), "(height, width) in pixels"),
    "an endless size": (lambda: white()(PICTURE, output_size=(10**9, 10**9)), "1 to 65535 each"),
    "a weight of text": (lambda: white()(PICTURE, overlay_weight="x"), "a number between 0 and 1, not 'x'"),
    "a weight of nan": (lambda: white()(PICTURE, overlay_weight=float("nan")), "a number between 0 and 1, not nan"),
    "a misspelt preset": (lambda: white()(PICTURE, presett="speed"), "there is no option 'presett'; did you mean"),
    "an unknown way": (lambda: rise()(PICTURE, num_mask=3), "RISE takes no option 'num_mask'; there is preset"),
    "prob of text": (lambda: rise()(PICTURE, prob="x"), "a number between 0 and 1, not 'x'"),
    "half a mask": (lambda: rise()(PICTURE, num_masks=1.5), "num_masks takes a whole number from 1 on, not 1.5"),
    "too many masks": (lambda: rise()(PICTURE, num_masks=10**12), "at most 1000000"),
    "too many cells": (lambda: rise()(PICTURE, num_cells=65), "at most the picture's side, 64"),
    "a seed of text": (lambda: rise()(PICTURE, seed="x"), "seed takes a whole number from 0 on"),
    "a flag for a mask": (lambda: rise()(PICTURE, num_masks=True), "a whole number from 1 on, not True"),
    "a preset by number": (lambda: rise()(PICTURE, preset=3), "takes one of 'speed'"),
    "a scale by text": (lambda: rise()(PICTURE, num_masks=2, scale_output="no"), "is True or False, not 'no'"),
    "no iterations": (lambda: aise()(PICTURE, num_iterations_per_kernel=-1), "a whole number from 1 on, not -1"),
    "zero iterations": (lambda: aise()(PICTURE, num_iterations_per_kernel=0), "a whole number from 1 on, not 0"),
    "epsilon below 0": (lambda: aise()(PICTURE, solver_epsilon=-1), "a number above 0, not -1"),
    "epsilon of text": (lambda: aise()(PICTURE, solver_epsilon="x"), "a number above 0, not 'x'"),
    "widths of text": (lambda: aise()(PICTURE, kernel_widths="wide"), "a list of numbers above 0"),
    "no widths": (lambda: aise()(PICTURE, kernel_widths=[]), "a list of numbers above 0"),
    "biased": (lambda: aise()(PICTURE, locally_biased=3), "is True or False, not 3"),
    "a target beyond": (lambda: rise()(PICTURE, targets=99, num_masks=2), "the model says something of 8, from 0 on"),
    "scores of None": (lambda: scores(None), "returns scores [1,K], not NoneType"),
    "scores of text": (lambda: scores("much"), "returns scores [1,K], not str"),
    "no scores": (lambda: scores(np.zeros((1, 0))), "returns scores [1,K], not an array [1, 0]"),
    "scores of nan": (lambda: scores(np.full((1, 8), np.nan)), "not finite"),
    "no boxes": (lambda: boxes(None), "returns boxes, scores and labels, not NoneType"),
    "boxes of three": (lambda: boxes((np.zeros((1, 2, 3)), np.zeros((1, 2)), np.zeros((1, 2)))), "boxes [1,D,4]"),
    "fewer labels": (lambda: boxes((np.zeros((1, 2, 4)), np.zeros((1, 2)), np.zeros((1, 1)))), "labels [1,D]"),
    "labels by name": (lambda: boxes((np.zeros((1, 1, 4)), np.zeros((1, 1)), [["cat"]])), "labels [1,D]"),
    "halves of labels": (lambda: boxes((np.ones((1, 1, 4)), np.ones((1, 1)), np.full((1, 1), 0.5))), "whole numbers"),
    "boxes of nan": (lambda: boxes((np.full((1, 1, 4), np.nan), np.ones((1, 1)), np.ones((1, 1)))), "finite boxes"),
}

HELPERS: dict[str, tuple[Callable[[], Any], str]] = {
    "an unknown step": (lambda: get_preprocess_fn(size=3), "preprocess_fn takes no option 'size'; there is"),
    "a size of one": (lambda: get_preprocess_fn(input_size=64)(PICTURE), "(height, width) in pixels"),
    "two means": (lambda: get_preprocess_fn(mean=(1, 2))(PICTURE), "one for each of the picture's 3 channels"),
    "a mean of text": (lambda: get_preprocess_fn(mean="x")(PICTURE), "mean is a number"),
    "a deviation of 0": (lambda: get_preprocess_fn(std=0)(PICTURE), "std not 0"),
    "an activation": (lambda: get_postprocess_fn("logits", "tanh"), "takes one of 'sigmoid'"),
    "a kind of boxes": (lambda: get_detection_postprocess_fn("ssd"), "there is no postprocess_fn for 'ssd'"),
    "an option of boxes": (lambda: get_detection_postprocess_fn("yolo", iou=1), "takes no option 'iou'; there is"),
    "no such output": (lambda: get_detection_postprocess_fn()({"a": PICTURE}), "no output 'boxes'; outputs by name: a"),
    "boxes of four": (
        lambda: get_detection_postprocess_fn()({"boxes": np.zeros((1, 2, 4)), "labels": np.zeros((1, 2))}),
        "boxes are [1,D,5] and labels [1,D]",
    ),
    "nowhere to save": (lambda: white()(PICTURE, targets=0).save(None), "a folder to save maps in, not None"),
    "confidences": (
        lambda: white()(PICTURE, targets=0).save("a", confidence_scores=[0.5]),
        "a score for each target",
    ),
    "no columns": (lambda: white()(PICTURE, targets=0).plot(num_columns=0), "a whole number from 1 on, not 0"),
}


@pytest.mark.parametrize(("call", "said"), [*INSERT.values(), *EXPLAINER.values(), *HELPERS.values()])
def test_what_is_wrong_is_told(call: Callable[[], Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(xai.OvxaiError) as caught:
        call()
    message = str(caught.value)
    assert said in message
    assert isinstance(caught.value, (ValueError, OSError, xai.TargetNotFoundError))
    assert len(message) > 25
    assert "Exception from" not in message
    assert "\n" not in message or isinstance(caught.value, xai.TargetNotFoundError)


def test_kinds_of_errors() -> None:
    assert issubclass(xai.OptionError, ValueError)
    assert issubclass(xai.ModelReadError, OSError)
    assert str(xai.ModelReadError("cannot read a.xml: there is no such file")).startswith("cannot read a.xml")


def test_bytes_are_scores_and_their_softmax_does_not_overflow() -> None:
    found = SCORES({"logits": np.array([[3, 5, 4]], np.uint8)})
    assert found.argmax() == 1
    np.testing.assert_allclose(found.sum(), 1, rtol=1e-6)
    with pytest.raises(xai.OptionError):  # a label for each of the classes, so not for fewer
        Explanation(np.zeros((1, 3, 4, 4)), [7], xai.Task.CLASSIFICATION)


def test_numbers_of_numpy_are_numbers() -> None:
    count: Any = np.int64(2)  # types of numpy's numbers differ between Pythons
    cost: Any = np.float32(3)
    options = xai.Options(top_k=count, max_cost=cost)
    assert (options.top_k, options.max_cost) == (2, 3.0)
    assert xai.Options(classes=np.array([1, 3])).classes == (1, 3)  # type: ignore[arg-type]


def test_a_function_of_the_callers_fails_as_it_does() -> None:
    def broken(_: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        xai.Explainer(CNN, "classification", broken)(PICTURE)
