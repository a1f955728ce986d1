"""Models as other tools leave them: activations and rankings behind the scores, other inputs, folded steps, types."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from openvino.preprocess import ColorFormat, PrePostProcessor, ResizeAlgorithm
from ovxai_tools.checks.verify import random_case, verify
from ovxai_tools.cli import transform
from ovxai_tools.demo import shipped as demo

from ovxai_passes.insert import insert
from ovxai_passes.options import Options
from tests.fixtures import graphs
from tests.fixtures.graphs import CLASSES, Weights, dense, integers, picture, scalar
from tests.support.cli import invoke
from tests.support.extras import needs_pictures


def _trunk(image: ov.Node, w: Weights) -> ov.Node:
    return ops.relu(graphs.conv(image, w, 3, 6, 2, stride=2))


def _pooled(batch: int = 1) -> tuple[ov.Node, ov.Node, Weights]:
    w, image = Weights(21), picture(batch)
    return image, ops.reduce_mean(_trunk(image, w), integers(2, 3), False), w


def multi_label() -> ov.Model:
    image, x, w = _pooled(-1)
    return ov.Model([ops.sigmoid(dense(x, w, 6, CLASSES))], [image])


def ranked() -> ov.Model:
    """Scores, and the best two of them."""
    image, x, w = _pooled(-1)
    scores = ops.softmax(dense(x, w, 6, CLASSES), 1)
    best = ops.topk(scores, scalar(2), 1, "max", "value", index_element_type="i32")
    return ov.Model([ops.result(scores), ops.result(best.output(1))], [image])


def four_axes() -> ov.Model:
    w, image = Weights(22), picture(-1)
    x = ops.reduce_mean(_trunk(image, w), integers(2, 3), True)
    return ov.Model([graphs.conv(x, w, 6, CLASSES, 1)], [image])


def two_inputs() -> ov.Model:
    """A picture and what is known beside it."""
    image, x, w = _pooled()
    facts = ops.parameter([1, 3], np.float32, name="facts")
    return ov.Model([dense(ops.concat([x, facts], 1), w, 9, CLASSES)], [image, facts])


def features_and_logits() -> ov.Model:
    image, x, w = _pooled(-1)
    return ov.Model([ops.result(x), ops.result(dense(x, w, 6, CLASSES))], [image])


def half_constants() -> ov.Model:
    """Weights in bf16, converted where they are used."""
    model = graphs.vit(batch=-1)
    for node in model.get_ordered_ops():
        if node.get_type_name() != "Constant" or node.get_element_type() != ov.Type.f32 or node.get_data().ndim < 2:
            continue
        readers = list(node.output(0).get_target_inputs())
        halved = ops.convert(ops.convert(node, "bf16"), "f32")
        folded = ov.Tensor(ov.Type.bf16, node.get_output_shape(0))
        assert halved.input_value(0).get_node().evaluate([folded], [ov.Tensor(node.get_data())])
        stored = ops.convert(ops.constant(folded), "f32")
        for reader in readers:
            reader.replace_source_output(stored.output(0))
    model.validate_nodes_and_infer_types()
    assert any(node.get_element_type() == ov.Type.bf16 for node in model.get_ops() if node.get_output_size())
    return model


def folded_steps() -> ov.Model:
    """u8 pictures, NHWC, BGR, of another size: conversion, resizing, colours and normalisation are in the model."""
    steps = PrePostProcessor(graphs.cnn(batch=1))
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC")).set_color_format(
        ColorFormat.BGR
    ).set_spatial_static_shape(20, 24)
    steps.input().model().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(ov.Type.f32).convert_color(ColorFormat.RGB).resize(
        ResizeAlgorithm.RESIZE_LINEAR
    ).mean([1.0, 2.0, 3.0]).scale([60.0, 61.0, 62.0])
    return steps.build()


ROADS: dict[str, Callable[[], ov.Model]] = {
    "multi-label": multi_label,
    "ranked": ranked,
    "[N,K,1,1]": four_axes,
    "two inputs": two_inputs,
    "features and logits": features_and_logits,
    "bf16 constants": half_constants,
    "folded steps": folded_steps,
}


@pytest.mark.parametrize("name", ROADS)
def test_verified(name: str) -> None:
    model = ROADS[name]()
    written, raw = insert(model, Options()), insert(model, Options(embed_scaling=False))
    assert written.report.classes == CLASSES
    assert written.report.grid == (4, 4)
    assert not written.report.multiplied_out
    held = verify(model, written.model, raw, [random_case(model)])
    assert any("naive definition on all 16 positions" in line for line in held)


@pytest.mark.parametrize("output", ["1", 1])
def test_the_output_can_be_named(output: Any) -> None:
    found = insert(features_and_logits(), Options.checked(output=output))
    assert found.site.scores.output == 1
    assert insert(features_and_logits(), Options.checked(output=0)).report.classes == 6


def best_alone() -> ov.Model:
    """Which class is best, and nothing else."""
    image, x, w = _pooled(-1)
    scores = ops.softmax(dense(x, w, 6, CLASSES), 1)
    return ov.Model([ops.topk(scores, scalar(1), 1, "max", "value", index_element_type="i32").output(1)], [image])


@pytest.mark.parametrize("options", [{}, {"top_k": 2}, {"classes": (3,)}])
def test_a_ranking_alone_is_looked_through(options: dict[str, Any]) -> None:
    model = best_alone()
    written, raw = (insert(model, Options(embed_scaling=flag, **options)) for flag in (True, False))
    assert (written.report.classes, written.site.scores.activation) == (CLASSES, "Softmax")
    verify(model, written.model, raw, [random_case(model)])


def test_preview_of_a_ranking_alone(tmp_path: Path) -> None:
    needs_pictures()
    ov.save_model(best_alone(), tmp_path / "in.xml")
    preview = ("--preview", tmp_path / "picture.png", "--image", demo.pictures()[0].path)
    invoke(transform.main, tmp_path / "in.xml", tmp_path / "out.xml", *preview)
    assert (tmp_path / "picture.png").stat().st_size > 1000
