"""Attention, in one operation and spelled out, and what reads positions by it instead of a pooling."""

from __future__ import annotations

import openvino as ov

from ovxai_patterns.matchers.conditions import VARYING, WEIGHT, Condition, attribute, rank_of, sizes_of
from ovxai_patterns.matchers.norms import normalised
from ovxai_patterns.matchers.parts import (
    LAYOUT_STEPS,
    LEARNED_STEP,
    MAP,
    PROJECTION_STEPS,
    SCORE_STEPS,
    UNIT_STEPS,
    result,
)
from ovxai_patterns.matchers.pattern import GraphPattern
from ovxai_patterns.matchers.pen import Pen, Step

_FUSED = "ScaledDotProductAttention"
_READ_STEPS = (*UNIT_STEPS, LEARNED_STEP, Step(("Gather",), 3, others=(WEIGHT,)))


def attention(pen: Pen, query: ov.Node, key: ov.Node, value: ov.Node, *where: Condition) -> ov.Node:
    """Attention of tokens of one tensor to those of another, for which conditions hold; bound as `attention`."""
    return pen.either(
        pen.op(_FUSED, query, key, value, where=where, name="attention"),
        pen.op(_FUSED, query, key, value, pen.any(), where=where, name="attention"),
        pen.op(_FUSED, query, key, value, pen.any(), pen.any(), where=where, name="attention"),
        pen.op("MatMul", _shares(pen, query, key), value, where=[_OF_HEADS, *where], name="attention"),
    )


def _shares(pen: Pen, query: ov.Node, key: ov.Node) -> ov.Node:
    """Softmax over keys of [scale, bias, mask] (query · key)."""
    products = pen.op("MatMul", query, key, where=[_OF_HEADS])
    shares = pen.op("Softmax", pen.path(products, SCORE_STEPS, 6), where=[_OVER_KEYS])
    return pen.path(shares, SCORE_STEPS, 5)


def projected(pen: Pen, tokens: ov.Node) -> ov.Node:
    """What an attention reads of tokens: their projection, in heads, windows or parts of a larger one."""
    return pen.path(tokens, PROJECTION_STEPS, 14)


class Attention(GraphPattern):
    """Attention.

    query, key, value [, mask [, scale]] ─▶ ScaledDotProductAttention
    query · key ─▶ [scale, bias, mask] ─▶ Softmax over keys ─▶ [heads mixed] ─▶ MatMul with value

    Binds `query`, `key`, `value`, `attention`.
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """The graph."""
        return attention(pen, pen.any(VARYING, name="query"), pen.any(VARYING, name="key"), pen.any(name="value"))


class ClassAttention(GraphPattern):
    """A class token attends to itself and to the tokens with positions (CaiT, XCiT, VOLO).

    class, tokens ─▶ Concat ─▶ norm ─┬─▶ [projection] ─▶ keys, values ─▶ attention
                                     └─▶ one row ─▶ [projection] ─▶ query ─▶

    Binds `target`: what keys and values are projected from [N,1+T,C]; `attention`. The query is of fewer tokens.
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """The graph."""
        joined = pen.op("Concat", pen.any(), pen.any(name="tokens"), where=[_JOINS_TOKENS])
        target = normalised(pen, joined, name="target")
        keys, values = projected(pen, target), projected(pen, target)
        return attention(pen, pen.any(VARYING, name="query"), keys, values, _READS_FEWER)


class AttentionPooling(GraphPattern):
    """A learned query attends to the positions, and what it reads is classified (SigLIP, AIMv2).

    target ─▶ [projection] ─▶ keys, values ─┐
    learned query (constants) ──────────────┴▶ attention ─▶ [projection, norm, MLP, classifier] ─▶ Result

    Binds `target`: the tokens [N,T,C] with positions; `attention`.
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """The graph."""
        target = pen.any(MAP, name="target")
        query = pen.path(pen.any(WEIGHT, name="query"), PROJECTION_STEPS, 6)
        keys, values = _projection(pen, target), _projection(pen, target)
        read = pen.path(attention(pen, query, keys, values, _READS_FEWER), _READ_STEPS, 5)
        with_mlp = pen.op("Add", read, pen.any(VARYING))
        return result(pen, pen.path(pen.either(read, with_mlp), _READ_STEPS, 8))


def _projection(pen: Pen, tokens: ov.Node) -> ov.Node:
    """As `projected`, with the layer that keys and values are made by."""
    made = pen.op("MatMul", pen.path(tokens, LAYOUT_STEPS, 2), pen.any(WEIGHT))
    return pen.path(made, PROJECTION_STEPS, 7)


def _reads_fewer(output: ov.Output) -> bool:
    """Of fewer queries than keys: two inputs are [..., queries, D] and [..., keys, D], or [..., queries, keys]."""
    node = output.get_node()
    first, second = sizes_of(node.input_value(0)), sizes_of(node.input_value(1))
    if len(first) < 3 or len(second) < 3:
        return False
    return first[-2] < (second[-2] if node.get_type_name() == _FUSED else first[-1])


def _is_of_heads(output: ov.Output) -> bool:
    return rank_of(output) >= 3


def _is_over_keys(output: ov.Output) -> bool:
    return bool(output.get_node().get_attributes().get("axis") in (-1, rank_of(output) - 1))


_OF_HEADS = Condition("is no product of tokens", _is_of_heads)
_OVER_KEYS = Condition("is not over the last axis", _is_over_keys)
_READS_FEWER = Condition("has as many queries as keys", _reads_fewer)
_JOINS_TOKENS = attribute("axis", 1, -2)
