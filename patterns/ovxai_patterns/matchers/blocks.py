"""Blocks of transformers: what attention adds to a stream of tokens, by where their norms stand."""

from __future__ import annotations

import openvino as ov

from ovxai_patterns.matchers.attention import attention, projected
from ovxai_patterns.matchers.conditions import VARYING, WEIGHT, Condition, rank_of
from ovxai_patterns.matchers.norms import normalised
from ovxai_patterns.matchers.parts import LAYOUT_STEPS, LEARNED_STEP, MAP, PROJECTION_STEPS, UNIT_STEPS
from ovxai_patterns.matchers.pattern import GraphPattern
from ovxai_patterns.matchers.pen import Pen

_WINDOWED = 6  # axes of a map cut into windows: [N, rows, h, columns, w, C]


def _attended(pen: Pen, values: ov.Node) -> ov.Node:
    """Attention to these values, and its projection."""
    query, key = pen.any(VARYING), pen.any(VARYING)
    return pen.path(attention(pen, query, key, values), PROJECTION_STEPS, 12)


def _with_mlp(pen: Pen, joined: ov.Node) -> ov.Node:
    """A norm of what attention was added to: the MLP follows."""
    return normalised(pen, pen.path(joined, LAYOUT_STEPS, 2), scaled=False)


class PreNormBlock(GraphPattern):
    """A block whose norms stand before attention and MLP (ViT, DeiT, CaiT's first stage).

    x ─┬─▶ norm ─▶ [projection] ─▶ attention ─▶ [projection, scale] ─▶ Add ─▶ norm of the MLP
       └───────────────────────────────────────────────────────────▶

    Binds `target`: x [N,T,C] or [N,h,w,C]; `norm`: what leaves the first norm; `joined`: the sum. Told from a parallel
    block by the second norm, which reads the sum.
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """The graph."""
        x = pen.any(MAP, name="target")
        values = projected(pen, normalised(pen, x, name="norm"))
        return _with_mlp(pen, pen.op("Add", x, _attended(pen, values), name="joined"))


class WindowedBlock(GraphPattern):
    """A pre-norm block that attends in windows of a map (Swin, MaxViT).

    x ─┬─▶ norm ─▶ [shift] ─▶ Reshape, Transpose ─▶ [projection] ─▶ attention ─▶ [windows undone] ─▶ Add ─▶ norm
       └───────────────────────────────────────────────────────────────────────────────────────────▶

    Binds as PreNormBlock. The map is cut into [N, rows, h, columns, w, C] in between.
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """The graph."""
        x = pen.any(MAP, name="target")
        shifted = pen.path(normalised(pen, x, name="norm"), PROJECTION_STEPS, 4)
        windows = pen.op("Transpose", shifted, pen.any(), where=[_CUT_INTO_WINDOWS])
        return _with_mlp(pen, pen.op("Add", x, _attended(pen, projected(pen, windows)), name="joined"))


class PostNormBlock(GraphPattern):
    """A block whose norm stands behind the sum (the first transformers), or behind attention (Swin v2).

    x ─┬─▶ projection ─▶ attention ─▶ [projection] ─▶ Add ─▶ norm
       └────────────────────────────────────────────▶
    x ─┬─▶ projection ─▶ attention ─▶ [projection] ─▶ norm ─▶ Add
       └────────────────────────────────────────────────────▶

    Binds `target`: x; `joined`: the sum. No norm stands between x and what the attention reads.
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """The graph."""
        x = pen.any(MAP, name="target")
        made = pen.op("MatMul", pen.path(x, PROJECTION_STEPS[1:], 4), pen.any(WEIGHT))
        attended = _attended(pen, projected(pen, made))
        behind_sum = _with_mlp(pen, pen.op("Add", x, attended, name="joined"))
        normed = pen.path(normalised(pen, attended), LAYOUT_STEPS, 2)
        return pen.either(behind_sum, pen.op("Add", x, normed, name="joined"))


class ParallelBlock(GraphPattern):
    """A block whose attention and MLP stand side by side (ViT-parallel, PaLM).

    x ─┬─▶ norm ─▶ [projection] ─▶ attention ─▶ [projection] ─▶ Add ─▶ Add
       ├─▶ norm ─▶ MLP ─────────────────────────────────────────────▶
       └────────────────────────────────────────────────────▶

    Binds `target`: x; `joined`: the last sum. The MLP's norm reads x, not the first sum.
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """The graph."""
        x = pen.any(MAP, name="target")
        attended = _attended(pen, projected(pen, normalised(pen, x)))
        mlp = pen.path(normalised(pen, x), (*UNIT_STEPS, LEARNED_STEP), 9)
        one_by_one = pen.op("Add", pen.op("Add", x, attended), mlp, name="joined")
        together = pen.op("Add", x, pen.op("Add", attended, mlp), name="joined")
        return pen.either(one_by_one, together)


def _is_cut(output: ov.Output) -> bool:
    return rank_of(output) == _WINDOWED


_CUT_INTO_WINDOWS = Condition("does not lay a map out in windows", _is_cut)
