"""Class scores behind QuantizeLinear and DequantizeLinear: unrounded, unless that is asked for, and verified to be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.scores import Scores, find_scores
from ovxai_tools.checks.verification.scores import check_unrounded
from ovxai_tools.checks.verify import random_case, verify

from ovxai_passes.errors import VerificationError
from ovxai_passes.insert import insert
from ovxai_passes.options import Options
from tests.fixtures.qdq_graphs import logits, quantised

ENDS: dict[str, Callable[[ov.Node], ov.Node]] = {
    "plain": quantised,
    "no zero point": lambda x: quantised(x, zero=0),
    "reshaped": lambda x: quantised(x, reshaped=True),
    "softmax": lambda x: ops.softmax(quantised(x), 1),
    "softmax, quantised too": lambda x: quantised(ops.softmax(quantised(x), 1), zero=0, scale=1 / 255),
    "quantised twice": lambda x: quantised(quantised(x), reshaped=True),
}


def _model(end: str) -> ov.Model:
    image, scores = logits(relu=end == "no zero point")
    return ov.Model([ops.result(ENDS[end](scores))], [image], "qdq")


def _found(model: ov.Model, keeps: bool) -> tuple[ModelGraph, Scores]:
    analysis = ModelAnalysis(model)
    found = find_scores(analysis, keep_quantization=keeps)
    assert isinstance(found, Scores)
    return analysis.original, found


@pytest.mark.parametrize("end", ENDS)
def test_scores_are_taken_above(end: str) -> None:
    model = _model(end)
    graph, found = _found(model, False)
    assert graph.ops[found.tensor[0]].get_friendly_name() == "logits"
    check_unrounded(model, found.tensor)
    _, kept = _found(model, True)
    assert kept.quantizers == 0
    with pytest.raises(VerificationError, match=r"rounded to 256 levels.*--keep-quantization"):
        check_unrounded(model, kept.tensor)


@pytest.mark.parametrize("keeps", [False, True])
def test_map_and_outputs(keeps: bool) -> None:
    model = _model("softmax")
    written, raw = (insert(model, Options(embed_scaling=flag, keep_quantization=keeps)) for flag in (True, False))
    verify(model, written.model, raw, [random_case(model)])
    saliency = ov.compile_model(raw.model, "CPU")(random_case(model).inputs)["saliency_map"]
    steps = np.asarray(saliency, np.float64) / 0.125
    assert bool(np.allclose(steps, np.rint(steps))) is keeps


def test_a_change_of_scale_is_no_rounding_alone() -> None:
    image, scores = logits()
    model = ov.Model([ops.result(quantised(scores, later=3.0))], [image], "rescaled")
    graph, found = _found(model, False)
    assert graph.ops[found.tensor[0]].get_friendly_name() != "logits"
    written, raw = insert(model, Options()), insert(model, Options(embed_scaling=False))
    with pytest.raises(VerificationError, match="rounded"):
        verify(model, written.model, raw, [random_case(model)])


def test_an_affine_layer_is_no_dequantisation() -> None:
    image, scores = logits()
    half, two = (ops.constant(np.float32(value)) for value in (0.5, 2))
    model = ov.Model([ops.result(ops.multiply(ops.subtract(scores, half), two))], [image], "affine")
    graph, found = _found(model, False)
    assert graph.ops[found.tensor[0]].get_type_name() == "Multiply"
    assert found.quantizers == 0
