"""Heads on two levels, joined, and what patterns bind of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import openvino as ov
from openvino import opset13 as ops
from ovxai_patterns.matchers.pattern import GraphPattern

from tests.fixtures.detector_parts import CLASSES, Builder, flat

TWO = ["cls0", "cls1"]


def levels(match: Any) -> list[str]:
    """Names of the operations that make the bound levels, in the order of the levels' names."""
    names = sorted(name for name in match.tensors if name.startswith("level"))
    return [match[name].get_node().get_friendly_name() for name in names]


def bound(pattern: type[GraphPattern], model: ov.Model) -> list[list[str]]:
    """The levels of each match."""
    return [levels(match) for match in pattern().find_in(model)]


def reason(pattern: type[GraphPattern], model: ov.Model) -> str:
    """Why a pattern nearly matched, and that it did not."""
    watched = pattern(watched=True)
    assert not watched.find_in(model)
    assert watched.near_miss is not None
    return watched.near_miss.reason


def joined(heads: Sequence[ov.Node], width: int) -> ov.Node:
    """Levels [N,P,width], one after the other."""
    return ops.concat([flat(head, (0, 2, 3, 1), (0, -1, width)) for head in heads], 1)


def of_scores(finish: Callable[[ov.Node], ov.Node], width: int = CLASSES) -> ov.Model:
    """Two levels of scores, joined and finished."""
    build = Builder(80)
    return build.model(finish(joined(build.heads("cls", width), width)))
