"""Patterns of what is said of regions and instances: masks made of prototypes, and classes of pooled regions."""

from __future__ import annotations

import openvino as ov

from ovxai_patterns.analysis.op_traits import AFFINE_TYPES, HIDDEN_ACTIVATION_TYPES
from ovxai_patterns.matchers.conditions import WEIGHT, rank_of, sizes_of
from ovxai_patterns.matchers.head_parts import (
    ACTIVATIONS,
    BY_CHANNEL,
    MOST_LEVELS,
    MOVES,
    head,
    level_names,
    levels_joined,
    levels_of,
    moved,
    outputs_beside,
    slices,
)
from ovxai_patterns.matchers.parts import ROUNDING_STEP
from ovxai_patterns.matchers.pattern import GraphPattern, Match
from ovxai_patterns.matchers.pen import Pen, Step

_MAP = 4  # axes
_HIDDEN = tuple(sorted(HIDDEN_ACTIVATION_TYPES))


class MaskPrototypes(GraphPattern):
    """Coefficients of mask prototypes beside boxes and classes (YOLO-seg), or their product with the prototypes.

        boxes, class scores ─▶ Sigmoid ─▶ [layout] ───────────────────────────┐
        feature maps ─▶ Convolution ─▶ Add ─▶ [layout] ─▶ Concat ─▶ [layout] ─┴▶ Concat ─▶ [layout] ─▶ Result
        and prototypes in another output, [N,M,h,w] or [N,h,w,M]

        coefficients [...,M] ─────────────────────────────────────────────────────────┐
        feature map ─▶ Convolution ─▶ Add ─▶ [activation] [N,M,h,w] ─▶ Reshape ─▶ [·] ─┴▶ MatMul ─▶ Sigmoid ─▶ Result

    There are as many prototypes as coefficients.
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """Apart in two outputs, or multiplied."""
        levels = [moved(pen, head(pen, name)) for name in level_names()]
        joined = pen.either(levels_joined(pen, levels), levels[0])
        scores = moved(pen, pen.op("Sigmoid", pen.any()))
        said = moved(pen, joined)
        boxes = [pen.any() for _ in range(3)]
        detections = [pen.op("Concat", *boxes[:count], scores, said, name="joined") for count in range(1, 4)]
        inner = [pen.op("Concat", *boxes[:count], scores) for count in range(1, 4)]
        detections.append(pen.op("Concat", pen.either(*inner), said, name="joined"))
        apart = pen.op("Result", moved(pen, pen.either(*detections)))
        bases = head(pen, "bases")
        active = pen.either(pen.op(_HIDDEN, bases), pen.op("Multiply", bases, pen.op("Sigmoid", bases)), bases)
        rows = moved(pen, pen.op("Reshape", active, pen.any()))
        product = pen.op("MatMul", pen.any(name="coefficients"), rows)
        masks = pen.op("Result", moved(pen, pen.op("Sigmoid", moved(pen, product))))
        return pen.either(apart, masks)

    @staticmethod
    def check(match: Match) -> str:
        """As many prototypes as coefficients."""
        if "bases" in match.tensors:
            count = sizes_of(match["bases"])[1]
            return "" if count in sizes_of(match["coefficients"]) else f"has not {count} coefficients, one a prototype"
        return "" if prototypes_of(match) is not None else "has no output of as many prototypes beside it"


def prototypes_of(match: Match) -> ov.Output | None:
    """The output of prototypes that a match of MaskPrototypes has coefficients of."""
    joined = match.tensors.get("joined")
    if joined is None:
        return None
    node = joined.get_node()
    axis = node.get_attributes()["axis"] % rank_of(joined)
    count = sizes_of(node.input_value(node.get_input_size() - 1))[axis]
    beside = outputs_beside(joined)
    found = [one for one in beside if rank_of(one) == _MAP and count in (sizes_of(one)[1], sizes_of(one)[3])]
    return found[0] if len(found) == 1 else None


_WEIGHS = Step(("MatMul", "Convolution"), 2, others=(WEIGHT,))
_SHIFTS = Step(tuple(sorted(AFFINE_TYPES)), 2, others=(BY_CHANNEL,))
_ACTIVATES = Step(_HIDDEN)
_POOLS = Step(("ReduceMean", "ReduceMax"), 2)
_POOLS_WINDOWS = Step(("AvgPool", "MaxPool"))


class RoiHead(GraphPattern):
    """Classes of regions that are pooled from maps (Faster and Mask R-CNN): two stages.

        map, regions ─▶ ROIAlign ─▶ [slices] ─┐
        map, regions ─▶ ROIAlign ─▶ [slices] ─┴▶ Concat | ScatterElementsUpdate, one after the other ─▶
            ─▶ [layout, MatMul, Convolution, bias, activation, pooling] ─▶ MatMul ─▶ Add ─▶ Softmax [D,K]

    One ROIAlign alone, ROIPooling, and ExperimentalDetectronROIFeatureExtractor of all maps as well. The maps are bound
    as level0, level1, ...
    """

    @classmethod
    def draw(cls, pen: Pen) -> ov.Node:
        """The maps may be pooled together, or one by one."""
        maps = [pen.any(name=name) for name in level_names()]
        aligned = [cls._pooled(pen, one) for one in maps]
        scattered = aligned[0]
        base = pen.any()
        for number, one in enumerate(aligned):
            below = pen.either(scattered, base) if number else base
            rows = pen.either(one, slices(pen, one))
            scattered = pen.either(
                pen.op("ScatterElementsUpdate", below, pen.any(), rows, pen.any()),
                pen.op("ScatterNDUpdate", below, pen.any(), rows),
            )
        together = [
            pen.op("ExperimentalDetectronROIFeatureExtractor", pen.any(), *maps[:count])
            for count in range(1, MOST_LEVELS + 1)
        ]
        pooled = pen.either(scattered, levels_joined(pen, aligned), *together, aligned[0])
        body = pen.path(pooled, (MOVES, ROUNDING_STEP, _WEIGHS, _SHIFTS, _ACTIVATES, _POOLS, _POOLS_WINDOWS), 10)
        product = pen.op("MatMul", body, pen.any(WEIGHT))
        scores = pen.either(pen.op("Add", product, pen.any(BY_CHANNEL)), product)
        return pen.op(ACTIVATIONS, moved(pen, scores, 1))

    @staticmethod
    def _pooled(pen: Pen, above: ov.Node) -> ov.Node:
        regions = pen.any()
        return pen.either(
            pen.op(("ROIAlign", "ROIAlignRotated"), above, regions, pen.any()),
            pen.op(("ROIPooling", "PSROIPooling"), above, regions),
        )

    @staticmethod
    def check(match: Match) -> str:
        """What is pooled from are maps."""
        ranks = {rank_of(level) for level in levels_of(match)}
        return "" if ranks == {_MAP} else "pools regions of what is no map"
