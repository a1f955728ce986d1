"""What a pen refuses to draw, and the names of operations that it gives to OpenVINO."""

from __future__ import annotations

from collections.abc import Callable

import openvino as ov
import pytest
from ovxai_patterns.matchers.conditions import has_rank
from ovxai_patterns.matchers.op_versions import versions_of
from ovxai_patterns.matchers.pen import Pen, Step


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda pen: pen.op("Relu", None), "what a Pen has drawn, not of None"),
        (lambda pen: pen.op("Relu", "x"), "what a Pen has drawn, not of 'x'"),
        (lambda pen: pen.either(pen.any(), None), "what a Pen has drawn, not of None"),
        (lambda pen: pen.path(None, [Step(("Relu",))], 1), "what a Pen has drawn, not of None"),
        (lambda pen: pen.either(), "no alternatives"),
        (lambda pen: pen.op((), pen.any()), "of no type"),
        (lambda pen: pen.op("Relu", where=has_rank(4)), "where= is a list of conditions, not Condition"),
        (lambda pen: pen.op("Relu", where=[bool]), "a condition is a Condition.*, not <class 'bool'>"),
        (lambda pen: pen.any(bool), "a condition is a Condition.*, not <class 'bool'>"),
    ],
)
def test_drawn_wrongly(draw: Callable[[Pen], ov.Node], said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said):
        draw(Pen())


def test_every_version_of_an_operation_is_meant_once() -> None:
    assert versions_of("Gather") == ("opset1.Gather", "opset7.Gather", "opset8.Gather")
    assert versions_of("Constant") == ("opset1.Constant",)
    assert versions_of("ScaledDotProductAttention") == ("opset13.ScaledDotProductAttention",)
