"""The comparison of original outputs: what few inputs show is found."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.checks.verification.outputs import check_outputs, random_case

from ovxai_passes.errors import VerificationError
from tests.fixtures import graphs


def _with(change: Callable[[ov.Node, ov.Node], ov.Node]) -> ov.Model:
    """The fixture with something done to its scores."""
    model = graphs.cnn()
    (image,), (result,) = model.get_parameters(), model.get_results()
    scores = result.input_value(0)
    changed = change(image, scores.get_node())
    result.input(0).replace_source_output(changed.output(0))
    return model


def _beyond(limit: float) -> ov.Model:
    """Scores that change where the input holds a number beyond a limit."""

    def change(image: ov.Node, scores: ov.Node) -> ov.Node:
        largest = ops.reduce_max(image, graphs.integers(0, 1, 2, 3))
        return ops.add(scores, ops.relu(ops.subtract(largest, ops.constant(np.float32(limit)))))

    return _with(change)


def test_equal_models() -> None:
    model = graphs.cnn()
    held = check_outputs(model, graphs.cnn(), [random_case(model)])
    assert held == [
        "random input: original outputs bit-identical at f32 and at default precision",
        "8 more random inputs: original outputs the same to the bit",
    ]


def test_what_one_input_does_not_show_is_found() -> None:
    model = _beyond(1e6)
    with pytest.raises(VerificationError, match=r"of scale 10: output 0 of the original model differs at f32"):
        check_outputs(model, _beyond(8), [random_case(model)])  # N(0, 1) gives such a number once in 10^15


def test_the_last_bit_is_found() -> None:
    model = graphs.cnn()
    written = _with(lambda _, scores: ops.multiply(scores, ops.constant(np.float32(1 + 2**-23))))
    with pytest.raises(VerificationError, match="differs at f32"):
        check_outputs(model, written, [random_case(model)])
    assert len(check_outputs(model, written, [random_case(model)], trimmed=True)) == 2


def test_cases_differ() -> None:
    model = graphs.cnn()
    drawn = [random_case(model, seed=seed, scale=scale).inputs[0] for seed, scale in ((0, 1.0), (1, 1.0), (0, 10.0))]
    assert not np.array_equal(drawn[0], drawn[1])
    assert np.allclose(np.asarray(drawn[0], np.float32) * 10, drawn[2], rtol=1e-5)
