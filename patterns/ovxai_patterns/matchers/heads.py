"""Patterns of heads that score classes at the places of several grids, each grid a level.

What they bind as level0, level1, ... are the class scores before their activation, behind the bias.
"""

from __future__ import annotations

import openvino as ov

from ovxai_patterns.matchers.conditions import has_rank, rank_of, sizes_of
from ovxai_patterns.matchers.head_parts import (
    ACTIVATES,
    ACTIVATIONS,
    BEHIND_BOX,
    BOX,
    MOVES,
    elements,
    head,
    is_shifted,
    is_summed,
    level_names,
    levels_joined,
    levels_of,
    moved,
    on_grids_of_their_own,
    readers,
    rounded,
    sliced,
    slices,
    weighs_others,
)
from ovxai_patterns.matchers.parts import ROUNDING_STEP
from ovxai_patterns.matchers.pattern import GraphPattern, Match
from ovxai_patterns.matchers.pen import Pen

_MOST_AXES = 3
SAME_GRID = "is made of levels that have not each a grid of their own"


class ConvClassHead(GraphPattern):
    """Class scores of several levels, joined and then activated, or the other way round.

        feature map ─▶ Convolution ─▶ Add ─▶ [layout] ─┐
        feature map ─▶ Convolution ─▶ Add ─▶ [layout] ─┴▶ Concat ─▶ [layout, slices] ─▶ Sigmoid | Softmax
                                                                                           (YOLOv8, SSD)
        feature map ─▶ Convolution ─▶ Add ─▶ Sigmoid | Softmax ─▶ [Concat behind boxes] ─▶ [layout] ─┐
        feature map ─▶ Convolution ─▶ Add ─▶ Sigmoid | Softmax ─▶ [Concat behind boxes] ─▶ [layout] ─┴▶ Concat
                                                                                           (YOLOX)
        feature map ─▶ Convolution ─▶ Add ─▶ Sigmoid | Softmax ─▶ Concat behind boxes      (one level: FastestDet)

    Before they are activated, too, scores may be joined behind boxes, which a slice takes off (older YOLOv8). What is
    activated are the values of all levels, or of one; each level has a grid of its own. Scores that only weigh others
    (objectness, centerness), and shares that are summed (distances to the sides of a box) or shifted (its angle) are
    none of classes.
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """Each level may be activated or not; `check` tells which of them go together."""
        levels, alone = list[ov.Node](), list[ov.Node]()
        for name in level_names():
            raw = rounded(pen, head(pen, name))
            active = pen.op(ACTIVATIONS, pen.path(raw, (MOVES,), 2), name=f"active_{name}")
            scores = pen.path(active, (MOVES, ROUNDING_STEP), 2)
            behind_box = cls._behind_box(pen, scores)
            alone = alone or behind_box
            levels.append(moved(pen, pen.either(raw, pen.op("Concat", pen.any(), raw), scores, *behind_box)))
        joined = levels_joined(pen, levels)
        activated = pen.op(ACTIVATIONS, sliced(pen, joined), name="scores")
        return pen.either(activated, *alone, joined)

    @staticmethod
    def _behind_box(pen: Pen, scores: ov.Node) -> list[ov.Node]:
        """Joined behind a box, or behind a box and objectness."""
        before = ([pen.any() for _ in range(count)] for count in (1, 2))
        return [pen.op("Concat", *others, scores, where=(BEHIND_BOX,)) for others in before]

    @staticmethod
    def check(match: Match) -> str:
        """All levels alike, on grids of their own; their values and nothing else; no boxes, no objectness."""
        levels, tensors = levels_of(match), match.tensors
        active = [tensor for name, tensor in tensors.items() if name.startswith("active_")]
        if len(active) != (0 if "scores" in tensors else len(levels)):
            return "joins levels that are not all activated, or once more"
        if not on_grids_of_their_own(levels):
            return SAME_GRID
        if len(levels) == 1 and any(node.get_type_name() == "Concat" for node, _ in readers(match.root.output(0))):
            return "is joined with other levels"
        return _why_no_scores(tensors["scores"], levels) if "scores" in tensors else ""


def _why_no_scores(scores: ov.Output, levels: list[ov.Output]) -> str:
    """Why what is activated is not the class scores of levels; empty where it is."""
    if rank_of(scores) > _MOST_AXES:
        return f"has more than {_MOST_AXES} axes"
    counts, count = [elements(level) for level in levels], elements(scores)
    known = [one for one in counts if one is not None]
    if count is not None and len(known) == len(counts) and count != sum(known) and count not in known:
        return "activates other values than those of the levels"
    if weighs_others(scores):
        return "weighs other scores"
    if is_shifted(scores):
        return "is added to a constant"
    return "is summed with constant weights" if is_summed(scores) else ""


class FusedAnchorHead(GraphPattern):
    """One head for boxes, objectness and classes of A anchors (YOLOv3 to v5); a match a level.

        feature map ─▶ Convolution ─▶ Add [N,A*W,h,w] ─▶ Reshape [N,A,W,...] ─┬▶ [Transpose] ─▶ Sigmoid ─▶ Split | Slice
                                                                              ├▶ [Transpose] ─▶ Split | Slice ─▶ Sigmoid
                                                                              └▶ Transpose ─▶ Result

    The Reshape says how many anchors there are: A times W are the channels, and W holds a box, objectness and a class.
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """Activated before it is taken apart, behind that, or not at all."""
        made = rounded(pen, head(pen, "level0", ("Convolution",)))
        by_anchor = pen.op("Reshape", made, pen.any(), where=(has_rank(4, 5),), name="by_anchor")
        laid_out = moved(pen, by_anchor, 1)
        before = slices(pen, rounded(pen, pen.op("Sigmoid", laid_out)))
        behind = pen.op("Sigmoid", rounded(pen, slices(pen, laid_out)))
        raw = pen.op("Result", pen.op("Transpose", by_anchor, pen.any(), where=(has_rank(5),)))
        return pen.either(before, behind, raw)

    @staticmethod
    def check(match: Match) -> str:
        """The channels are those of all anchors."""
        channels, shape = sizes_of(match["level0"])[1], sizes_of(match["by_anchor"])
        return "" if _anchors(channels, shape) else "does not tell apart anchors of a box, objectness and classes"


def _anchors(channels: int, shape: tuple[int, ...]) -> int:
    """How many anchors a Reshape [N,A,W,...] of so many channels tells apart; 0 where they are none."""
    anchors, width = shape[1], shape[2]
    return anchors if anchors > 0 and width > BOX + 1 and anchors * width == channels else 0


class RegionYolo(GraphPattern):
    """The heads that RegionYolo reads (YOLOv2 to v4); a match a level.

        feature map ─▶ Convolution ─▶ Add ─▶ [FakeQuantize] ─▶ RegionYolo(anchors, classes, coords)

    The channels are those of a box, objectness and the classes of each anchor, as the attributes say.
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """One way."""
        return pen.op("RegionYolo", rounded(pen, head(pen, "level0", ("Convolution",))))

    @staticmethod
    def check(match: Match) -> str:
        """Attributes and channels agree."""
        said = match.root.get_attributes()
        anchors = said["num"] if said["do_softmax"] else len(said["mask"])
        wanted = anchors * (said["coords"] + 1 + said["classes"])
        channels = sizes_of(match["level0"])[1]
        return "" if channels == wanted else f"has attributes of {wanted} channels and reads {channels}"


class DetectionOutput(GraphPattern):
    """Class scores that DetectionOutput reads (SSD).

    feature map ─▶ Convolution ─▶ Add ─▶ [layout] ─┐
    feature map ─▶ Convolution ─▶ Add ─▶ [layout] ─┴▶ Concat ─▶ [Reshape] ─▶ Softmax | Sigmoid ─▶ [Reshape] ─▶
        ─▶ DetectionOutput, input 1
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """With and without the inputs of a second stage."""
        levels = [moved(pen, head(pen, name)) for name in level_names()]
        scores = moved(pen, pen.op(ACTIVATIONS, moved(pen, pen.either(levels_joined(pen, levels), levels[0]))))
        others = ((pen.any(), scores, *(pen.any() for _ in range(more))) for more in (1, 3))
        return pen.either(*(pen.op("DetectionOutput", *inputs) for inputs in others))

    @staticmethod
    def check(match: Match) -> str:
        """Levels on grids of their own."""
        return "" if on_grids_of_their_own(levels_of(match)) else SAME_GRID


class NmsScores(GraphPattern):
    """Class scores that a suppression of boxes reads (PP-YOLOE, RetinaNet).

    feature map ─▶ Convolution | MatMul ─▶ Add ─▶ [Sigmoid | Softmax] ─▶ [layout] ─┐
    feature map ─▶ Convolution | MatMul ─▶ Add ─▶ [Sigmoid | Softmax] ─▶ [layout] ─┴▶ Concat ─▶
        ─▶ [layout, slices, Sigmoid | Softmax] ─▶ NonMaxSuppression | MulticlassNms | MatrixNms, input 1
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """With as many further inputs as there may be."""
        levels = []
        for name in level_names():
            level = rounded(pen, head(pen, name, ranks=(3, 4)))
            levels.append(moved(pen, pen.maybe(ACTIVATES, pen.path(level, (MOVES,), 2))))
        joined = sliced(pen, pen.either(levels_joined(pen, levels), levels[0]))
        scores = sliced(pen, pen.maybe(ACTIVATES, joined))
        kinds = {0: ("MulticlassNms", "MatrixNms", "NonMaxSuppression"), 1: ("MulticlassNms", "NonMaxSuppression")}
        return pen.either(
            *(
                pen.op(kinds.get(more, "NonMaxSuppression"), pen.any(), scores, *(pen.any() for _ in range(more)))
                for more in range(5)
            )
        )

    @staticmethod
    def check(match: Match) -> str:
        """Levels on grids of their own, and no more scores than theirs."""
        levels, count = levels_of(match), elements(match.root.input_value(1))
        if not on_grids_of_their_own(levels):
            return SAME_GRID
        counts = [elements(level) or 0 for level in levels]
        more = count is not None and 0 not in counts and count > sum(counts)
        return "reads more scores than the levels have" if more else ""


class DenseTokenHead(GraphPattern):
    """Class scores of the tokens of all levels, of which the best choose the queries (RT-DETR, D-FINE).

    tokens [N,T,C] ─▶ MatMul ─▶ Add [N,T,K] ─▶ ReduceMax | TopK of 1 [N,T] ─▶ [layout] ─▶ TopK
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """The best class of each token, then the best tokens."""
        scores = rounded(pen, pen.maybe(ACTIVATES, rounded(pen, head(pen, "level0", ("MatMul",), (3,)))))
        best = pen.op(("ReduceMax", "TopK"), scores, pen.any(), name="best")
        return pen.op("TopK", moved(pen, best), pen.any())

    @staticmethod
    def check(match: Match) -> str:
        """One number is left of each token."""
        tokens, best = sizes_of(match["level0"])[1], elements(match["best"])
        pictures = sizes_of(match["level0"])[0]
        known = best is not None and tokens > 0 and pictures > 0
        return "the best are not those of each token" if known and best != pictures * tokens else ""
